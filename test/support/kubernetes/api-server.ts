import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import path from 'node:path';
import { makeCertificates, makeClient } from '../certificates.ts';
import { temporaryFolder } from '../cli.ts';
import { answerDiscovery } from './discovery.ts';
import { type NodeObject, NodeStore } from './node-store.ts';
import { patched, validated } from './patch.ts';
import { numberOf, parseNode, readBody, routeOf } from './request.ts';
import { selector } from './selector.ts';
import { deleted, Refused, tooLarge } from './status.ts';
import { authenticate, authorize, ROLES, type User, type Verb } from './users.ts';
import { streamWatch } from './watch-stream.ts';

/** One request as it came. */
interface ApiRequest {
  readonly user: string;
  readonly verb: Verb;
  readonly name: string | null;
  readonly query: string;
}

type Hook = (request: ApiRequest) => Promise<void> | void;

/** A failure to come: for requests of a verb, so many times. */
interface InjectedFailure {
  readonly verb: Verb;
  readonly times: number;
  /** Of this Node only. */
  readonly name?: string;
  /** HTTP status; `reset` breaks the connection off. */
  readonly answer: number | 'reset';
  /** Seconds, in the header Retry-After. */
  readonly retryAfter?: number;
  /** Carries the request out all the same: its answer is what is lost. */
  readonly afterwards?: boolean;
}

/** An API server that knows Nodes and nothing else. */
export interface ApiServer {
  readonly url: string;
  readonly store: NodeStore;
  readonly requests: readonly ApiRequest[];
  /**
   * Path of a kubeconfig: of `admin`, of a kubelet (`system:node:NAME`), both by client certificate, or
   * of a user of ROLES by bearer token.
   */
  kubeconfig(user: string): string;
  fail(failure: InjectedFailure): void;
  /** Called before each request is carried out. */
  before(hook: Hook | null): void;
  /** Sends a bookmark to every watch that wants them. */
  bookmark(): void;
  /** Ends all connections and refuses new ones until `listen`. */
  hangUp(): Promise<void>;
  listen(): Promise<void>;
  stop(): Promise<void>;
}

export async function startApiServer(nodes: readonly NodeObject[] = []): Promise<ApiServer> {
  const server = new Server();
  for (const node of nodes) server.store.create(node);
  await server.listen();
  return server;
}

class Server implements ApiServer {
  readonly store = new NodeStore();
  readonly requests: ApiRequest[] = [];
  readonly #certificates = makeCertificates();
  readonly #tokens = new Map<string, User>();
  readonly #failures: { failure: InjectedFailure; left: number }[] = [];
  readonly #sockets = new Set<net.Socket>();
  readonly #bookmarks = new Set<() => void>();
  #hook: Hook | null = null;
  #server: https.Server | null = null;
  #port = 0;

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  kubeconfig(user: string): string {
    const { ca } = this.#certificates;
    const isCertified = user === 'admin' || user.startsWith('system:node:');
    const credentials = isCertified ? this.#certificate(user) : { token: this.#token(user) };
    const cluster = { server: this.url, 'certificate-authority': ca };
    const document = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: user, user: credentials }],
      contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    };
    const file = path.join(temporaryFolder(), 'kubeconfig');
    // Every JSON document is YAML too.
    writeFileSync(file, JSON.stringify(document, null, 2));
    return file;
  }

  #certificate(user: string) {
    const group = user === 'admin' ? 'system:masters' : 'system:nodes';
    const { cert, key } = makeClient(this.#certificates, `/O=${group}/CN=${user}`);
    return { 'client-certificate': cert, 'client-key': key };
  }

  #token(user: string): string {
    if (!(user in ROLES)) throw new Error(`${user} has no role`);
    const token = `token-${user}-${randomUUID()}`;
    this.#tokens.set(token, { name: user, groups: ['system:authenticated'] });
    return token;
  }

  fail(failure: InjectedFailure): void {
    this.#failures.push({ failure, left: failure.times });
  }

  before(hook: Hook | null): void {
    this.#hook = hook;
  }

  bookmark(): void {
    for (const send of this.#bookmarks) send();
  }

  async listen(): Promise<void> {
    const { ca, server } = this.#certificates;
    const options = {
      ca: readFileSync(ca),
      cert: readFileSync(server.cert),
      key: readFileSync(server.key),
      requestCert: true,
      rejectUnauthorized: false,
    };
    this.#server = https.createServer(options, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    const listening = this.#server;
    await new Promise<void>((done) => listening.listen(this.#port, '127.0.0.1', done));
    this.#port = (listening.address() as net.AddressInfo).port;
  }

  async hangUp(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  }

  stop(): Promise<void> {
    return this.hangUp();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const user = authenticate(request, this.#tokens);
      const url = new URL(request.url ?? '', this.url);
      if (!answerDiscovery(response, url.pathname)) {
        await this.#nodes(request, response, url, user);
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { retryAfter } = error.options;
      if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
      send(response, error.code, error.status);
    }
  }

  async #nodes(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    user: User,
  ): Promise<void> {
    const query = url.searchParams;
    const { verb, name } = routeOf(request.method ?? '', url);
    const came = { user: user.name, verb, name, query: query.toString() };
    this.requests.push(came);
    const body = await readBody(request);
    if (body === null) return;
    await this.#hook?.(came);
    authorize(user, verb, name);
    const failure = this.#failureFor(came);
    if (failure && !failure.afterwards) return breakOff(response, failure);
    if (verb === 'watch') return streamWatch(response, query, this.store, this.#bookmarks);
    const answer = this.#carryOut(verb, name, query, request.headers['content-type'] ?? '', body);
    if (failure) return breakOff(response, failure);
    return send(response, verb === 'create' ? 201 : 200, answer);
  }

  #failureFor({ verb, name }: ApiRequest): InjectedFailure | null {
    const found = this.#failures.find(
      ({ failure, left }) =>
        left > 0 && failure.verb === verb && (failure.name === undefined || failure.name === name),
    );
    if (!found) return null;
    found.left -= 1;
    return found.failure;
  }

  #carryOut(
    verb: Verb,
    name: string | null,
    query: URLSearchParams,
    contentType: string,
    body: string,
  ): object {
    const { store } = this;
    switch (verb) {
      case 'list':
        return this.#list(query);
      case 'get':
        return store.get(name ?? '');
      case 'create': {
        const node = parseNode(body);
        return store.create(validated(node, node.metadata.name));
      }
      case 'update':
        return store.update(validated(parseNode(body), name ?? ''));
      case 'patch': {
        // The patch says at which version the Node must be, or nothing of it.
        const { resourceVersion: _, ...metadata } = store.get(name ?? '').metadata;
        return store.update(patched({ ...store.get(name ?? ''), metadata }, contentType, body));
      }
      default:
        return deleted(store.remove(name ?? ''));
    }
  }

  #list(query: URLSearchParams): object {
    const { revision } = this.store;
    const wanted = numberOf(query, 'resourceVersion') ?? 0;
    if (wanted > revision) throw tooLarge(wanted, revision);
    const limit = numberOf(query, 'limit') ?? 0;
    const page = this.store.list(selector(query), limit, query.get('continue') || null);
    const more = page.next ? { continue: page.next, remainingItemCount: page.left } : {};
    return {
      kind: 'NodeList',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(page.revision), ...more },
      items: page.items,
    };
  }
}

function breakOff(response: ServerResponse, { answer, retryAfter }: InjectedFailure): void {
  if (answer === 'reset') return void response.socket?.destroy();
  throw new Refused(answer, 'injected', retryAfter === undefined ? {} : { retryAfter });
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
