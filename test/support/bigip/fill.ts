import { own } from './answer.ts';
import { type Configuration, recordsOf, type Stored } from './configuration.ts';
import { isKnown, isReadOnly, type Kind, kindOf } from './kinds.ts';
import { atLeast, isPlain, withoutDefault } from './names.ts';
import type { Plain } from './types.ts';

const NOWHERE = new Set(['any', 'any4', 'any6', '0.0.0.0', '::']);
const ADDRESSES = new Set(['localAddress', 'remoteAddress', 'secondaryAddress', 'ipAddress']);
const NAMING = new Set(['defaultsFrom', 'profile', 'trafficGroup', 'vlan']);

/** Route domain of addresses in a partition that name none. */
export function domainOf(configuration: Configuration, partition: string | null): number {
  const found = configuration.get('auth/partition', partition ?? 'Common');
  return Number(found?.fields['defaultRouteDomain'] ?? 0);
}

/**
 * Fields of a body as the unit keeps them; null is what has to go back to its default. `traffic-group`
 * is the same as `trafficGroup`.
 */
export function normalised(kind: Kind, body: Plain, domain: number): Plain {
  const fields: Plain = {};
  for (const [key, value] of Object.entries(body)) {
    const field = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (isReadOnly(field)) continue;
    fields[field] = normalisedValue(kind, field, value, domain);
  }
  return fields;
}

function normalisedValue(kind: Kind, field: string, value: unknown, domain: number): unknown {
  if (field === 'macAddress') return typeof value === 'string' ? value.toLowerCase() : value;
  if (field === 'allowService' || field === 'description') return orNull(value);
  if (NAMING.has(field)) return inCommon(value);
  if (ADDRESSES.has(field) && NOWHERE.has(String(value))) return 'any6';
  if (ADDRESSES.has(field) || field === 'address') return withoutDefault(value, domain);
  const isNumber = typeof kind.defaults[field] === 'number' && /^\d+$/.test(String(value));
  return isNumber ? Number(value) : value;
}

/** A reference without a partition is to an object of Common. */
function inCommon(value: unknown): unknown {
  return typeof value === 'string' && /^[^/]/.test(value) ? `/Common/${value}` : value;
}

/** What takes a description or the port lockdown away: no text, `none`, an empty list. */
function orNull(value: unknown): unknown {
  const isNothing = value === '' || value === 'none' || (Array.isArray(value) && !value.length);
  return isNothing ? null : value;
}

/**
 * The object that a body makes of a kind.
 *
 * @param fields normalised ones
 * @param before what they change; null where the object is new or replaced as a whole
 */
export function filled(
  configuration: Configuration,
  version: string,
  kind: Kind,
  fields: Plain,
  before: Stored | null,
): Stored {
  const { name, partition, subPath, ...given } = fields;
  const identity = before ?? identityOf(kind, name, partition, subPath);
  const base = before ? before.fields : {};
  const merged = without({ ...base, ...given });
  const all = { ...inherited(configuration, kind, merged), ...merged };
  const isArp = kind.collection === 'net/arp';
  return {
    ...identity,
    collection: kind.collection,
    generation: isArp ? 0 : configuration.next(),
    fields: { ...all, ...derived(kind, all, version) },
  };
}

function identityOf(kind: Kind, name: unknown, partition: unknown, subPath: unknown) {
  const isName = typeof name === 'string' && /^[^\s<>~/]+$/.test(name);
  if (!isName) throw own(`name ${JSON.stringify(name)} is missing or invalid`);
  if (!kind.isPartitioned) return { name, partition: null, subPath: null, fullPath: name };
  const owner = typeof partition === 'string' ? partition : 'Common';
  const folder = typeof subPath === 'string' ? subPath : null;
  const fullPath = ['', owner, ...(folder === null ? [] : [folder]), name].join('/');
  return { name, partition: owner, subPath: folder, fullPath };
}

function without(fields: Plain): Plain {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** Defaults of a kind; a profile has those of the profile that it is made from. */
function inherited(configuration: Configuration, kind: Kind, fields: Plain): Plain {
  if (kind.collection !== 'net/tunnels/vxlan') return kind.defaults;
  const from = String(fields['defaultsFrom'] ?? kind.defaults['defaultsFrom']);
  const { description: _, ...parent } = configuration.get(kind.collection, from)?.fields ?? {};
  return { ...kind.defaults, ...parent, defaultsFrom: from };
}

/** What follows from other fields. */
function derived({ collection }: Kind, fields: Plain, version: string): Plain {
  if (collection !== 'net/self') return {};
  const isFloating = fields['trafficGroup'] !== '/Common/traffic-group-local-only';
  return {
    ...(atLeast(version, 13) ? { addressSource: 'from-user' } : {}),
    floating: isFloating ? 'enabled' : 'disabled',
    inheritedTrafficGroup: 'false',
    unit: isFloating ? 1 : 0,
  };
}

/** @throws Refused 400 where a body has a field that the kind does not */
export function refuseUnknown(kind: Kind, fields: Plain): void {
  const stranger = Object.keys(fields).find((field) => !isKnown(kind, field));
  if (stranger !== undefined) throw own(`"${stranger}" is no property of a ${kind.type}`);
}

/**
 * Puts an object there without any check, as another writer with another way in would.
 *
 * @throws Error where the collection is none that the stand-in has, or the object has no name
 */
export function put(
  configuration: Configuration,
  version: string,
  collection: string,
  object: Plain,
): void {
  const tunnel = /^net\/fdb\/tunnel\/(~.+)\/records$/.exec(collection)?.[1];
  if (tunnel !== undefined) {
    putRecord(configuration, tunnel.replaceAll('~', '/'), object);
    return;
  }
  const kind = kindOf(collection);
  const partition = typeof object['partition'] === 'string' ? object['partition'] : null;
  const fields = normalised(kind, object, domainOf(configuration, partition));
  if (collection === 'net/fdb/tunnel') {
    const { fullPath } = identityOf(kind, fields['name'], partition, fields['subPath']);
    const of = recordsOf(fullPath);
    for (const old of configuration.all(of)) configuration.remove(of, old.fullPath);
    const records = Array.isArray(fields['records']) ? fields['records'].filter(isPlain) : [];
    for (const record of records) putRecord(configuration, fullPath, record);
    return;
  }
  const made = filled(configuration, version, kind, fields, null);
  const now = configuration.get(collection, made.fullPath);
  configuration.set(collection === 'net/tunnels/tunnel' ? numbered(made, now) : made);
}

/** A tunnel with its number as an interface, which it keeps. */
export function numbered(tunnel: Stored, before: Stored | null): Stored {
  const ifIndex = before?.fields['ifIndex'] ?? 16 * tunnel.generation;
  return { ...tunnel, fields: { ...tunnel.fields, ifIndex } };
}

function putRecord(configuration: Configuration, tunnel: string, object: Plain): void {
  const domain = domainOf(configuration, tunnel.split('/')[1] ?? null);
  configuration.set(recordFrom(configuration, tunnel, object, domain));
}

/** A record of a tunnel's FDB. Nulls and fields that it does not have are passed over. */
export function recordFrom(
  configuration: Configuration,
  tunnel: string,
  object: Plain,
  domain: number,
): Stored {
  const mac = String(object['name']).toLowerCase();
  const { endpoint, description } = object;
  const fields = without({
    endpoint: withoutDefault(endpoint ?? null, domain),
    description: description ?? null,
  });
  const place = { collection: recordsOf(tunnel), partition: null, subPath: null };
  return { ...place, name: mac, fullPath: mac, generation: configuration.next(), fields };
}
