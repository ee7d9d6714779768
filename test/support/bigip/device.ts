/**
 * A stand-in of a BIG-IP, as far as iControl REST shows one to who manages tunnels. It has:
 *
 * 1. HTTPS with keep-alive, the headers of JSON replies and pages, cookies on basic authentication
 * 2. authentication: basic, tokens with their life and their limit, roles, and how each refuses
 * 3. routing: names with `~`, names without a partition, trailing slash, unknown paths, `ver=`
 * 4. the objects of the factory
 * 5. creation: defaults, generation, links, references, normal forms, the order of refusals
 * 6. refusal of what cannot be changed, deleted or there twice
 * 7. the FDB entry and the MAC that come and go with a tunnel, the MAC by `util/bash` alone
 * 8. FDB records as a whole and one by one
 * 9. collections with filter, selection and expansion; the shapes of statistics
 * 10. transactions
 * 11. saves, and a reboot that forgets what was not saved
 * 12. faults on demand, and another writer between two requests
 *
 * Where no recording shows what a real one says, the message contains `stand-in`.
 */
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { readBody } from '../kubernetes/request.ts';
import { type Answer, Refused, rest, send } from './answer.ts';
import { identityFor } from './certificate.ts';
import { Configuration } from './configuration.ts';
import { Faults, faulty } from './faults.ts';
import { put } from './fill.ts';
import { cookies, decoded, parsed } from './incoming.ts';
import { kindOf } from './kinds.ts';
import { Management } from './management.ts';
import { credentialsOf, Sessions } from './sessions.ts';
import type {
  BigIpDevice,
  BigIpFault,
  BigIpOptions,
  BigIpRequest,
  Call,
  Hook,
  Plain,
  Settings,
} from './types.ts';

export type { BigIpDevice, BigIpFault, BigIpOptions } from './types.ts';

const DEFAULTS: Settings = {
  version: '15.1.5',
  hostname: 'bigip-1.example.com',
  user: 'fluser',
  password: 'S3cret-of-the-unit',
  role: 'administrator',
  remoteUser: false,
  peer: null,
  failoverState: 'active',
  macDelay: 1,
  macs: [],
  underlay: '10.1.10.245/24',
  omitEmptyItems: false,
  selfSigned: false,
  certificate: 'server',
  noTokens: false,
  port: 0,
};

export async function startBigIp(options: BigIpOptions = {}): Promise<BigIpDevice> {
  const device = new Device({ ...DEFAULTS, ...options });
  await device.listen();
  return device;
}

type Entry = { -readonly [Key in keyof BigIpRequest]: BigIpRequest[Key] };

class Device implements BigIpDevice {
  readonly requests: Entry[] = [];
  readonly ca: string;
  readonly fingerprint: string;
  readonly otherCa: string;
  readonly user: string;
  readonly password: string;
  readonly #sessions: Sessions;
  readonly #configuration: Configuration;
  readonly #management: Management;
  readonly #faults = new Faults();
  readonly #sockets = new Set<net.Socket>();
  readonly #server: https.Server;
  #hook: Hook | null = null;
  #port: number;

  constructor(private readonly settings: Settings) {
    const { server, ...trust } = identityFor(settings);
    this.ca = trust.ca;
    this.fingerprint = trust.fingerprint;
    this.otherCa = trust.otherCa;
    this.user = settings.user;
    this.password = settings.password;
    this.#port = settings.port;
    this.#sessions = new Sessions(settings);
    this.#configuration = new Configuration(settings.macs, settings.macDelay);
    this.#management = new Management(this.#configuration, this.#sessions, settings);
    const pair = { cert: readFileSync(server.cert), key: readFileSync(server.key) };
    this.#server = https.createServer(pair, (request, response) => {
      void this.#answer(request, response);
    });
    // Longer than a test leaves a connection idle: none is closed under a request that is on its way.
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get tokens(): ReadonlySet<string> {
    return this.#sessions.tokens;
  }

  get issued(): readonly string[] {
    return this.#sessions.issued;
  }

  get saves(): number {
    return this.#configuration.saves;
  }

  list(collection: string): Plain[] {
    const { renderer } = this.#management;
    const isBelow = collection.includes('/~');
    return renderer
      .all(isBelow ? collection : kindOf(collection).collection)
      .map((object) => renderer.one(object));
  }

  put(collection: string, object: Plain): void {
    put(this.#configuration, this.settings.version, collection, object);
  }

  drop(path: string): void {
    const at = path.lastIndexOf('/');
    this.#configuration.remove(path.slice(0, at), path.slice(at + 1).replaceAll('~', '/'));
  }

  macOf(tunnelFullPath: string): string | null {
    return this.#configuration.macOf(tunnelFullPath);
  }

  db(name: string, value?: string): string {
    if (value !== undefined) this.put('sys/db', { name, value });
    return String(this.#configuration.get('sys/db', name)?.fields['value'] ?? '');
  }

  fail(fault: BigIpFault): void {
    this.#faults.add(fault);
  }

  before(hook: Hook | null): void {
    this.#hook = hook;
  }

  addTokens(count: number): void {
    this.#sessions.add(count);
  }

  advance(seconds: number): void {
    this.#sessions.advance(seconds);
  }

  reboot(): void {
    this.#configuration.reboot();
    this.#sessions.forget();
    this.#management.forget();
  }

  async listen(): Promise<void> {
    await new Promise<void>((done, failed) => {
      this.#server.once('error', failed);
      this.#server.listen(this.#port, '127.0.0.1', done);
    });
    this.#port = (this.#server.address() as net.AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const [rawPath = '', ...rest] = url.split('?');
    const query = rest.join('?');
    const auth = credentialsOf(headers);
    const path = decoded(rawPath);
    const record: Entry = { method, path, query, body: null, auth, status: 'reset' };
    this.requests.push(record);
    const text = await readBody(request);
    if (text === null) return;
    record.body = parsed(text);
    await this.#hook?.({ method, path, body: record.body });
    const fault = this.#faults.for(method, path);
    const isPerformed = !fault || fault.afterwards === true;
    const answer = isPerformed ? this.#carryOut(record, rawPath, headers, text) : null;
    this.#send(response, record, fault, answer, headers);
  }

  /** @param answer null only where a fault has kept the request from being carried out */
  #send(
    response: ServerResponse,
    record: Entry,
    fault: BigIpFault | null,
    answer: Answer | null,
    headers: IncomingHttpHeaders,
  ): void {
    if (fault?.answer === 'hang') return;
    if (fault?.answer === 'reset') return void response.socket?.destroy();
    const given = fault ? faulty(fault.answer, record.path, this.user) : answer;
    if (!given) return;
    record.status = given.status;
    send(response, given, cookies(record, headers));
  }

  #carryOut(
    { method, path, query, body }: Entry,
    rawPath: string,
    headers: IncomingHttpHeaders,
    text: string,
  ): Answer {
    try {
      const segments = rawPath.split('/').filter(Boolean).map(decodeURIComponent);
      const call: Call = {
        method,
        segments,
        path: path.replace(/(?<=.)\/+$/, ''),
        query: new URLSearchParams(query),
        body,
      };
      return this.#management.answer(call, headers, text);
    } catch (error) {
      if (error instanceof Refused) return error.answer;
      if (error instanceof URIError) return rest(400, 'Bad Request').answer;
      return rest(500, `(stand-in) ${(error as Error).stack}`).answer;
    }
  }
}
