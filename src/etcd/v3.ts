import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import { Channel, type ClientOptions, connectivityState, InterceptingCall } from '@grpc/grpc-js';
import { noop } from 'cockatiel';
import { Etcd3, type ICompare, type IRequestOp, type ITxnResponse } from 'etcd3';
import type { Snapshot, StoredKey } from '../model/snapshot.ts';
import { type EtcdConnection, readTlsFiles, type TlsMaterial } from './connection.ts';
import { Endpoints } from './endpoints.ts';
import { connectionError, hostOf, noEtcd, noLeader, StoreError } from './errors.ts';
import {
  configKey,
  type GuardedWrite,
  type KeyStore,
  subnetsFolder,
  type WriteResult,
} from './store.ts';

/** How many leases are asked for their TTL at once. */
const PARALLEL_TTLS = 32;

/** flannel's keys in etcd's v3 store (flannel v0.18 and later). */
export class V3Store implements KeyStore {
  readonly api = 'v3';
  readonly readOnly = null;
  readonly prefix: string;
  readonly description: string;
  readonly #endpoints: Endpoints;
  readonly #clients = new Map<string, EndpointClient>();
  readonly #tls: TlsMaterial | null;
  #lastSubnetWrite = Number.NEGATIVE_INFINITY;

  constructor(readonly connection: EtcdConnection) {
    this.prefix = connection.prefix;
    this.description = `etcd v3 at ${connection.endpoints.join(', ')}`;
    this.#tls = readTlsFiles(connection);
    this.#endpoints = new Endpoints(connection.endpoints, connection.timeout, this.#tls);
  }

  async read(): Promise<Snapshot> {
    // One transaction of two reads: both at one revision, and nothing else under the prefix.
    const response = await this.call((client, deadline) =>
      client.kv.txn(
        { success: [rangeOp(configKey(this.prefix)), prefixOp(subnetsFolder(this.prefix))] },
        { deadline },
      ),
    );
    const [config, leases] = response.responses.map((one) => one.response_range.kvs.map(storedKey));
    return {
      api: 'v3',
      prefix: this.prefix,
      revision: response.header.revision,
      clusterId: BigInt.asUintN(64, BigInt(response.header.cluster_id)).toString(16),
      config: config?.[0] ?? null,
      leases: leases ?? [],
    };
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
    if (isSubnet) await this.settle(signal);
    if (signal?.aborted) return { outcome: 'aborted' };
    let unsureBefore = false;
    const response = await this.call((client, deadline, unsure) => {
      unsureBefore = unsure;
      return client.kv.txn(
        {
          compare: [
            unchanged(change.key, change.revision),
            ...(change.key === config ? [] : [unchanged(config, change.configRevision)]),
          ],
          success: [change.value === null ? deleteOp(change.key) : putOp(change.key, change.value)],
          failure: [rangeOp(change.key), rangeOp(config)],
        },
        { deadline },
      );
    });
    if (isSubnet) this.#lastSubnetWrite = performance.now();
    if (response.succeeded) return { outcome: 'done', revision: response.header.revision };
    return this.explainStale(change, response, unsureBefore);
  }

