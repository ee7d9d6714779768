import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';

/** An answer that is no success. */
export class RefusedRequest extends Error {
  constructor(
    /** HTTP status */
    readonly code: number,
    readonly headers: Dispatcher.ResponseData['headers'],
    /** What was said, a `Status` in JSON as a rule. */
    readonly body: string,
  ) {
    super(`HTTP ${code}`);
  }
}

export interface KubeRequest {
  readonly method: 'GET' | 'PATCH';
  /** With its query. */
  readonly path: string;
  /** A merge patch (RFC 7386). */
  readonly patch?: object;
  readonly signal: AbortSignal;
}

/** Requests to one API server with the credentials of a kubeconfig, on connections that are kept. */
export class KubeRequests {
  readonly #config: KubeConfig;
  readonly #server: string;
  #kept: { readonly of: string; readonly dispatcher: Dispatcher } | null = null;

  constructor(config: KubeConfig, server: string) {
    this.#config = config;
    this.#server = server.replace(/\/$/, '');
  }

  /**
   * Sends one request.
   *
   * @returns its body, to be read as it comes
   * @throws RefusedRequest, and what the connection or the credentials' plugin fails with
   */
  async send({
    method,
    path,
    patch,
    signal,
  }: KubeRequest): Promise<Dispatcher.ResponseData['body']> {
    // Credentials may expire: the library reads them, or asks their plugin, each time.
    const access: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(access);
    const { statusCode, headers, body } = await request(`${this.#server}${path}`, {
      method,
      dispatcher: this.dispatcher(access),
      headers: {
        accept: 'application/json',
        ...(patch ? { 'content-type': 'application/merge-patch+json' } : {}),
        ...(access.headers as Record<string, string>),
        ...(access.auth ? { authorization: basic(access.auth) } : {}),
      },
      ...(patch ? { body: JSON.stringify(patch) } : {}),
      // Each request has a time limit of its own; a watch is silent for as long as nothing happens.
      headersTimeout: 0,
      bodyTimeout: 0,
      signal,
    });
    if (statusCode >= 200 && statusCode < 300) return body;
    throw new RefusedRequest(statusCode, headers, await body.text());
  }

  /** New connections are made only when the credentials of the TLS layer have changed. */
  private dispatcher(access: RequestOptions): Dispatcher {
    const { ca, cert, key, pfx, passphrase, servername } = access;
    // Only `insecure-skip-tls-verify` of the kubeconfig switches the check off, not the environment.
    const rejectUnauthorized = access.rejectUnauthorized ?? true;
    const given = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized };
    const tls = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    );
    const of = JSON.stringify(Object.values(given).map(String));
    if (this.#kept?.of !== of) {
      void this.#kept?.dispatcher.close();
      this.#kept = {
        of,
        dispatcher: dispatcherFor(tls, this.#config.getCurrentCluster()?.proxyUrl),
      };
    }
    return this.#kept.dispatcher;
  }
}

function dispatcherFor(tls: object, proxy: string | undefined): Dispatcher {
  const connect = { ...tls, keepAliveInitialDelay: 30_000 };
  if (!proxy) return new Agent({ connect });
  const proxyTls = { rejectUnauthorized: true };
  return new ProxyAgent({ uri: proxy, requestTls: connect, proxyTls });
}

function basic(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
}
