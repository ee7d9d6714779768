import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, noMethod, notRegistered, ok, own, page, Refused, rest } from './answer.ts';
import { atLeast, isPlain } from './names.ts';
import type { BigIpRequest, Call, Plain, Settings } from './types.ts';

const TOKENS = '/mgmt/shared/authz/tokens';
export const LOGIN = '/mgmt/shared/authn/login';
/** Tokens that one user may have at a time. */
const MOST_TOKENS = 100;
const LONGEST = 36_000;

interface Token {
  readonly token: string;
  readonly started: number;
  updated: number;
  timeout: number;
}

/** By what a request says whose it is. */
export function credentialsOf(headers: IncomingHttpHeaders): BigIpRequest['auth'] {
  if (headers['x-f5-auth-token'] !== undefined) return 'token';
  return /^Basic /i.test(headers.authorization ?? '') ? 'basic' : 'none';
}

/** The one user of the unit, their tokens, and a clock that only tests move. */
export class Sessions {
  #live = new Map<string, Token>();
  readonly issued: string[] = [];
  /** Milliseconds. */
  #now = Date.now();

  constructor(private readonly settings: Settings) {}

  get now(): number {
    return this.#now;
  }

  get tokens(): ReadonlySet<string> {
    this.#bury();
    return new Set(this.#live.keys());
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }

  forget(): void {
    this.#live.clear();
  }

  /** Begins so many sessions, without regard to how many there may be. */
  add(count: number): void {
    for (let left = count; left > 0; left -= 1) this.#begin();
  }

  /** @throws Refused 401, 400 where there are too many tokens */
  logIn(call: Call, body: unknown): Answer {
    const { user, password, noTokens } = this.settings;
    if (noTokens || call.method !== 'POST') throw notRegistered(call.path);
    const given = isPlain(body) ? body : {};
    const { username, loginProviderName = 'tmos' } = given;
    if (loginProviderName !== 'tmos' && loginProviderName !== 'local') {
      throw rest(401, 'loginProviderName is invalid.');
    }
    if (username !== user || given['password'] !== password) {
      const shown = { username, loginProviderName, generation: 0, lastUpdateMicros: 0 };
      const originalRequestBody = JSON.stringify(shown);
      throw rest(401, 'Authentication failed.', { originalRequestBody });
    }
    this.#bury();
    if (user !== 'admin' && this.#live.size >= MOST_TOKENS) {
      throw rest(400, `Bad Request: user ${user} has reached maximum active login tokens`);
    }
    const link = `https://localhost/mgmt/cm/system/authn/providers/tmos/${randomUUID()}/login`;
    return ok({
      username,
      loginProviderName,
      loginReference: { link },
      token: this.#shown(this.#begin()),
      generation: 0,
      lastUpdateMicros: 0,
    });
  }

  /** @throws Refused 401 where neither a live token nor the right password comes along */
  authenticate(call: Call, headers: IncomingHttpHeaders): void {
    const { user, password, remoteUser } = this.settings;
    switch (credentialsOf(headers)) {
      case 'token':
        this.#bury();
        if (!this.#live.has(String(headers['x-f5-auth-token']))) throw deadToken();
        if (isWrite(call) && !atLeast(this.settings.version, 12)) throw this.unauthorized(call);
        break;
      case 'basic': {
        const text = headers.authorization?.replace(/^Basic /i, '') ?? '';
        const isRight = Buffer.from(text, 'base64').toString() === `${user}:${password}`;
        if (!isRight || remoteUser) throw authorizationRequired();
        break;
      }
      default:
        throw authorizationRequired();
    }
    const { role, version } = this.settings;
    const isAdministrator = role === 'administrator';
    const isForAll = atLeast(version, 13, 1);
    if (role === 'none' || (!isAdministrator && !isForAll)) throw this.unauthorized(call);
  }

  /** The user's role allows no such request at all. */
  unauthorized({ method, path }: Call): Refused {
    const user = `https://localhost/mgmt/shared/authz/users/${this.settings.user}`;
    const from = `uri:http://localhost:8100${path} referrer:127.0.0.1 sender:127.0.0.1`;
    const message = `Authorization failed: user=${user} resource=${path} verb=${method} ${from}`;
    return rest(401, message);
  }

  /** Requests for tokens themselves; null where the path is of something else. */
  answer(call: Call): Answer | null {
    if (call.path === TOKENS) {
      if (call.method === 'GET') return ok(this.#list());
      if (call.method !== 'DELETE') throw noMethod(call.method, call.path);
      const all = this.#list();
      this.forget();
      return ok(all);
    }
    if (!call.path.startsWith(`${TOKENS}/`)) return null;
    this.#bury();
    const token = this.#live.get(call.path.slice(TOKENS.length + 1));
    if (!token) throw rest(404, `Object not found - ${call.path}`);
    if (call.method === 'PATCH') this.#extend(token, call.body);
    else if (call.method === 'DELETE') this.#live.delete(token.token);
    else if (call.method !== 'GET') throw noMethod(call.method, call.path);
    return ok(this.#shown(token));
  }

  #extend(token: Token, body: unknown): void {
    const timeout = Number(isPlain(body) ? body['timeout'] : Number.NaN);
    if (!Number.isInteger(timeout) || timeout <= 0) throw own('timeout is no number');
    if (timeout > LONGEST) {
      throw rest(406, `Auth-token absolute timeout (${LONGEST} seconds) exceeded`);
    }
    token.timeout = timeout;
    token.updated = this.#now;
  }

  #begin(): Token {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    const token = [...randomBytes(26)].map((byte) => letters[byte % 32]).join('');
    const made = { token, started: this.#now, updated: this.#now, timeout: 1200 };
    this.#live.set(token, made);
    this.issued.push(token);
    return made;
  }

  #bury(): void {
    for (const { token, updated, timeout } of this.#live.values()) {
      if (this.#now >= updated + timeout * 1000) this.#live.delete(token);
    }
  }

  #list(): Plain {
    this.#bury();
    return {
      items: [...this.#live.values()].map((token) => this.#shown(token)),
      generation: 1,
      kind: 'shared:authz:tokens:authtokencollectionstate',
      selfLink: `https://localhost${TOKENS}`,
    };
  }

  #shown({ token, started, updated, timeout }: Token): Plain {
    const { user } = this.settings;
    return {
      token,
      name: token,
      userName: user,
      authProviderName: 'tmos',
      user: { link: `https://localhost/mgmt/shared/authz/users/${user}` },
      timeout,
      startTime: new Date(started).toISOString().replace('Z', '+0000'),
      address: '127.0.0.1',
      partition: '[All]',
      generation: 1,
      lastUpdateMicros: updated * 1000,
      expirationMicros: (updated + timeout * 1000) * 1000,
      kind: 'shared:authz:tokens:authtokenitemstate',
      selfLink: `https://localhost${TOKENS}/${token}`,
    };
  }
}

export function isWrite({ method, path }: Call): boolean {
  return method !== 'GET' && path.startsWith('/mgmt/tm');
}

export function deadToken(): Refused {
  const message = 'X-F5-Auth-Token does not exist.';
  const errorStack = [`java.lang.SecurityException: ${message}`, 'at com.f5.rest.common'];
  return rest(401, message, { errorStack });
}

/** What Apache says before the REST daemon hears of the request. */
function authorizationRequired(): Refused {
  return new Refused({
    status: 401,
    reason: 'F5 Authorization Required',
    headers: { 'WWW-Authenticate': 'Basic realm="Enterprise Manager"' },
    body: page('401 Unauthorized', 'This server could not verify that you are authorized.'),
  });
}
