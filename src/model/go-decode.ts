/**
 * Go's encoding/json, as far as it decides what flannel makes of a network config: which key goes
 * into which field, and what a field of a type takes.
 */
import {
  parseAddress,
  parseSubnet,
  type Subnet,
  toIpv4,
  toIpv6,
  withoutHostBits,
} from './address.ts';
import type { ObjectEntry, SourceNode } from './source.ts';

/** Field types of flannel's structs; `any` takes every value. */
export type GoType =
  | 'uint'
  | 'int'
  | 'bool'
  | 'string'
  | 'ipv4'
  | 'ipv6'
  | 'ipv4net'
  | 'ipv6net'
  | 'any';

/** What each type decodes to; addresses are numbers, networks have their host bits cleared. */
export interface GoValues {
  uint: bigint;
  int: bigint;
  bool: boolean;
  string: string;
  ipv4: bigint;
  ipv6: bigint;
  ipv4net: Subnet;
  ipv6net: Subnet;
  any: SourceNode;
}

/**
 * A key as Go compares it when no field has exactly that name: case folded, and with the one
 * character that folds to `s` beside its capital (U+017F).
 */
export function foldKey(key: string): string {
  const lower = key.toLowerCase();
  return lower.includes('\u017f') ? lower.replaceAll('\u017f', 's') : lower;
}

/** What became of one entry: a value, nothing (null leaves the default), or Go's objection. */
type Decoded<T extends GoType> =
  | { readonly value: GoValues[T] }
  | { readonly left: true }
  | { readonly objection: string; readonly crash?: true };

type Decoders = { [T in GoType]: (node: SourceNode) => Decoded<T> };

const LEFT = { left: true } as const;

/** flannel's address types see the raw JSON text with the quotes trimmed, escapes untouched. */
function unquoted(node: SourceNode): string {
  return node.raw.replace(/^"+|"+$/g, '');
}

/** Digits of the largest number of 64 bits, and its sign. */
const LONGEST_INTEGER = 21;

function integer(node: SourceNode, pattern: RegExp, min: bigint, max: bigint): Decoded<'int'> {
  if (node.kind === 'null') return LEFT;
  if (node.kind !== 'number' || !pattern.test(node.raw)) {
    return { objection: `must be a plain whole number, not ${shorten(node.raw)}` };
  }
  // Very many digits take long to read, and fit no less badly.
  const value = node.raw.length > LONGEST_INTEGER ? null : BigInt(node.raw);
  return value === null || value < min || value > max
    ? { objection: `${shorten(node.raw)} does not fit into 64 bits` }
    : { value };
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

const NO_ADDRESS = (node: SourceNode) => ({
  objection: `${shorten(node.raw)} is not an IP address`,
});
const NO_NETWORK = (node: SourceNode) => ({
  objection: `${shorten(node.raw)} is not a network in CIDR notation`,
});

const decoders: Decoders = {
  uint: (node) => integer(node, /^\d+$/, 0n, 2n ** 64n - 1n),
  int: (node) => integer(node, /^-?\d+$/, -(2n ** 63n), 2n ** 63n - 1n),
  bool: (node) => {
    if (node.kind === 'null') return LEFT;
    if (node.kind === 'boolean') return { value: node.value === true };
    return { objection: `must be true or false, not ${shorten(node.raw)}` };
  },
  string: (node) => {
    if (node.kind === 'null') return LEFT;
    if (node.kind === 'string') return { value: String(node.value) };
    return { objection: `must be text, not ${shorten(node.raw)}` };
  },
  ipv4: (node) => {
    const address = parseAddress(unquoted(node));
    if (address === null) return NO_ADDRESS(node);
    const value = toIpv4(address);
    return value === null
      ? { objection: `${node.raw} is an IPv6 address where IPv4 is meant`, crash: true }
      : { value };
  },
  ipv6: (node) => {
    // The field is a pointer in flannel: null sets it to nil, which means the default.
    if (node.kind === 'null') return LEFT;
    const address = parseAddress(unquoted(node));
    return address === null ? NO_ADDRESS(node) : { value: toIpv6(address) };
  },
  ipv4net: (node) => {
    const subnet = parseSubnet(unquoted(node));
    if (subnet === null) return NO_NETWORK(node);
    if (subnet.family === 4) return { value: withoutHostBits(subnet) };
    const mapped = toIpv4({ family: 6, value: withoutHostBits(subnet).base });
    return mapped === null
      ? { objection: `${node.raw} is an IPv6 network where IPv4 is meant`, crash: true }
      : { objection: `${node.raw} is too small: flannel reads its length as that of IPv4` };
  },
  ipv6net: (node) => {
    const subnet = parseSubnet(unquoted(node));
    if (subnet === null) return NO_NETWORK(node);
    if (subnet.family === 6) return { value: withoutHostBits(subnet) };
    // flannel goes on with ::ffff:a.b.c.d and the short length: kept, for the rules to refuse.
    const { base, length } = withoutHostBits(subnet);
    return { value: { family: 6, base: toIpv6({ family: 4, value: base }), length } };
  },
  any: (node) => ({ value: node }),
};

/** One entry of the JSON object that goes into a field. */
export interface FieldEntry<T extends GoType = GoType> {
  readonly entry: ObjectEntry;
  readonly value: GoValues[T] | undefined;
  readonly objection: string | undefined;
  /** Whether flannel does not refuse the value but crashes on it. */
  readonly crash: boolean;
}

type Fields<S extends Record<string, GoType>> = {
  readonly [K in keyof S]: readonly FieldEntry<S[K]>[];
};

/** A struct's fields as decoded, every entry kept in order, and the entries no field takes. */
export interface DecodedStruct<S extends Record<string, GoType>> {
  readonly fields: Fields<S>;
  readonly unknown: readonly ObjectEntry[];
}

/** Names by their folded form: thousands of documents are decoded with the same few lists. */
const foldedLists = new WeakMap<object, ReadonlyMap<string, string>>();

/** The names of a constant list (or the keys of a constant struct) by their folded form. */
export function foldedNames(
  constant: readonly string[] | Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const known = foldedLists.get(constant);
  if (known) return known;
  const list: readonly string[] = Array.isArray(constant) ? constant : Object.keys(constant);
  const names = new Map(list.map((name) => [foldKey(name), name]));
  foldedLists.set(constant, names);
  return names;
}

/** Distributes the entries of a JSON object over a struct's fields. */
export function decodeStruct<const S extends Record<string, GoType>>(
  entries: readonly ObjectEntry[],
  struct: S,
): DecodedStruct<S> {
  const names = foldedNames(struct);
  const fields: Record<string, FieldEntry[]> = Object.fromEntries(
    Object.keys(struct).map((name) => [name, []]),
  );
  const unknown: ObjectEntry[] = [];
  for (const entry of entries) {
    const name = names.get(foldKey(entry.key));
    const type = name === undefined ? undefined : struct[name];
    if (name === undefined || type === undefined) {
      unknown.push(entry);
      continue;
    }
    const decoded = decoders[type](entry.value);
    fields[name]?.push({
      entry,
      value: 'value' in decoded ? decoded.value : undefined,
      objection: 'objection' in decoded ? decoded.objection : undefined,
      crash: 'crash' in decoded,
    });
  }
  return { fields: fields as unknown as Fields<S>, unknown };
}

/** The value that stays in a field: the last one that was set; null entries set nothing. */
export function finalValue<T extends GoType>(
  entries: readonly FieldEntry<T>[],
): GoValues[T] | undefined {
  return entries.findLast((entry) => entry.value !== undefined)?.value;
}
