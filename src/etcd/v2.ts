import type net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, buildConnector, request } from 'undici';
import type { Snapshot } from '../model/snapshot.ts';
import { type EtcdConnection, readTlsFiles, type TlsMaterial } from './connection.ts';
import { Endpoints } from './endpoints.ts';
import { noLeader, StoreError } from './errors.ts';
import {
  configKey,
  type GuardedWrite,
  type KeyStore,
  subnetsFolder,
  type WriteResult,
} from './store.ts';
import { leaves, storedKey } from './v2-node.ts';
import { explain, readReply, type V2Reply } from './v2-replies.ts';

const KEY_NOT_FOUND = 100;
const COMPARE_FAILED = 101;
const NODE_EXISTS = 105;

/** etcd expires keys about twice a second; a removal waits at least this long for it. */
const EXPIRY_PATIENCE = 3_000;

/** A request that etcd has not answered by then is in trouble. */
const ASK_FOR_LEADER_AFTER = 500;

/** flannel's keys in etcd's v2 store (flannel up to v0.17), over its HTTP API. */
export class V2Store implements KeyStore {
  readonly api = 'v2';
  readonly readOnly = null;
  readonly prefix: string;
  readonly description: string;
  readonly #endpoints: Endpoints;
  readonly #agent: Agent;
  readonly #headers: Record<string, string>;

  constructor(readonly connection: EtcdConnection) {
    // Keys of the v2 store are paths; flanneld takes a prefix without slash for one with.
    this.prefix = connection.prefix.replace(/^(?=[^/])/, '/');
    this.description = `etcd v2 at ${connection.endpoints.join(', ')}`;
    const tls = readTlsFiles(connection);
    this.#endpoints = new Endpoints(connection.endpoints, connection.timeout, tls);
    this.#agent = new Agent({ connect: dialer(tls, connection.timeout) });
    const { credentials } = connection;
    const login = credentials && Buffer.from(`${credentials.user}:${credentials.password}`);
    this.#headers = login ? { authorization: `Basic ${login.toString('base64')}` } : {};
  }

  async read(): Promise<Snapshot> {
    const end = Date.now() + EXPIRY_PATIENCE;
    for (;;) {
      const snapshot = await this.readOnce();
      // In its last second a key is neither there nor gone; our own removals end this way.
      const vanishing = snapshot.leases.some((lease) => lease.ttl !== null && lease.ttl <= 1);
      if (!vanishing || Date.now() > end) return snapshot;
      await pause(100);
    }
  }

  private async readOnce(): Promise<Snapshot> {
    const reply = await this.get(this.prefix, '?recursive=true&quorum=true&sorted=true');
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
      const now = await this.get(config, '?quorum=true');
      const revision = revisionIn(now);
      if (revision !== change.configRevision) return { outcome: 'stale', key: config, revision };
    }
    if (signal?.aborted) return { outcome: 'aborted' };
    return change.value === null
      ? this.remove(change)
      : this.put(change, change.value, ttlForm(change.ttl));
  }

  close(): void {
    void this.#agent.destroy();
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
    const reply = await this.#endpoints.run((endpoint, limit, unsure) => {
      unsureBefore = unsure;
      return this.send(endpoint, limit, 'PUT', change.key, '', form);
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
    const now = await this.get(change.key, '?quorum=true');
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
      const now = await this.get(change.key, '?quorum=true');
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
    const now = await this.get(key, '?quorum=true');
    const revision = revisionIn(now);
    return revision === null
      ? { outcome: 'done', revision: now.index }
      : { outcome: 'stale', key, revision };
  }

  private get(key: string, query: string): Promise<V2Reply> {
    return this.#endpoints.run(async (endpoint, limit) => {
      const reply = await this.send(endpoint, limit, 'GET', key, query);
      if (reply.errorCode !== null && reply.errorCode !== KEY_NOT_FOUND) {
        throw new StoreError('refused', `etcd refuses to read ${key} (error ${reply.errorCode})`);
      }
      return reply;
    });
  }

  private async send(
    endpoint: string,
    limit: number,
    method: 'GET' | 'PUT',
    key: string,
    query: string,
    form?: URLSearchParams,
  ): Promise<V2Reply> {
    const path = key.split('/').map(encodeURIComponent).join('/');
    const url = `${endpoint.replace(/\/+$/, '')}/v2`;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(limit)]);
    try {
      const response = await Promise.race([
        request(`${url}/keys${path}${query}`, {
          method,
          dispatcher: this.#agent,
          headers: {
            ...this.#headers,
            ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
          },
          ...(form ? { body: form.toString() } : {}),
          signal,
        }),
        this.lossOfLeader(endpoint, url, signal),
      ]);
      const text = await response.body.text();
      return readReply(endpoint, response, text, this.connection.credentials !== null);
    } catch (error) {
      throw explain(endpoint, error);
    } finally {
      over.abort();
    }
  }

  /**
   * Fails when etcd has no leader, and never returns: without leader a request of the v2 API hangs
   * for longer than anybody waits, and only the member list tells why.
   */
  private async lossOfLeader(endpoint: string, url: string, signal: AbortSignal): Promise<never> {
    const status = await pause(ASK_FOR_LEADER_AFTER, undefined, { signal })
      .then(() => request(`${url}/members/leader`, { dispatcher: this.#agent, signal }))
      .then(async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      })
      .catch(() => null);
    if (status === 503) throw noLeader(endpoint);
    return new Promise(() => undefined);
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

/**
 * Opens connections that keep the process alive only while a request waits for them: neither an
 * aborted request nor a closed agent ends a TLS handshake with a host that stays silent.
 */
function dialer(tls: TlsMaterial | null, timeout: number): buildConnector.connector {
  const dial = buildConnector({ ...tls, timeout });
  return (options, callback) => {
    // The types hide that this is the socket.
    const socket: unknown = dial(options, callback);
    (socket as net.Socket | undefined)?.unref();
    return socket;
  };
}
