import type net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, buildConnector, type Dispatcher, ProxyAgent, request } from 'undici';
import { type EtcdConnection, readTlsFiles, type TlsMaterial } from './connection.ts';
import { Endpoints } from './endpoints.ts';
import { noLeader, StoreError } from './errors.ts';
import { explain, readReply, type V2Reply } from './v2-replies.ts';

export const KEY_NOT_FOUND = 100;

/** A request that etcd has not answered by then is in trouble. */
const ASK_FOR_LEADER_AFTER = 500;

/** A request that etcd answers when something changes; it has accepted it. */
interface LongPoll {
  readonly endpoint: string;
  readonly response: Dispatcher.ResponseData;
  readonly over: AbortController;
}

/** Requests to etcd's v2 HTTP API. */
export class V2Client {
  readonly endpoints: Endpoints;
  readonly #direct: Agent;
  readonly #proxied: ProxyAgent | null;
  readonly #exceptions: readonly string[];
  readonly #headers: Record<string, string>;
  readonly #withUser: boolean;

  constructor(connection: EtcdConnection) {
    const tls = readTlsFiles(connection);
    const { credentials, proxy, timeout } = connection;
    this.endpoints = new Endpoints(connection, tls);
    this.#direct = new Agent({ connect: dialer(tls, timeout) });
    const requestTls = { ...tls, rejectUnauthorized: true, timeout };
    this.#proxied = proxy && new ProxyAgent({ uri: proxy.url, proxyTunnel: true, requestTls });
    this.#exceptions = proxy?.except ?? [];
    const login = credentials && Buffer.from(`${credentials.user}:${credentials.password}`);
    this.#headers = login ? { authorization: `Basic ${login.toString('base64')}` } : {};
    this.#withUser = credentials !== null;
  }

  close(): void {
    void this.#direct.destroy();
    void this.#proxied?.destroy();
  }

  private dispatcher(endpoint: string): Dispatcher {
    return this.#exceptions.includes(endpoint) ? this.#direct : (this.#proxied ?? this.#direct);
  }

  /** One key or folder, read on whichever endpoint answers. */
  get(key: string, query: string): Promise<V2Reply> {
    return this.endpoints.run(async (endpoint, limit) => {
      const reply = await this.send(endpoint, limit, 'GET', key, query);
      if (reply.errorCode !== null && reply.errorCode !== KEY_NOT_FOUND) {
        throw new StoreError('refused', `etcd refuses to read ${key} (error ${reply.errorCode})`);
      }
      return reply;
    });
  }

  /** One request to one endpoint. Throws StoreError for everything that is no answer about a key. */
  async send(
    endpoint: string,
    limit: number,
    method: 'GET' | 'PUT',
    key: string,
    query: string,
    form?: URLSearchParams,
  ): Promise<V2Reply> {
    const url = `${endpoint.replace(/\/+$/, '')}/v2`;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(limit)]);
    try {
      const response = await Promise.race([
        request(`${keyUrl(endpoint, key)}${query}`, {
          method,
          dispatcher: this.dispatcher(endpoint),
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
      return readReply(endpoint, response, text, this.#withUser);
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
      .then(() =>
        request(`${url}/members/leader`, { dispatcher: this.dispatcher(endpoint), signal }),
      )
      .then(async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      })
      .catch(() => null);
    if (status === 503) throw noLeader(endpoint);
    return new Promise(() => undefined);
  }

  /**
   * Asks one endpoint for the first change at or below a key from an index on. etcd says at once that
   * it has heard: that much is waited for.
   *
   * @param limit milliseconds for that
   */
  async poll(
    endpoint: string,
    limit: number,
    key: string,
    index: bigint,
    signal: AbortSignal,
  ): Promise<LongPoll> {
    const over = new AbortController();
    const late = setTimeout(() => over.abort(), limit);
    try {
      const response = await request(
        `${keyUrl(endpoint, key)}?wait=true&recursive=true&waitIndex=${index}`,
        {
          dispatcher: this.dispatcher(endpoint),
          headers: this.#headers,
          signal: AbortSignal.any([signal, over.signal]),
          bodyTimeout: 0,
        },
      );
      return { endpoint, response, over };
    } catch (error) {
      throw explain(endpoint, error);
    } finally {
      clearTimeout(late);
    }
  }

  /** What a long poll brings within so many milliseconds; null when nothing does. */
  async outcome({ endpoint, response, over }: LongPoll, limit: number): Promise<V2Reply | null> {
    const idle = setTimeout(() => over.abort(), limit);
    try {
      const text = await response.body.text();
      // etcd ends a long poll by itself after some minutes.
      return text === '' ? null : readReply(endpoint, response, text, this.#withUser);
    } catch (error) {
      if (over.signal.aborted) return null;
      throw explain(endpoint, error);
    } finally {
      clearTimeout(idle);
    }
  }
}

function keyUrl(endpoint: string, key: string): string {
  const path = key.split('/').map(encodeURIComponent).join('/');
  return `${endpoint.replace(/\/+$/, '')}/v2/keys${path}`;
}

/**
 * Opens connections on which nothing is sent before the certificate is checked, whatever the environment
 * says. They keep the process alive only while a request waits for them: neither an aborted request nor
 * a closed agent ends a TLS handshake with a host that stays silent.
 */
function dialer(tls: TlsMaterial | null, timeout: number): buildConnector.connector {
  const dial = buildConnector({ ...tls, rejectUnauthorized: true, timeout });
  return (options, callback) => {
    // The types hide that this is the socket.
    const socket: unknown = dial(options, callback);
    (socket as net.Socket | undefined)?.unref();
    return socket;
  };
}
