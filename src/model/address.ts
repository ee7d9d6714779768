/**
 * IP addresses and subnets, read exactly as flannel reads them.
 *
 * flannel is written in Go: what counts as an address is decided by Go's `net.ParseIP` and
 * `net.ParseCIDR`. An address is a plain number (`bigint`) with its family, so that ranges, masks
 * and neighbours are ordinary arithmetic.
 */

export type Family = 4 | 6;

/** One IP address. `value` is the address as an unsigned integer of 32 (IPv4) or 128 bits (IPv6). */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A subnet: a base address and a prefix length in bits. The base may carry host bits. */
export interface Subnet {
  readonly family: Family;
  readonly base: bigint;
  readonly length: number;
}

/** An inclusive range of addresses of one family. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The number of bits in an address of the family: 32 or 128. */
export function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** Reads dotted-quad IPv4 text; null when Go's `net.ParseIP` refuses it (leading zeros included). */
export function parseIpv4(text: string): bigint | null {
  // Digit by digit, since every lease has two of them: splitting makes four texts of each.
  let value = 0;
  let octet = NO_DIGIT;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT && octet !== NO_DIGIT) {
      value = value * 256 + octet;
      octet = NO_DIGIT;
      dots += 1;
    } else {
      octet = withDigit(octet, code - ZERO);
      if (octet > 255) return null;
    }
  }
  return dots === 3 && octet !== NO_DIGIT ? BigInt(value * 256 + octet) : null;
}

const ZERO = 48;
const DOT = 46;
/** Of an octet that has not begun. */
const NO_DIGIT = -1;

/** An octet with one more digit; more than 255 when that cannot be, as behind a leading zero. */
function withDigit(octet: number, digit: number): number {
  if (digit < 0 || digit > 9 || octet === 0) return 256;
  return octet === NO_DIGIT ? digit : octet * 10 + digit;
}

function parseHexGroups(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  for (const group of text.split(':')) {
    if (!/^[\da-f]{1,4}$/i.test(group)) return null;
    groups.push(Number.parseInt(group, 16));
  }
  return groups;
}

/** Replaces a dotted-quad tail (`::ffff:10.0.0.1`) by two hexadecimal groups (RFC 4291, 2.2). */
function dottedTailToHex(text: string): string | null {
  const colon = text.lastIndexOf(':');
  const tail = text.slice(colon + 1);
  if (!tail.includes('.')) return text;
  const value = parseIpv4(tail);
  if (value === null || colon < 0) return null;
  return `${text.slice(0, colon + 1)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

/** Reads IPv6 text (RFC 4291) without zone; null when Go's `net.ParseIP` refuses it. */
export function parseIpv6(text: string): bigint | null {
  if (!text.includes(':')) return null;
  const plain = dottedTailToHex(text);
  if (plain === null) return null;
  const halves = plain.split('::');
  if (halves.length > 2) return null;
  const head = parseHexGroups(halves[0] ?? '');
  const tail = parseHexGroups(halves[1] ?? '');
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  // "::" stands for at least one group; without it all eight must be there.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  return [...head, ...Array<number>(missing).fill(0), ...tail].reduce(
    (value, group) => (value << 16n) | BigInt(group),
    0n,
  );
}

/** Reads an address of either family; null when it is none. */
export function parseAddress(text: string): Address | null {
  const v4 = parseIpv4(text);
  if (v4 !== null) return { family: 4, value: v4 };
  const v6 = parseIpv6(text);
  return v6 === null ? null : { family: 6, value: v6 };
}

/**
 * Reads CIDR text as Go's `net.ParseCIDR` does, host bits kept.
 * Returns null when it is no subnet.
 */
export function parseSubnet(text: string): Subnet | null {
  const slash = text.indexOf('/');
  if (slash < 0) return null;
  const address = parseAddress(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (address === null || !/^\d{1,7}$/.test(lengthText)) return null;
  const length = Number(lengthText);
  if (length > bitsOf(address.family)) return null;
  return { family: address.family, base: address.value, length };
}

const MAPPED_PREFIX = 0xffffn << 32n;

/**
 * The IPv4 address that Go's `IP.To4` makes of an address: itself, or the one inside an
 * IPv4-mapped IPv6 address; null for any other IPv6 address.
 */
export function toIpv4(address: Address): bigint | null {
  if (address.family === 4) return address.value;
  return address.value >> 32n === MAPPED_PREFIX >> 32n ? address.value & 0xffff_ffffn : null;
}

/** The IPv6 address that Go's `IP.To16` makes of an address: IPv4 becomes IPv4-mapped. */
export function toIpv6(address: Address): bigint {
  return address.family === 6 ? address.value : MAPPED_PREFIX | address.value;
}

function formatIpv4(value: bigint): string {
  const number = Number(value);
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/** The longest run of two or more zero groups, the first of equals (RFC 5952, 4.2). */
function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === '0') end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end - 1);
  }
  return best;
}

function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  const run = longestZeroRun(groups);
  if (run.start < 0) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

/** Canonical text of an address: dotted quad, or RFC 5952 for IPv6. */
export function formatAddress(family: Family, value: bigint): string {
  return family === 4 ? formatIpv4(value) : formatIpv6(value);
}

/** Canonical CIDR text of a subnet, host bits included. */
export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.family, subnet.base)}/${subnet.length}`;
}

/** How many addresses a prefix of this length holds. */
export function sizeOf(family: Family, length: number): bigint {
  return POWERS_OF_TWO[bitsOf(family) - length] ?? 0n;
}

/** Looked up for every comparison of subnets: making them anew would be most of its cost. */
const POWERS_OF_TWO: readonly bigint[] = Array.from({ length: 129 }, (_, i) => 1n << BigInt(i));

/** The subnet with its host bits cleared. */
export function withoutHostBits(subnet: Subnet): Subnet {
  const size = sizeOf(subnet.family, subnet.length);
  return { ...subnet, base: subnet.base - (subnet.base % size) };
}

/** Whether the base address has bits set behind the prefix. */
export function hasHostBits(subnet: Subnet): boolean {
  return subnet.base % sizeOf(subnet.family, subnet.length) !== 0n;
}

/** First and last address of a subnet, host bits disregarded. */
export function rangeOf(subnet: Subnet): AddressRange {
  const size = sizeOf(subnet.family, subnet.length);
  const first = subnet.base - (subnet.base % size);
  return { first, last: first + size - 1n };
}

/** Whether an address number lies in the subnet; the caller sees to equal families. */
export function contains(subnet: Subnet, value: bigint): boolean {
  const { first, last } = rangeOf(subnet);
  return value >= first && value <= last;
}

/** Whether two inclusive ranges share an address. */
export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Whether two subnets of one family share an address; never true across families. */
export function subnetsOverlap(a: Subnet, b: Subnet): boolean {
  return a.family === b.family && rangesOverlap(rangeOf(a), rangeOf(b));
}

/** Whether `inner` lies wholly inside `outer`. */
export function subnetContains(outer: Subnet, inner: Subnet): boolean {
  if (outer.family !== inner.family) return false;
  const [o, i] = [rangeOf(outer), rangeOf(inner)];
  return o.first <= i.first && i.last <= o.last;
}

/** Whether both are the same subnet: family, base and length. */
export function sameSubnet(a: Subnet, b: Subnet): boolean {
  return a.family === b.family && a.base === b.base && a.length === b.length;
}

/** Orders subnets by family, base, then length; for `Array.sort`. */
export function compareSubnets(a: Subnet, b: Subnet): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.base !== b.base) return a.base < b.base ? -1 : 1;
  return a.length - b.length;
}
