import { setTimeout as pause } from 'node:timers/promises';
import type { Etcd3, ICompare, IRequestOp } from 'etcd3';
import type { Snapshot, StoredKey } from '../model/snapshot.ts';
import { type EtcdConnection, readTlsFiles, type TlsMaterial } from './connection.ts';
import { Endpoints } from './endpoints.ts';
import {
  configKey,
  type GuardedWrite,
  type KeyStore,
  subnetsFolder,
  type Watched,
  type WriteResult,
} from './store.ts';
import { EndpointClient } from './v3-client.ts';
import { explain } from './v3-errors.ts';
import { endOfFolder, headerOf, rangesOf, readAnswer } from './v3-keys.ts';

/** How many leases are asked for their TTL at once. */
const PARALLEL_TTLS = 32;

/** flannel's keys in etcd's v3 store (flannel v0.18 and later). */
export class V3Store implements KeyStore {
  readonly api = 'v3';
  readonly readOnly = null;
  readonly prefix: string;
  readonly description: string;
  settle: number;
  readonly #endpoints: Endpoints;
  readonly #clients = new Map<string, EndpointClient>();
  readonly #tls: TlsMaterial | null;
  #lastSubnetWrite = Number.NEGATIVE_INFINITY;

  constructor(readonly connection: EtcdConnection) {
    this.prefix = connection.prefix;
    this.settle = connection.settle;
    this.description = `etcd v3 at ${connection.endpoints.join(', ')}`;
    this.#tls = readTlsFiles(connection);
    this.#endpoints = new Endpoints(connection, this.#tls);
  }

  async read(): Promise<Snapshot> {
    // One transaction of two reads: both at one revision, and nothing else under the prefix.
    const answer = await this.call(async (client, deadline) => {
      const success = [rangeOp(configKey(this.prefix)), prefixOp(subnetsFolder(this.prefix))];
      return readAnswer(await client.kv.txn({ success }, { deadline }));
    });
    return { api: 'v3', prefix: this.prefix, ...answer };
  }

  async readTtls(keys: readonly StoredKey[]): Promise<Map<string, number>> {
    const ids = [...new Set(keys.flatMap((key) => (key.leaseId ? [key.leaseId] : [])))];
    const byLease = new Map<string, number>();
    const next = ids.values();
    const worker = async () => {
      for (const id of next) {
        const answer = await this.call((client, deadline) =>
          client.leaseClient.leaseTimeToLive({ ID: id }, { deadline }),
        );
        byLease.set(id, Number(answer.TTL));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_TTLS }, worker));
    return new Map(
      keys.flatMap((key): [string, number][] => {
        const ttl = byLease.get(key.leaseId ?? '');
        return ttl === undefined || ttl < 0 ? [] : [[key.key, ttl]];
      }),
    );
  }

  async write(change: GuardedWrite, signal?: AbortSignal): Promise<WriteResult> {
    const config = configKey(this.prefix);
    const isSubnet = change.key.startsWith(subnetsFolder(this.prefix));
    if (isSubnet) await this.pauseBefore(signal);
    if (signal?.aborted) return { outcome: 'aborted' };
    // A lease that no key was put with in the end goes by itself.
    const lease = change.ttl ? await this.grant(change.ttl) : undefined;
    let unsureBefore = false;
    const answer = await this.call(async (client, deadline, unsure) => {
      unsureBefore = unsure;
      const { succeeded, ...response } = await client.kv.txn(
        {
          compare: [
            unchanged(change.key, change.revision),
            ...(change.key === config ? [] : [unchanged(config, change.configRevision)]),
          ],
          success: [
            change.value === null ? deleteOp(change.key) : putOp(change.key, change.value, lease),
          ],
          failure: [rangeOp(change.key), rangeOp(config)],
        },
        { deadline },
      );
      const { revision } = headerOf(response);
      return { succeeded, revision, found: succeeded ? [] : rangesOf(response) };
    });
    if (isSubnet) this.#lastSubnetWrite = performance.now();
    if (answer.succeeded) return { outcome: 'done', revision: answer.revision };
    return this.explainStale(change, answer, unsureBefore);
  }

  async *watch(from: Snapshot, signal: AbortSignal): AsyncGenerator<Watched, void> {
    const { V3Listener } = await import('./v3-watch.ts');
    const { follow } = await import('./follow.ts');
    const source = {
      read: () => this.read(),
      listener: (snapshot: Snapshot) =>
        new V3Listener(this.#endpoints, this.connection, this.#tls, snapshot),
    };
    yield* follow(source, from, signal);
  }

  close(): void {
    for (const client of this.#clients.values()) client.etcd.close();
  }

  /** The id of a new etcd lease of so many seconds. */
  private async grant(ttl: number): Promise<string> {
    const { ID } = await this.call((client, deadline) =>
      client.leaseClient.leaseGrant({ TTL: ttl, ID: 0 }, { deadline }),
    );
    return ID;
  }

  /** flannel v0.18.0 to v0.21.2 drops all but the first of events that arrive together. */
  private async pauseBefore(signal: AbortSignal | undefined): Promise<void> {
    const left = this.settle - (performance.now() - this.#lastSubnetWrite);
    if (left <= 0) return;
    await pause(left, undefined, signal ? { signal } : {}).catch(() => undefined);
  }

  /** A guard failed: by somebody else, or by an earlier attempt of ours whose reply was lost. */
  private explainStale(
    change: GuardedWrite,
    { revision, found }: { readonly revision: string; readonly found: readonly StoredKey[][] },
    unsure: boolean,
  ): WriteResult {
    const [own, config] = found.map(([first]) => first);
    const ownMoved = (own?.revision ?? null) !== change.revision;
    if (unsure && ownMoved && (own?.value ?? null) === change.value) {
      return { outcome: 'done', revision: own?.revision ?? revision };
    }
    return ownMoved
      ? { outcome: 'stale', key: change.key, revision: own?.revision ?? null }
      : {
          outcome: 'stale',
          key: configKey(this.prefix),
          revision: config?.revision ?? null,
        };
  }

  private call<T>(
    operation: (client: Etcd3, deadline: Date, unsure: boolean) => Promise<T>,
  ): Promise<T> {
    return this.#endpoints.run(async (endpoint, limit, unsure) => {
      const client = this.clientOf(endpoint);
      const deadline = new Date(Date.now() + limit);
      client.deadline = deadline;
      try {
        return await operation(client.etcd, deadline, unsure);
      } catch (error) {
        throw explain(endpoint, error, this.connection.credentials !== null);
      }
    });
  }

  private clientOf(endpoint: string): EndpointClient {
    const known = this.#clients.get(endpoint);
    if (known) return known;
    const client = new EndpointClient(endpoint, this.connection, this.#tls);
    this.#clients.set(endpoint, client);
    return client;
  }
}

function unchanged(key: string, revision: string | null): ICompare {
  return {
    key: Buffer.from(key),
    target: 'Mod',
    result: 'Equal',
    mod_revision: revision ?? '0',
  };
}

function rangeOp(key: string): IRequestOp {
  return { request_range: { key: Buffer.from(key) } };
}

function prefixOp(folder: string): IRequestOp {
  return { request_range: { key: Buffer.from(folder), range_end: endOfFolder(folder) } };
}

/** A put without lease takes the TTL off a key that had one. */
function putOp(key: string, value: string, lease?: string): IRequestOp {
  const put = { key: Buffer.from(key), value: Buffer.from(value) };
  return { request_put: lease === undefined ? put : { ...put, lease } };
}

function deleteOp(key: string): IRequestOp {
  return { request_delete_range: { key: Buffer.from(key) } };
}
