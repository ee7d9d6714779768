import { setTimeout as pause } from 'node:timers/promises';
import { type Agent, request } from 'undici';
import { type DeviceAccess, dialAgent } from './connection.ts';
import { DeviceError, explainConnection } from './errors.ts';
import { type Json, judge, type RawReply, statsOf, type Verdict } from './reply.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The first release in which a token may change the configuration. */
const FIRST_WITH_TOKENS = 12;

const LOGIN = '/mgmt/shared/authn/login';
const TOKENS = '/mgmt/shared/authz/tokens';
const VERSION = '/mgmt/tm/sys/version';
const PARTITIONS = '/mgmt/tm/auth/partition';

/** Milliseconds between two tries of what the device is not ready for. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 2_000;

/** Requests to iControl REST of one unit, as one user, one at a time. */
export class DeviceClient {
  readonly host: string;
  #agent: Agent;
  #isBusy = false;
  #token: string | null = null;
  #isRelogin = false;
  readonly #routeDomains = new Map<string, number>();
  #version: { readonly version: string; readonly build: string } | null = null;

  constructor(readonly access: DeviceAccess) {
    this.host = new URL(access.url).host;
    this.#agent = dialAgent(access);
  }

  /** The object or collection at a path; null when there is none. */
  async get(path: string): Promise<Json | null> {
    return this.untilReady('GET', path);
  }

  /**
   * Changes something.
   *
   * @returns the reply; null when the object is not there
   * @throws DeviceError of kind `lost` when nobody knows whether it was carried out
   */
  async change(method: Exclude<Method, 'GET'>, path: string, body?: Json): Promise<Json | null> {
    return this.untilReady(method, path, body);
  }

  /** Gives the token back and hangs up. Never throws: whatever came before counts. */
  async close(): Promise<void> {
    const token = this.#token;
    if (this.#isBusy) {
      // An interrupt does not wait for the answer that is outstanding.
      void this.#agent.destroy();
      this.#agent = dialAgent(this.access);
    }
    if (token !== null) {
      await this.ask('DELETE', `${TOKENS}/${token}`, undefined, LAST_WAIT).catch(() => undefined);
      this.#token = null;
    }
    await this.#agent.destroy();
  }

  /** What `sys version` says; empty when it says nothing. */
  async version(): Promise<{ readonly version: string; readonly build: string }> {
    this.#version ??= versionOf(await this.get(VERSION));
    return this.#version;
  }

  /** The route domain that addresses of a partition are in which name none. */
  async routeDomainOf(partition: string): Promise<number> {
    const known = this.#routeDomains.get(partition);
    if (known !== undefined) return known;
    const body = await this.get(`${PARTITIONS}/${encodeURIComponent(partition)}`);
    const domain = Number(body?.['defaultRouteDomain'] ?? 0);
    this.#routeDomains.set(partition, domain);
    return domain;
  }

