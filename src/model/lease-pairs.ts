import { type AddressRange, rangeOf, type Subnet, subnetsOverlap } from './address.ts';
import type { KeylessFinding } from './finding.ts';
import type { LeaseValue } from './lease-value.ts';
import type { LiveLease } from './snapshot.ts';

/** What leases do to one another: subnets that overlap, addresses and MACs that two have. */
export function checkLeasePairs(leases: readonly LiveLease[]): [LiveLease, KeylessFinding][] {
  const readable = leases.filter((lease) => lease.subnet !== null);
  // By lease: one that overlaps in both families is told once.
  const overlaps = new Map([
    ...overlapping(readable, (lease) => lease.subnet),
    ...overlapping(readable, (lease) => lease.ipv6Subnet),
  ]);
  return [
    ...[...overlaps].map(([lease, other]): [LiveLease, KeylessFinding] => [
      lease,
      {
        rule: 'subnets-overlap',
        severity: 'warning',
        message: `${lease.name} overlaps ${other.name}: of two routes to one address only one is right`,
      },
    ]),
    ...sharing(readable, 'public-ip-shared', 'public IP', (value) => value.publicIP),
    ...sharing(readable, 'public-ip-shared', 'public IPv6', (value) => value.publicIPv6),
    ...sharing(readable, 'vtep-mac-shared', 'VTEP MAC', (value) => value.vtepMAC),
    ...sharing(readable, 'vtep-mac-shared', 'IPv6 VTEP MAC', (value) => value.vtepMACv6),
  ];
}

/** Each one with an earlier one (by address) whose subnet it overlaps. */
export function overlapping<T>(
  all: readonly T[],
  subnetOf: (one: T) => Subnet | null,
): (readonly [T, T])[] {
  const pairs: (readonly [T, T])[] = [];
  let widest: { readonly one: T; readonly range: AddressRange } | undefined;
  for (const next of sortedByAddress(all, subnetOf)) {
    if (widest !== undefined && next.range.first <= widest.range.last) {
      pairs.push([next.one, widest.one]);
    } else {
      widest = next;
    }
  }
  return pairs;
}

/** Those with a subnet by its first address; of subnets that begin together the wider comes first. */
export function sortedByAddress<T>(
  all: readonly T[],
  subnetOf: (one: T) => Subnet | null,
): { readonly one: T; readonly range: AddressRange }[] {
  const found: { readonly one: T; readonly range: AddressRange; readonly at: number }[] = [];
  for (const one of all) {
    const subnet = subnetOf(one);
    if (subnet === null) continue;
    const range = rangeOf(subnet);
    found.push({ one, range, at: Number(range.first) });
  }
  // Plain numbers are compared much faster. Addresses of IPv6 are rounded, but their order is never turned round.
  return found.sort((a, b) => a.at - b.at || wideFirst(a.range, b.range));
}

function wideFirst(a: AddressRange, b: AddressRange): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  if (a.last === b.last) return 0;
  return a.last > b.last ? -1 : 1;
}

function sharing<T>(
  leases: readonly LiveLease[],
  rule: KeylessFinding['rule'],
  what: string,
  pick: (value: LeaseValue) => T | null,
): [LiveLease, KeylessFinding][] {
  const first = new Map<T, LiveLease>();
  const found: [LiveLease, KeylessFinding][] = [];
  for (const lease of leases) {
    const value = typeof lease.value === 'string' ? null : pick(lease.value);
    if (value === null) continue;
    const other = first.get(value);
    if (other === undefined) {
      first.set(value, lease);
      continue;
    }
    const message = `${lease.name} and ${other.name} have the same ${what}`;
    found.push([lease, { rule, severity: 'warning', message }]);
  }
  return found;
}

/** Whether two leases have addresses of either family in common. */
export function shareAddresses(a: LiveLease, b: LiveLease): boolean {
  const meet = (one: Subnet | null, other: Subnet | null) =>
    one !== null && other !== null && subnetsOverlap(one, other);
  return meet(a.subnet, b.subnet) || meet(a.ipv6Subnet, b.ipv6Subnet);
}
