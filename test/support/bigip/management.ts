import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, denied, mcp, noMethod, notRegistered, ok, own, rest } from './answer.ts';
import { command, takesCommands } from './commands.ts';
import type { Configuration } from './configuration.ts';
import { installFactory } from './factory.ts';
import { atLeast, linkTo } from './names.ts';
import { Objects } from './objects.ts';
import { factsAt } from './pages.ts';
import { Renderer } from './render.ts';
import { isWrite, LOGIN, type Sessions } from './sessions.ts';
import { Transactions } from './transactions.ts';
import type { Call, Settings } from './types.ts';

const ACCESS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'modify',
  PATCH: 'modify',
  DELETE: 'delete',
};

/** All that is below /mgmt: who may ask, and what answers. */
export class Management {
  readonly renderer: Renderer;
  readonly #objects: Objects;
  readonly #transactions: Transactions;

  constructor(
    private readonly configuration: Configuration,
    private readonly sessions: Sessions,
    private readonly settings: Settings,
  ) {
    installFactory(configuration, settings);
    this.renderer = new Renderer(configuration, settings);
    this.#objects = new Objects(configuration, this.renderer, settings);
    const { version } = settings;
    const carryOut = (call: Call) => this.#objects.answer(call);
    this.#transactions = new Transactions(sessions, configuration, version, carryOut);
  }

  forget(): void {
    this.#transactions.forget();
  }

  /** @param text the body as it came @throws Refused */
  answer(call: Call, headers: IncomingHttpHeaders, text: string): Answer {
    if (call.path === LOGIN) {
      refuseBroken(call, text);
      return this.sessions.logIn(call, call.body);
    }
    this.sessions.authenticate(call, headers);
    refuseBroken(call, text);
    const ofTokens = this.sessions.answer(call);
    if (ofTokens) return ofTokens;
    if (!/^\/mgmt\/tm(\/|$)/.test(call.path)) throw notRegistered(call.path);
    this.#refuse(call, text);
    const id = headers['x-f5-rest-coordination-id'];
    if (id !== undefined && call.method !== 'GET') return this.#queue(String(id), call);
    return this.#transactions.answer(call) ?? this.#carryOut(call);
  }

  #refuse(call: Call, text: string): void {
    const { user, role, version } = this.settings;
    if (call.query.get('ver') === '11.5.0' && atLeast(version, 16)) {
      throw rest(400, 'Version 11.5.0 is not supported.');
    }
    if (/<\/?[a-z][^<>]*>/i.test(text)) {
      throw mcp(400, 'HTML Tag-like Content in the Request URL/Body', 26_214_401);
    }
    if (isWrite(call) && role === 'manager') {
      throw denied(user, ACCESS[call.method] ?? 'any', call.path);
    }
  }

  #queue(id: string, call: Call): Answer {
    const path = below(call);
    if (takesCommands(path)) throw own(`${path} is for no transaction`);
    return this.#transactions.queue(id, call);
  }

  #carryOut(call: Call): Answer {
    const path = below(call);
    if (takesCommands(path)) return command(path, call, this.configuration, this.settings);
    const facts = factsAt(path, this.settings) ?? this.#folder(path);
    if (!facts) return this.#objects.answer(call);
    if (call.method !== 'GET') throw noMethod(call.method, call.path);
    return ok(facts);
  }

  /** A partition is a folder too. */
  #folder(path: string) {
    const name = /^sys\/folder\/~([^~]+)$/.exec(path)?.[1];
    if (name === undefined || !this.configuration.get('auth/partition', name)) return null;
    const selfLink = linkTo(path, this.settings.version);
    return {
      kind: 'tm:sys:folder:folderstate',
      name,
      partition: '/',
      fullPath: `/${name}`,
      selfLink,
    };
  }
}

function below({ segments }: Call): string {
  return segments.slice(2).join('/');
}

function refuseBroken({ body }: Call, text: string): void {
  const isBroken = text !== '' && (typeof body !== 'object' || body === null);
  if (isBroken) throw mcp(400, 'Found invalid JSON body in the request.', 1);
}
