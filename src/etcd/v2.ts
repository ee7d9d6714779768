import { setTimeout as pause } from 'node:timers/promises';
import type { Snapshot } from '../model/snapshot.ts';
import type { EtcdConnection } from './connection.ts';
import { StoreError } from './errors.ts';
import {
  configKey,
  type GuardedWrite,
  type KeyStore,
  subnetsFolder,
  type Watched,
  type WriteResult,
} from './store.ts';
import { KEY_NOT_FOUND, V2Client } from './v2-client.ts';
import { leaves, storedKey } from './v2-node.ts';
import type { V2Reply } from './v2-replies.ts';

const COMPARE_FAILED = 101;
const NODE_EXISTS = 105;

/** etcd expires keys about twice a second; a removal waits at least this long for it. */
const EXPIRY_PATIENCE = 3_000;

/** flannel's keys in etcd's v2 store (flannel up to v0.17), over its HTTP API. */
export class V2Store implements KeyStore {
  readonly api = 'v2';
  readonly readOnly = null;
  readonly prefix: string;
  readonly description: string;
  settle = 0;
  readonly #client: V2Client;

  constructor(readonly connection: EtcdConnection) {
    // Keys of the v2 store are paths; flanneld takes a prefix without slash for one with.
    this.prefix = connection.prefix.replace(/^(?=[^/])/, '/');
    this.description = `etcd v2 at ${connection.endpoints.join(', ')}`;
    this.#client = new V2Client(connection);
  }

  async read(): Promise<Snapshot> {
    const end = Date.now() + EXPIRY_PATIENCE;
    for (;;) {
      const snapshot = await this.readOnce();
      // In its last second a key is neither there nor gone; our own removals end this way.
      const { config, leases } = snapshot;
      const vanishing = [...leases, ...(config ? [config] : [])].some(
        ({ ttl }) => ttl !== null && ttl <= 1,
      );
      if (!vanishing || Date.now() > end) return snapshot;
      await pause(100);
    }
  }

  private async readOnce(): Promise<Snapshot> {
    const reply = await this.#client.get(this.prefix, '?recursive=true&quorum=true&sorted=true');
    const children = reply.node?.nodes ?? [];
    const folder = children.find((child) => `${child.key}/` === subnetsFolder(this.prefix));
    const config = children.find((child) => child.key === configKey(this.prefix) && !child.dir);
    return {
      api: 'v2',
      prefix: this.prefix,
      revision: reply.index,
      clusterId: reply.clusterId,
      config: config ? storedKey(config) : null,
      leases: leaves(folder).map(storedKey),
    };
  }

  /** The v2 store tells the TTL with each key. */
  readTtls(): Promise<Map<string, number>> {
    return Promise.resolve(new Map());
  }

  async write(change: GuardedWrite, signal?: AbortSignal): Promise<WriteResult> {
    const config = configKey(this.prefix);
    if (change.key !== config) {
      // v2 compares one key only: the config is looked at just before.
      const now = await this.#client.get(config, '?quorum=true');
      const revision = revisionIn(now);
      if (revision !== change.configRevision) return { outcome: 'stale', key: config, revision };
    }
    if (signal?.aborted) return { outcome: 'aborted' };
    return change.value === null
      ? this.remove(change)
      : this.put(change, change.value, ttlForm(change.ttl));
  }

  async *watch(from: Snapshot, signal: AbortSignal): AsyncGenerator<Watched, void> {
    const { V2Listener } = await import('./v2-watch.ts');
    const { follow } = await import('./follow.ts');
    const source = {
      read: () => this.read(),
      listener: (snapshot: Snapshot) => new V2Listener(this.#client, snapshot),
    };
    yield* follow(source, from, signal);
  }

  close(): void {
    this.#client.close();
  }

  private async put(
    change: GuardedWrite,
    value: string,
    form: URLSearchParams,
  ): Promise<WriteResult> {
    form.set('value', value);
    if (change.revision === null) form.set('prevExist', 'false');
    else form.set('prevIndex', change.revision);
    let unsureBefore = false;
    const reply = await this.#client.endpoints.run((endpoint, limit, unsure) => {
      unsureBefore = unsure;
      return this.#client.send(endpoint, limit, 'PUT', change.key, '', form);
    });
    if (reply.errorCode === null) {
      return { outcome: 'done', revision: String(reply.node?.modifiedIndex ?? reply.index) };
    }
    if (![KEY_NOT_FOUND, COMPARE_FAILED, NODE_EXISTS].includes(reply.errorCode)) {
      throw new StoreError(
        'refused',
        `etcd refuses to write ${change.key} (error ${reply.errorCode})`,
      );
    }
    const now = await this.#client.get(change.key, '?quorum=true');
    const revision = revisionIn(now);
    // An earlier attempt whose reply was lost did it: the value is ours and newer, or expired since.
    if (unsureBefore && change.value === null && revision === null) {
      return { outcome: 'done', revision: now.index };
    }
    if (
      unsureBefore &&
      now.node?.value === value &&
      revision !== null &&
      revision !== change.revision
    ) {
      return { outcome: 'done', revision };
    }
    return { outcome: 'stale', key: change.key, revision };
  }

  /**
   * A guarded DELETE makes an event that deafens every flanneld up to v0.17 for good. Instead the
   * key's own value is put with a TTL of one second, guarded, and etcd expires it: an event they
   * know, and another writer's PUT in between saves the key.
   */
  private async remove(change: GuardedWrite): Promise<WriteResult> {
    if (change.revision === null) return this.checkAbsent(change.key);
    const put = await this.put(change, change.liveValue ?? '', new URLSearchParams({ ttl: '1' }));
    if (put.outcome !== 'done') return put;
    const end = Date.now() + Math.max(this.connection.timeout, EXPIRY_PATIENCE);
    for (;;) {
      const now = await this.#client.get(change.key, '?quorum=true');
      const revision = revisionIn(now);
      if (revision === null) return { outcome: 'done', revision: now.index };
      if (revision !== put.revision) return { outcome: 'stale', key: change.key, revision };
      if (Date.now() > end) {
        const message = `${change.key} is set to expire but etcd has not removed it yet`;
        throw new StoreError('timeout', message, { fix: 'look again with list' });
      }
      await pause(100);
    }
  }

  /** A key that was not there is not put just to expire: flanneld would read its empty value. */
  private async checkAbsent(key: string): Promise<WriteResult> {
    const now = await this.#client.get(key, '?quorum=true');
    const revision = revisionIn(now);
    return revision === null
      ? { outcome: 'done', revision: now.index }
      : { outcome: 'stale', key, revision };
  }
}

/** `ttl=0` would end a key at once: what is kept for ever has no `ttl` at all. */
function ttlForm(ttl: number | null | undefined): URLSearchParams {
  return new URLSearchParams(ttl ? { ttl: String(ttl) } : {});
}

/** The revision of the key a reply is about; null when there is none. */
function revisionIn({ node }: V2Reply): string | null {
  return node && String(node.modifiedIndex);
}
