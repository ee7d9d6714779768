/** What to propose where a person has to choose: subnets, allocation ranges, self IPs. */
import {
  type Address,
  type AddressRange,
  rangeOf,
  rangesOverlap,
  type Subnet,
  sizeOf,
} from './address.ts';
import { fitsRange } from './allocation.ts';
import type { AllocationRange } from './network-config.ts';
import { gapsBeside, rangeWithout } from './rules/bigip-range.ts';

/** Both ends of an allocation range. */
export type RangeEnds = Pick<AllocationRange, 'subnetMin' | 'subnetMax'>;

/**
 * A subnet for a BIG-IP that overlaps nothing taken: the highest one above the range. Where the
 * range reaches to the network's end, the highest one that leaves all nodes on one side, so that a
 * range can leave it out and keep them; else the highest of all.
 *
 * @param taken subnets of leases and of other BIG-IPs
 * @param nodes subnets of living nodes
 * @returns null when the network is full
 */
export function proposeSubnet(
  range: AllocationRange,
  taken: readonly Subnet[],
  nodes: readonly Subnet[],
): Subnet | null {
  const { family, subnetLen } = range;
  const size = sizeOf(family, subnetLen);
  const network = rangeOf(range.network);
  // The first subnet's address is the network's own.
  const lowest = network.first + size;
  const highest = network.last + 1n - size;
  const held = nodes.map(rangeOf);
  const aboveNodes = held.reduce((from, one) => max(from, blockAfter(one, size)), lowest);
  const belowNodes = held.reduce((to, one) => min(to, blockBefore(one, size)), highest);
  const free = (from: bigint, to: bigint) => highestFree(from, to, size, taken.map(rangeOf));
  const base =
    free(max(range.subnetMax + size, lowest), highest) ??
    free(aboveNodes, highest) ??
    free(lowest, belowNodes) ??
    free(lowest, highest);
  return base === null ? null : { family, base, length: subnetLen };
}

/** The highest base from `from` to `to` whose block overlaps nothing taken. */
function highestFree(
  from: bigint,
  to: bigint,
  size: bigint,
  taken: readonly AddressRange[],
): bigint | null {
  let base = to;
  for (const one of [...taken].sort((a, b) => (a.last > b.last ? -1 : 1))) {
    const overlaps = rangesOverlap(one, { first: base, last: base + size - 1n });
    if (overlaps) base = blockBefore(one, size);
  }
  return base >= from ? base : null;
}

function blockAfter({ last }: AddressRange, size: bigint): bigint {
  return last - (last % size) + size;
}

function blockBefore({ first }: AddressRange, size: bigint): bigint {
  return first - (first % size) - size;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * A part of the range that leaves every BIG-IP's subnet out and keeps every living node that the
 * range keeps; null when no single range does both.
 */
export function proposeRange(
  range: AllocationRange,
  bigips: readonly Subnet[],
  nodes: readonly Subnet[],
): RangeEnds | null {
  const kept = nodes.filter((node) => fitsRange(node, range));
  if (kept.length === 0) return rangeWithout(bigips, range);
  const holdsAll = (gap: RangeEnds) =>
    kept.every(({ base }) => base >= gap.subnetMin && base <= gap.subnetMax);
  return gapsBeside(bigips, range).find(holdsAll) ?? null;
}

/** A BIG-IP's subnet of one family with its self IP. */
interface SelfIP {
  readonly subnet: Subnet;
  readonly selfIP: Address;
}

/**
 * A self IP for a BIG-IP: as far into its subnet as the previous BIG-IP's is, else the first
 * address behind the one that flannel uses for the VTEP. Null when the subnet has no room for one.
 */
export function proposeSelfIP(subnet: Subnet, previous: SelfIP | null): Address | null {
  const { first, last } = rangeOf(subnet);
  // The last address of an IPv4 subnet is its broadcast address.
  const end = subnet.family === 4 ? last - 1n : last;
  if (first + 1n > end) return null;
  const like = previous ? first + previous.selfIP.value - rangeOf(previous.subnet).first : first;
  return { family: subnet.family, value: like > first && like <= end ? like : first + 1n };
}
