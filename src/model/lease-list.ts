import { compareSubnets, formatAddress, formatSubnet } from './address.ts';
import { isInRange } from './allocation.ts';
import { bigipOf } from './bigip-lease.ts';
import type { LiveFinding } from './finding.ts';
import { checkLeases } from './live-rules.ts';
import type { Site } from './site.ts';
import { isNode, type LiveLease, type LiveState } from './snapshot.ts';

/** One row of `list`. Null where a value is absent, unknown or unreadable. */
export interface ListedLease {
  readonly subnet: string | null;
  readonly ipv6Subnet: string | null;
  readonly publicIP: string | null;
  readonly publicIPv6: string | null;
  readonly backendType: string | null;
  readonly vtepMAC: string | null;
  readonly vtepMACv6: string | null;
  readonly vni: number | null;
  readonly expires: boolean | null;
  /** Seconds. */
  readonly ttl: number | null;
  readonly kind: 'bigip' | 'reservation' | 'node' | 'unreadable';
  readonly name: string | null;
  readonly inAllocationRange: boolean | null;
  readonly key: string;
  readonly problems: readonly LiveFinding[];
}

/** All leases, sorted by address, unreadable ones last; a site tells which are BIG-IPs. */
export function listLeases(
  live: LiveState,
  site: Site | null,
  ttls: ReadonlyMap<string, number>,
): ListedLease[] {
  const problems = checkLeases(live);
  // Plain numbers are compared much faster than addresses.
  const sorted = live.leases
    .map((lease) => ({
      lease,
      at: lease.subnet === null ? UNREADABLE_AT : Number(lease.subnet.base),
    }))
    .sort((a, b) => a.at - b.at || compareLeases(a.lease, b.lease));
  return sorted.map(({ lease }) => row(lease, live, site, problems, ttls));
}

/** Behind every address. */
const UNREADABLE_AT = Number.MAX_VALUE;

function compareLeases(a: LiveLease, b: LiveLease): number {
  if (a.subnet !== null && b.subnet !== null) return compareSubnets(a.subnet, b.subnet);
  return a.name < b.name ? -1 : 1;
}

function row(
  lease: LiveLease,
  live: LiveState,
  site: Site | null,
  problems: ReadonlyMap<string, readonly LiveFinding[]>,
  ttls: ReadonlyMap<string, number>,
): ListedLease {
  const { key } = lease.stored;
  const found = problems.get(key) ?? [];
  const { subnet, value } = lease;
  if (subnet === null || typeof value === 'string') return { ...UNREADABLE, key, problems: found };
  const bigip = bigipOf(lease, site?.bigips ?? []);
  const range = live.config?.ipv4;
  return {
    subnet: formatSubnet(subnet),
    ipv6Subnet: lease.ipv6Subnet === null ? null : formatSubnet(lease.ipv6Subnet),
    publicIP: value.publicIP === null ? null : formatAddress(4, value.publicIP),
    publicIPv6: value.publicIPv6 === null ? null : formatAddress(6, value.publicIPv6),
    backendType: value.backendType,
    vtepMAC: value.vtepMAC,
    vtepMACv6: value.vtepMACv6,
    vni: value.vni,
    expires: lease.stored.expires,
    ttl: ttls.get(key) ?? lease.stored.ttl,
    kind: bigip ? 'bigip' : isNode(lease) ? 'node' : 'reservation',
    name: bigip?.name ?? null,
    inAllocationRange: range ? isInRange(subnet, range) : null,
    key,
    problems: bigip && isNode(lease) ? [...found, expiring(key, bigip.name)] : found,
  };
}

function expiring(key: string, name: string): LiveFinding {
  const message = `the lease of ${name} expires and nothing renews it`;
  const fix = 'run apply, which takes the TTL off';
  return { rule: 'lease-expires', severity: 'warning', message, fix, key };
}

const UNREADABLE = {
  subnet: null,
  ipv6Subnet: null,
  publicIP: null,
  publicIPv6: null,
  backendType: null,
  vtepMAC: null,
  vtepMACv6: null,
  vni: null,
  expires: null,
  ttl: null,
  kind: 'unreadable',
  name: null,
  inAllocationRange: null,
} as const;
