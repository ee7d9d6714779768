import { rangeOf, rangesOverlap, type Subnet, sizeOf } from './address.ts';
import {
  type AllocationRange,
  type NetworkConfig,
  rangeAddresses,
  rangeCapacity,
} from './network-config.ts';
import type { LiveLease } from './snapshot.ts';

/**
 * Whether a node keeps its subnet under a config when its flanneld restarts: right length, base
 * inside `SubnetMin..SubnetMax`, and both families where the network has both (flannel's
 * `isSubnetConfigCompat`).
 */
export function keepsSubnet(lease: LiveLease, config: NetworkConfig): boolean {
  if (config.ipv4 !== null && !fitsRange(lease.subnet, config.ipv4)) return false;
  return config.ipv6 === null || fitsRange(lease.ipv6Subnet, config.ipv6);
}

/** Whether a node's subnet is one that flannel hands out under the range. */
export function fitsRange(subnet: Subnet | null, range: AllocationRange): boolean {
  return (
    subnet !== null &&
    subnet.length === range.subnetLen &&
    subnet.base >= range.subnetMin &&
    subnet.base <= range.subnetMax
  );
}

/** Whether any address of the subnet may be handed out under the range. */
export function isInRange(subnet: Subnet, range: AllocationRange): boolean {
  if (subnet.family !== range.family || range.subnetMin > range.subnetMax) return false;
  // Nearly every lease is one that flannel handed out, of which two comparisons tell.
  if (fitsRange(subnet, range)) return true;
  return rangesOverlap(rangeOf(subnet), rangeAddresses(range));
}

/** How many subnets of the range overlap no lease, of how many there are. */
export function freeSubnets(
  range: AllocationRange,
  subnets: readonly Subnet[],
): { readonly free: bigint; readonly total: bigint } {
  const total = rangeCapacity(range);
  const size = sizeOf(range.family, range.subnetLen);
  const { first, last } = rangeAddresses(range);
  let taken = 0n;
  let next = first;
  const sorted = subnets
    .filter((subnet) => isInRange(subnet, range))
    .map(rangeOf)
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const one of sorted) {
    const from = one.first > next ? one.first - (one.first % size) : next;
    let to = one.last;
    if (to > last) to = last;
    to -= to % size;
    if (to < from) continue;
    taken += (to - from) / size + 1n;
    next = to + size;
  }
  return { free: total - taken, total };
}
