import type net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import type { Snapshot } from '../model/snapshot.ts';
import { type EtcdConnection, readTlsFiles, type TlsMaterial } from './connection.ts';
import { Endpoints } from './endpoints.ts';
import { connectionError, hostOf, noEtcd, noLeader, StoreError, tlsMismatch } from './errors.ts';
import {
  configKey,
  type GuardedWrite,
  type KeyStore,
  subnetsFolder,
  type WriteResult,
} from './store.ts';
import { leaves, storedKey, type V2Node } from './v2-node.ts';

interface V2Reply {
  readonly status: number;
  readonly index: string;
  readonly clusterId: string | null;
  readonly node: V2Node | null;
  /** etcd's own error code, e.g. 100 for a key that is not there. */
  readonly errorCode: number | null;
}

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
      const revision = now.node ? String(now.node.modifiedIndex) : null;
      if (revision !== change.configRevision) return { outcome: 'stale', key: config, revision };
    }
    if (signal?.aborted) return { outcome: 'aborted' };
    return change.value === null
      ? this.remove(change)
      : this.put(change, change.value, new URLSearchParams());
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
    const revision = now.node ? String(now.node.modifiedIndex) : null;
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
      if (now.node === null) return { outcome: 'done', revision: now.index };
      const revision = String(now.node.modifiedIndex);
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
    return now.node === null
      ? { outcome: 'done', revision: now.index }
      : { outcome: 'stale', key, revision: String(now.node.modifiedIndex) };
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

function readReply(
  endpoint: string,
  response: Dispatcher.ResponseData,
  text: string,
  withUser: boolean,
): V2Reply {
  const host = hostOf(endpoint);
  const header = (name: string) => {
    const value = response.headers[name];
    return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
  };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw noJson(endpoint, response.statusCode, text);
  }
  const { node, errorCode, message } = (body ?? {}) as {
    node?: V2Node;
    errorCode?: number;
    message?: string;
  };
  if (response.statusCode === 401) throw refusal(host, withUser);
  checkErrorCode(endpoint, response.statusCode, errorCode, message ?? '');
  if (errorCode === undefined && node === undefined) {
    throw noEtcd(endpoint, `HTTP ${response.statusCode}`);
  }
  return {
    status: response.statusCode,
    index: header('x-etcd-index') ?? '0',
    clusterId: header('x-etcd-cluster-id'),
    node: errorCode === undefined ? (node ?? null) : null,
    errorCode: errorCode ?? null,
  };
}

/** etcd says the same to a wrong password and to a user without the right. */
function refusal(host: string, withUser: boolean): StoreError {
  return withUser
    ? new StoreError(
        'permission-denied',
        `etcd at ${host} refuses: wrong user or password, or no right to this key`,
        { fix: 'pass --user and --password-file of a user who may read and write the prefix' },
      )
    : new StoreError('auth-needed', `etcd at ${host} wants a user and a password`, {
        fix: 'pass --user and --password-file, or set ETCDCTL_USER',
      });
}

/** Without `--enable-v2`, and in etcd 3.6, `/v2` is a path like any other that is not there. */
function noJson(endpoint: string, status: number, text: string): StoreError {
  const host = hostOf(endpoint);
  if (status === 404) {
    return new StoreError('api-off', `etcd at ${host} does not offer the v2 API`, {
      fix: 'start etcd (3.5 or older) with --enable-v2, or use --etcd-api v3',
    });
  }
  if (/HTTP request to an HTTPS server/i.test(text)) {
    return tlsMismatch(endpoint, undefined);
  }
  if (status >= 500) {
    return new StoreError('no-leader', `etcd at ${host} cannot answer now (HTTP ${status})`, {
      fix: 'check its members, and what stands between',
    });
  }
  return noEtcd(endpoint, `HTTP ${status}`);
}

/** etcd's error codes of the v2 API that are the server's trouble, not an answer. */
function checkErrorCode(
  endpoint: string,
  status: number,
  code: number | undefined,
  text: string,
): void {
  if (code === undefined) return;
  const host = hostOf(endpoint);
  if (code === 300 || code === 301 || code === 400 || status >= 500) {
    throw noLeader(endpoint, new Error(text));
  }
  if (code === 110) {
    throw new StoreError('permission-denied', `etcd at ${host} does not permit this (${text})`);
  }
  const folder: Record<number, string> = {
    102: 'is a folder in etcd, where flannel has a key',
    104: 'lies below a key, where flannel has a folder',
    107: 'is the root of the store, which is read-only',
  };
  const what = folder[code];
  if (what !== undefined) {
    throw new StoreError('bad-store', `the path under the prefix ${what} (error ${code})`, {
      fix: 'check --prefix',
    });
  }
}

function explain(endpoint: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const chain: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    chain.push(`${(at as NodeJS.ErrnoException).code ?? ''} ${at.name} ${at.message}`);
    if (at instanceof AggregateError) chain.push(...at.errors.map(String));
  }
  const text = chain.join(' ');
  return (
    connectionError(endpoint, text, error) ??
    new StoreError('unreachable', `cannot talk to etcd at ${hostOf(endpoint)}`, { cause: error })
  );
}
