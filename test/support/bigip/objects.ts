import { type Answer, mcp, noMethod, notRegistered, ok, own } from './answer.ts';
import { checkFixed, checkMeaning, checkReferences, checkUnused } from './checks.ts';
import { type Configuration, FDB, type Stored } from './configuration.ts';
import { answerRecords, replaceRecords } from './fdb.ts';
import { domainOf, filled, normalised, numbered, refuseUnknown } from './fill.ts';
import { KINDS, type Kind } from './kinds.ts';
import { atLeast, fullPathOf, isPlain } from './names.ts';
import { tunnelStats } from './pages.ts';
import type { Renderer } from './render.ts';
import type { Call, Plain, Settings } from './types.ts';

/** Carries out requests for collections and objects. */
export class Objects {
  constructor(
    private readonly configuration: Configuration,
    private readonly renderer: Renderer,
    private readonly settings: Settings,
  ) {}

  /** @throws Refused for what is not there or not possible; nothing is changed then */
  answer(call: Call): Answer {
    if (call.method !== 'GET' && call.query.has('options')) throw own('options are not understood');
    const below = call.segments.slice(2);
    const kind = KINDS.get(below.join('/'));
    if (kind) return this.#ofCollection(call, kind);
    for (const depth of [1, 2, 3]) {
      const found = KINDS.get(below.slice(0, -depth).join('/'));
      const [name = '', sub, item] = below.slice(-depth);
      if (!found) continue;
      if (sub === undefined) return this.#ofOne(call, found, name);
      return this.#ofPart(call, found, name, sub, item ?? null);
    }
    throw notRegistered(call.path);
  }

  #ofCollection(call: Call, kind: Kind): Answer {
    if (call.method === 'GET') return ok(this.renderer.collection(kind.collection, call.query));
    if (call.method !== 'POST' || !kind.methods.includes('POST')) {
      throw noMethod(call.method, call.path);
    }
    return this.#create(kind, objectOf(call));
  }

  #create(kind: Kind, body: Plain): Answer {
    const { configuration } = this;
    const partition = typeof body['partition'] === 'string' ? body['partition'] : null;
    const fields = normalised(kind, body, domainOf(configuration, partition));
    const made = filled(configuration, this.settings.version, kind, fields, null);
    if (configuration.get(kind.collection, made.fullPath)) {
      const message = `01020066:3: The requested ${kind.type} (${made.fullPath}) already exists in partition ${made.partition ?? 'Common'}.`;
      throw mcp(409, message);
    }
    return this.#keep(kind, made, null, fields);
  }

  /** @param before what was there @param fields those that were asked for */
  #keep(kind: Kind, made: Stored, before: Stored | null, fields: Plain, bare = false): Answer {
    const { configuration } = this;
    checkReferences(made, configuration);
    refuseUnknown(kind, fields);
    checkMeaning(made, configuration);
    if (before) checkFixed(before, made);
    const kept = kind.collection === 'net/tunnels/tunnel' ? numbered(made, before) : made;
    configuration.set(kept);
    return ok(this.renderer.one(kept, { bare }));
  }

  #ofOne(call: Call, kind: Kind, segment: string): Answer {
    const { configuration } = this;
    const now = this.#find(kind, segment);
    const bare = kind.isPartitioned && !segment.startsWith('~');
    if (call.method === 'GET') return ok(this.renderer.one(now, { bare, query: call.query }));
    if (!kind.methods.includes(call.method) || call.method === 'POST') {
      throw noMethod(call.method, call.path);
    }
    if (call.method === 'DELETE') return this.#remove(now);
    const body = objectOf(call);
    if (kind.collection === FDB) return this.#changeFdb(call, now, body);
    const fields = normalised(kind, body, domainOf(configuration, now.partition));
    for (const field of ['name', 'partition', 'subPath'] as const) {
      const value = fields[field];
      if (value !== undefined && value !== null && value !== now[field]) {
        throw own(`${field} of ${kind.type} (${now.fullPath}) cannot be changed`);
      }
    }
    const isWhole = call.method === 'PUT';
    const stays = [...kind.fixed, ...(kind.collection === 'net/self' ? ['address'] : [])];
    const kept = Object.entries(now.fields).filter(([field]) => stays.includes(field));
    const base = isWhole ? { ...now, fields: Object.fromEntries(kept) } : now;
    const made = filled(configuration, this.settings.version, kind, fields, base);
    return this.#keep(kind, made, now, fields, bare);
  }

  #remove(now: Stored): Answer {
    if (now.collection === FDB) throw mcp(400, 'enter a valid option', 26_214_401);
    checkUnused(now, this.configuration);
    this.configuration.remove(now.collection, now.fullPath);
    return ok(null);
  }

  /** The entry of a tunnel has nothing but its records; whatever else is sent along is no matter. */
  #changeFdb(call: Call, now: Stored, body: Plain): Answer {
    if ('records' in body || call.method === 'PUT') {
      replaceRecords(this.configuration, now, body['records']);
    }
    return ok(this.renderer.one(now));
  }

  #ofPart(call: Call, kind: Kind, segment: string, sub: string, item: string | null): Answer {
    const { configuration, renderer } = this;
    const isFdb = kind.collection === FDB && sub === 'records';
    if (isFdb && atLeast(this.settings.version, 12, 1)) {
      return answerRecords(configuration, renderer, call, this.#find(kind, segment), item);
    }
    const isPlainRead = call.method === 'GET' && item === null;
    if (isPlainRead && kind.collection === 'ltm/pool' && sub === 'members') {
      const { fullPath } = this.#find(kind, segment);
      const collection = `ltm/pool/${fullPath.replaceAll('/', '~')}/members`;
      return ok(renderer.collection(collection, call.query));
    }
    if (isPlainRead && kind.collection === 'net/tunnels/tunnel' && sub === 'stats') {
      return ok(tunnelStats(this.#find(kind, segment), this.settings.version));
    }
    throw notRegistered(call.path);
  }

  #find(kind: Kind, segment: string): Stored {
    const fullPath = kind.isPartitioned ? fullPathOf(segment) : segment;
    const found = this.configuration.get(kind.collection, fullPath);
    if (found) return found;
    throw mcp(404, `01020036:3: The requested ${kind.type} (${fullPath}) was not found.`);
  }
}

function objectOf({ body }: Call): Plain {
  if (isPlain(body)) return body;
  throw mcp(400, 'Found invalid JSON body in the request.', 1);
}