  /**
   * Logs in: with a token where the release has them, else with the password at each request. Whatever
   * comes of it, `close` gives a token back.
   *
   * @throws DeviceError when it cannot be reached, or refuses the login, which is tried once only
   */
  async login(): Promise<void> {
    const { user, password } = this.access;
    const body = { username: user, password, loginProviderName: 'tmos' };
    const reply = await this.untilReady('POST', LOGIN, body, (why) => this.mayHaveTokens(why));
    this.#token = tokenOf(reply);
    const { version } = await this.version();
    const major = Number.parseInt(version, 10);
    if (this.#token === null || Number.isNaN(major) || major >= FIRST_WITH_TOKENS) return;
    // Its tokens may read only.
    await this.ask('DELETE', `${TOKENS}/${this.#token}`).catch(() => undefined);
    this.#token = null;
  }

  /**
   * Tells a device that has no tokens from one that is still starting, by asking with the password.
   *
   * @throws DeviceError when that is refused: a login is tried once only
   */
  private async mayHaveTokens(why: DeviceError): Promise<boolean> {
    const verdict = await this.ask('GET', VERSION);
    if (verdict.kind === 'failed') throw verdict.why.kind === 'refused-login' ? why : verdict.why;
    if (verdict.kind !== 'ok') return true;
    this.#version = versionOf(verdict.body);
    return Number.parseInt(this.#version.version, 10) >= FIRST_WITH_TOKENS;
  }

  /**
   * Asks until the device is ready for it, or the time is over.
   *
   * @param goOn asked when the path is not there yet; false ends it with null
   */
  private async untilReady(
    method: Method,
    path: string,
    body?: Json,
    goOn?: (why: DeviceError) => Promise<boolean>,
  ): Promise<Json | null> {
    const end = performance.now() + this.access.timeout;
    let wait = FIRST_PAUSE;
    for (;;) {
      const verdict = await this.ask(method, path, body, end - performance.now());
      if (verdict.kind === 'ok') return verdict.body;
      if (verdict.kind === 'absent') return null;
      if (verdict.kind === 'failed') throw verdict.why;
      if (verdict.kind === 'token-dead') {
        await this.loginAgain(verdict.why);
        continue;
      }
      if (verdict.mayBeDone && isWrite(method, path)) throw lost(verdict.why);
      const ends = goOn !== undefined && verdict.isUnknownPath && !(await goOn(verdict.why));
      if (ends) return null;
      wait = await pauseUntil(end, wait, verdict.why);
    }
  }

  /** A reboot or a failover forgets tokens; the login that was good is good for one more. */
  private async loginAgain(why: DeviceError): Promise<void> {
    if (this.#isRelogin || this.#token === null) throw why;
    this.#isRelogin = true;
    this.#token = null;
    await this.login();
  }

  /** One request, one answer. */
  private async ask(
    method: Method,
    path: string,
    body?: Json,
    limit = this.access.timeout,
  ): Promise<Verdict> {
    const { password } = this.access;
    const hide = [password, this.#token ?? ''];
    let reply: RawReply;
    this.#isBusy = true;
    try {
      reply = await this.exchange(method, path, body, Math.max(limit, 1));
    } catch (error) {
      const why = explainConnection(this.host, error);
      // What never got through to the device is not carried out either; to wait for it helps nobody.
      const isFinal = why.kind !== 'unreachable' || !/closed the connection/.test(why.message);
      if (isFinal && !isTimeout(error)) return { kind: 'failed', why };
      return { kind: 'wait', why, mayBeDone: true, isUnknownPath: false };
    } finally {
      this.#isBusy = false;
    }
    return judge(reply, this.host, `${method} ${path.replace(/\?.*$/, '')}`, hide);
  }

  private async exchange(
    method: Method,
    path: string,
    body: Json | undefined,
    limit: number,
  ): Promise<RawReply> {
    const response = await request(`${this.access.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.authorization(path),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(Math.ceil(limit)),
    });
    const { statusCode, headers } = response;
    const contentType = String(headers['content-type'] ?? '');
    return { status: statusCode, contentType, text: await response.body.text() };
  }

  private authorization(path: string): Record<string, string> {
    if (path === LOGIN) return {};
    if (this.#token !== null) return { 'x-f5-auth-token': this.#token };
    const { user, password } = this.access;
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }
}

/** Milliseconds that giving a token back may take: nobody waits for more at the end. */
const LAST_WAIT = 3_000;

/** Waits before the next try, longer each time. @throws what it waits for, when the time is over */
async function pauseUntil(end: number, wait: number, why: DeviceError): Promise<number> {
  if (performance.now() + wait > end) throw why;
  await pause(wait);
  return Math.min(wait * 2, LONGEST_PAUSE);
}

/** Whether it changes the configuration: a second login makes another token, no other harm. */
function isWrite(method: Method, path: string): boolean {
  return method !== 'GET' && path !== LOGIN;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && ['TimeoutError', 'AbortError'].includes(error.name);
}

function lost(why: DeviceError): DeviceError {
  return new DeviceError('lost', why.message, { ...(why.fix ? { fix: why.fix } : {}), cause: why });
}

function tokenOf(reply: Json | null): string | null {
  const { token } = (reply?.['token'] ?? {}) as { token?: unknown };
  return typeof token === 'string' && /^\w+$/.test(token) ? token : null;
}

/** `sys version` is told in the shape of statistics, below a key that is a URL. */
function versionOf(body: Json | null): { readonly version: string; readonly build: string } {
  const { Version, Build } = statsOf(body);
  return { version: Version ?? '', build: Build ?? '' };
}
