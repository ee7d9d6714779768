import type { Answer } from './answer.ts';
import { mcp, noMethod, ok, own } from './answer.ts';
import { type Configuration, recordsOf, type Stored } from './configuration.ts';
import { domainOf, recordFrom } from './fill.ts';
import { isMac, isPlain, parseAddress } from './names.ts';
import type { Renderer } from './render.ts';
import type { Call, Plain } from './types.ts';

/**
 * Replaces the whole table of a tunnel: `null`, `[]` and `{}` empty it.
 *
 * @param value a list of records; for versions that have them inline also a MAC alone
 * @throws Refused 400, 409 with nothing changed
 */
export function replaceRecords(configuration: Configuration, tunnel: Stored, value: unknown): void {
  const listed = typeof value === 'string' ? [{ name: value }] : (value ?? []);
  const isEmpty = isPlain(listed) && Object.keys(listed).length === 0;
  const given: unknown = isEmpty ? [] : listed;
  if (!Array.isArray(given)) throw own('records is no list');
  const records = given.map((one) => checked(configuration, tunnel, one));
  const seen = new Set<string>();
  for (const { name } of records) {
    if (seen.has(name)) throw exists(tunnel, name);
    seen.add(name);
  }
  const collection = recordsOf(tunnel.fullPath);
  for (const old of configuration.all(collection)) configuration.remove(collection, old.fullPath);
  for (const record of records) configuration.set(record);
}

/** Carries out what is asked of the records of a tunnel, or of one of them. */
export function answerRecords(
  configuration: Configuration,
  renderer: Renderer,
  call: Call,
  tunnel: Stored,
  mac: string | null,
): Answer {
  const collection = recordsOf(tunnel.fullPath);
  if (mac === null) {
    if (call.method === 'GET') return ok(renderer.collection(collection, call.query));
    if (call.method !== 'POST') throw noMethod(call.method, call.path);
    const record = checked(configuration, tunnel, call.body);
    if (configuration.get(collection, record.name)) throw exists(tunnel, record.name);
    configuration.set(record);
    return ok(renderer.one(record));
  }
  const now = configuration.get(collection, mac.toLowerCase());
  if (!now) throw mcp(404, `Object not found - ${tunnel.fullPath} ${mac}`, 1);
  if (call.method === 'GET') return ok(renderer.one(now, { query: call.query }));
  if (call.method === 'DELETE') {
    configuration.remove(collection, now.fullPath);
    return ok(null);
  }
  if (call.method === 'POST') throw noMethod(call.method, call.path);
  const before = call.method === 'PATCH' ? now.fields : {};
  const record = checked(configuration, tunnel, { ...before, ...bodyOf(call), name: now.name });
  configuration.set(record);
  return ok(renderer.one(record));
}

function bodyOf({ body }: Call): Plain {
  return isPlain(body) ? body : {};
}

function checked(configuration: Configuration, tunnel: Stored, given: unknown): Stored {
  const { name, endpoint } = isPlain(given) ? given : {};
  if (!isPlain(given) || !isMac(name)) throw own(`record ${JSON.stringify(given)} has no MAC`);
  const domain = domainOf(configuration, tunnel.partition);
  const record = recordFrom(configuration, tunnel.fullPath, given, domain);
  if (endpoint === undefined || endpoint === null) return record;
  const parsed = parseAddress(endpoint);
  if (!parsed || parsed.prefix !== null) {
    throw own(`endpoint ${JSON.stringify(endpoint)} of ${name} is no IP address`);
  }
  const { localAddress } = configuration.get('net/tunnels/tunnel', tunnel.fullPath)?.fields ?? {};
  const local = parseAddress(localAddress);
  if (local && (local.domain ?? domain) !== (parsed.domain ?? domain)) {
    const message = `01070734:3: Configuration error: The IP address (${endpoint}) of the tunnel FDB record (${tunnel.fullPath} ${record.name}) and the tunnel local address (${localAddress}) cannot be in different route domain.`;
    throw mcp(400, message);
  }
  return record;
}

function exists({ fullPath, partition }: Stored, mac: string) {
  const message = `01020066:3: The requested tunnel FDB record (${fullPath} ${mac}) already exists in partition ${partition}.`;
  return mcp(409, message);
}