  close(): void {
    for (const client of this.#clients.values()) client.etcd.close();
  }

  /** flannel v0.18.0 to v0.21.2 drops all but the first of events that arrive together. */
  private async settle(signal: AbortSignal | undefined): Promise<void> {
    const left = this.connection.settle - (performance.now() - this.#lastSubnetWrite);
    if (left <= 0) return;
    await pause(left, undefined, signal ? { signal } : {}).catch(() => undefined);
  }

  /** A guard failed: by somebody else, or by an earlier attempt of ours whose reply was lost. */
  private explainStale(change: GuardedWrite, response: ITxnResponse, unsure: boolean): WriteResult {
    const [own, config] = response.responses.map((one) => one.response_range.kvs[0]);
    const value = own?.value.toString('utf8') ?? null;
    const ownMoved = (own?.mod_revision ?? null) !== change.revision;
    if (unsure && ownMoved && value === change.value) {
      return { outcome: 'done', revision: own?.mod_revision ?? response.header.revision };
    }
    return ownMoved
      ? { outcome: 'stale', key: change.key, revision: own?.mod_revision ?? null }
      : {
          outcome: 'stale',
          key: configKey(this.prefix),
          revision: config?.mod_revision ?? null,
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

/**
 * One client per endpoint: fail-over is ours, with one time limit over all of it, and the library's
 * retries and circuit breakers (which outlast any dial timeout) are off.
 */
class EndpointClient {
  readonly etcd: Etcd3;
  /** For the calls the library makes by itself, the one that logs in. */
  deadline = new Date();

  constructor(endpoint: string, connection: EtcdConnection, material: TlsMaterial | null) {
    ignoreProxies();
    tameTls();
    const { credentials } = connection;
    this.etcd = new Etcd3({
      hosts: endpoint,
      ...(material && endpoint.startsWith('https:')
        ? {
            credentials: {
              // grpc-js takes the system's CAs for null, which the type does not say.
              rootCertificate: (material.ca ?? null) as Buffer,
              ...(material.cert && material.key
                ? { certChain: material.cert, privateKey: material.key }
                : {}),
            },
          }
        : {}),
      ...(credentials
        ? { auth: { username: credentials.user, password: credentials.password } }
        : {}),
      faultHandling: { host: () => noop, global: noop },
      defaultCallOptions: () => ({ deadline: this.deadline }),
      grpcOptions: {
        'grpc.max_receive_message_length': -1,
        'grpc.enable_http_proxy': 0,
        'grpc-node.flow_control_window': 4 * 1024 * 1024,
        interceptors: [requireLeader],
        channelFactoryOverride: (...args) => new PromptChannel(...args),
      } satisfies ClientOptions as Record<string, unknown> as { [key: string]: number },
    });
  }
}

/**
 * The library waits a second before it closes a channel that is dialing, and keeps the process alive
 * for so long. No channel is dialing as far as it can see.
 */
class PromptChannel extends Channel {
  override getConnectivityState(tryToConnect: boolean): connectivityState {
    const state = super.getConnectivityState(tryToConnect);
    return state === connectivityState.CONNECTING ? connectivityState.IDLE : state;
  }
}

/** Asks etcd to refuse at once when it has lost its leader, instead of letting the call hang. */
const requireLeader: import('@grpc/grpc-js').Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      metadata.set('hasleader', 'true');
      next(metadata, listener);
    },
  });

/** The login call takes no channel options: without this it would go through the shell's proxy. */
function ignoreProxies(): void {
  for (const name of ['grpc_proxy', 'https_proxy', 'http_proxy']) {
    delete process.env[name];
    delete process.env[name.toUpperCase()];
  }
}

let tlsTamed = false;

/**
 * Two things of grpc-js that only `tls.connect` can amend. It sends an IP address as TLS server name,
 * which RFC 6066 forbids and Node warns about: the name is dropped and the certificate checked
 * against that address instead. And it never gives up a handshake: a host that stays silent would
 * keep the process alive.
 */
function tameTls(): void {
  if (tlsTamed) return;
  tlsTamed = true;
  const connect = tls.connect as (...args: unknown[]) => tls.TLSSocket;
  const wrapped = (...args: unknown[]): tls.TLSSocket => {
    const [options, ...rest] = args;
    if (!isOfGrpc(options)) return connect(...args);
    const socket = connect(withoutIpName(options), ...rest);
    // While a call runs, its time limit keeps the process alive.
    return socket.unref();
  };
  tls.connect = wrapped as typeof tls.connect;
}

function isOfGrpc(options: unknown): options is tls.ConnectionOptions {
  if (typeof options !== 'object' || options === null) return false;
  const { ALPNProtocols, socket } = options as tls.ConnectionOptions;
  return socket !== undefined && Array.isArray(ALPNProtocols) && ALPNProtocols[0] === 'h2';
}

function withoutIpName(options: tls.ConnectionOptions): tls.ConnectionOptions {
  const { servername } = options;
  if (!servername || net.isIP(servername) === 0) return options;
  return {
    ...options,
    servername: '',
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(servername, certificate),
  };
}

function explain(endpoint: string, error: unknown, withUser: boolean): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? `${error.message} ${error.name}` : String(error);
  const host = hostOf(endpoint);
  const make = (failure: StoreError['failure'], message: string, fix?: string) =>
    new StoreError(failure, message, { cause: error, ...(fix ? { fix } : {}) });
  if (/authentication failed|invalid user ID or password/.test(text)) {
    return make(
      'auth-failed',
      `etcd at ${host} refuses this user name or password`,
      'check --user and the password file',
    );
  }
  if (/user name is empty|auth.*token is not provided/i.test(text)) {
    return make(
      'auth-needed',
      `etcd at ${host} wants a user and a password`,
      'pass --user and --password-file, or set ETCDCTL_USER',
    );
  }
  if (/authentication is not enabled/.test(text)) {
    return make(
      'auth-off',
      `etcd at ${host} has authentication off, so a user makes no sense`,
      'leave out --user',
    );
  }
  if (/permission denied/.test(text)) {
    const who = withUser ? 'this user' : 'this client';
    return make(
      'permission-denied',
      `etcd at ${host} does not permit this to ${who}`,
      'grant a role that may read and write the prefix',
    );
  }
  if (/database space exceeded/.test(text)) {
    return make(
      'no-space',
      `etcd at ${host} is full and takes no writes (NOSPACE alarm)`,
      'compact and defragment it, then run `etcdctl alarm disarm`',
    );
  }
  if (
    /no leader|leader changed|raft.*(dropped|stopped)|etcdserver: (request timed out|server stopped|not healthy)/.test(
      text,
    )
  ) {
    return noLeader(endpoint, error);
  }
  if (/UNIMPLEMENTED|unknown service|HTTP status code (404|40[0-9])|content-type/i.test(text)) {
    return make('api-off', `etcd at ${host} does not offer the v3 API`);
  }
  if (/Protocol error/.test(text)) return noEtcd(endpoint, 'it does not speak HTTP/2', error);
  return (
    connectionError(endpoint, text, error) ??
    make(
      /UNAVAILABLE/.test(text) ? 'unreachable' : 'refused',
      `etcd at ${host} refused the request`,
      'see --verbose for what it said',
    )
  );
}

function storedKey(kv: {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod_revision: string;
  readonly lease: string;
}): StoredKey {
  const expires = kv.lease !== '0';
  return {
    key: kv.key.toString('utf8'),
    value: kv.value.toString('utf8'),
    revision: kv.mod_revision,
    expires,
    ttl: null,
    ...(expires ? { leaseId: kv.lease } : {}),
  };
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

/** All keys that begin with the folder: its slash raised by one ends the range. */
function prefixOp(folder: string): IRequestOp {
  const end = Buffer.from(folder);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return { request_range: { key: Buffer.from(folder), range_end: end } };
}

/** A put without lease takes the TTL off a key that had one. */
function putOp(key: string, value: string): IRequestOp {
  return { request_put: { key: Buffer.from(key), value: Buffer.from(value) } };
}

function deleteOp(key: string): IRequestOp {
  return { request_delete_range: { key: Buffer.from(key) } };
}
