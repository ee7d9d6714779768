import { formatAddress, parseIpv4, parseIpv6, type Subnet } from './address.ts';
import type { FlannelVersion } from './network-config.ts';

/** The subnets a key under `subnets/` names. */
export interface LeaseKey {
  /** Host bits are kept, as flannel keeps them. */
  readonly subnet: Subnet;
  readonly ipv6Subnet: Subnet | null;
}

/**
 * flannel's `\d+\.\d+.\d+.\d+`, whose dots without backslash take any character. Go's patterns
 * take time in proportion to the key; here one of a thousand digits would take for ever. So what
 * those two dots take is told apart (a character that is no digit, or a digit), in the order in
 * which Go prefers it, and a match begins where a number begins.
 */
const IPV4 = String.raw`(?<!\d)(\d+\.(?:\d+[^\d\n]\d+[^\d\n]\d+|\d+[^\d\n]\d{3,}|\d{3,}[^\d\n]\d+|\d{5,}))-(\d+)`;

/**
 * What each version looks for. v0.12 takes a match anywhere in the key, v0.20 only one at its end,
 * with an IPv6 half that it may or may not have (the `subnet` packages' regular expressions).
 */
const PATTERNS: Record<FlannelVersion, RegExp> = {
  'v0.12.0': new RegExp(IPV4),
  'v0.20.0': new RegExp(`${IPV4}(?:&([\\da-f:]+)-(\\d+))?$`),
};

/** Go's `ParseUint(text, 10, bits)`: a number that fits, or null. */
function smallNumber(text: string, bits: number): number | null {
  const value = Number(text);
  return value < 2 ** bits ? value : null;
}

/**
 * Reads a subnet key (or a whole path that ends in one) as one flannel version does; null when
 * that version cannot read it. Lengths are 5 bits for IPv4 and 7 for IPv6, so /32 and /128 fail.
 */
export function parseLeaseKey(key: string, version: FlannelVersion): LeaseKey | null {
  const plain = parsePlainKey(key);
  if (plain !== null) return plain;
  const match = PATTERNS[version].exec(key);
  if (match === null) return null;
  const [, v4Text = '', v4Length = '', v6Text, v6Length = ''] = match;
  const subnet = half(4, parseIpv4(v4Text), smallNumber(v4Length, 5));
  if (subnet === null) return null;
  if (v6Text === undefined) return { subnet, ipv6Subnet: null };
  const ipv6Subnet = half(6, parseIpv6(v6Text), smallNumber(v6Length, 7));
  return ipv6Subnet === null ? null : { subnet, ipv6Subnet };
}

/** The keys of nearly all leases, which both patterns read alike but take long to find; null for others. */
function parsePlainKey(key: string): LeaseKey | null {
  const dash = key.indexOf('-');
  const lengthText = key.slice(dash + 1);
  if (dash < 0 || !/^\d{1,2}$/.test(lengthText)) return null;
  const subnet = half(4, parseIpv4(key.slice(0, dash)), smallNumber(lengthText, 5));
  return subnet && { subnet, ipv6Subnet: null };
}

function half(family: 4 | 6, base: bigint | null, length: number | null): Subnet | null {
  return base === null || length === null ? null : { family, base, length };
}

/** The key flannel makes for a lease: `10.244.100.0-24`, with `&IPv6-LENGTH` in dual-stack. */
export function formatLeaseKey({ subnet, ipv6Subnet }: LeaseKey): string {
  const text = (one: Subnet) => `${formatAddress(one.family, one.base)}-${one.length}`;
  return ipv6Subnet === null ? text(subnet) : `${text(subnet)}&${text(ipv6Subnet)}`;
}
