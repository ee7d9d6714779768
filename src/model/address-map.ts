import {
  type AddressRange,
  type Family,
  formatSubnet,
  rangeOf,
  type Subnet,
  sizeOf,
  subnetContains,
} from './address.ts';
import { fitsRange, freeSubnets } from './allocation.ts';
import { bigipOf } from './bigip-lease.ts';
import { overlapping, sortedByAddress } from './lease-pairs.ts';
import { type AllocationRange, rangeAddresses } from './network-config.ts';
import type { Site } from './site.ts';
import { isNode, type LiveState } from './snapshot.ts';

/** What addresses are used for; `partly` is a block that holds node leases and free subnets. */
export type BlockKind = SpanKind | 'partly';

/** `conflict`: several hold it, or a node whose lease does not fit the network config. */
type SpanKind = 'conflict' | 'bigip' | 'reservation' | 'node' | 'free' | 'outside';

/** The first one that a block holds is the one that it shows. */
const MOST_IMPORTANT_FIRST: readonly SpanKind[] = [
  'conflict',
  'bigip',
  'reservation',
  'node',
  'free',
  'outside',
];

/** Who holds a subnet: a lease, or a BIG-IP that the site declares. */
export interface Holder {
  readonly kind: 'bigip' | 'reservation' | 'node';
  /** A BIG-IP's name; null when there is none. */
  readonly name: string | null;
  readonly subnet: Subnet;
  /** False for a BIG-IP of the site that has no lease. */
  readonly hasLease: boolean;
}

/** Neighbouring addresses of one use, both ends included. */
interface Span extends AddressRange {
  readonly kind: SpanKind;
}

/** One family's network as blocks of equal size, and what its legend says. */
export interface AddressMap {
  readonly range: AllocationRange;
  /** Subnets of `SubnetLen` in each block, a power of two. */
  readonly subnetsPerBlock: bigint;
  readonly blocks: readonly BlockKind[];
  readonly holders: readonly Holder[];
  /** Each holder with an earlier one that it overlaps. */
  readonly overlaps: readonly (readonly [Holder, Holder])[];
  /** Nodes that lose their subnet when their flanneld restarts. */
  readonly misfits: readonly Holder[];
  /** Leases that lie, wholly or in part, outside the network. */
  readonly strangers: readonly Holder[];
  /** Subnets of the allocation range that overlap no lease, of how many there are. */
  readonly left: { readonly free: bigint; readonly total: bigint };
}

/**
 * Maps one family of a network.
 *
 * @param maxBlocks a power of two, 4 or more: the finest map with at most so many blocks is made
 */
export function addressMap(
  range: AllocationRange,
  live: LiveState,
  site: Site | null,
  maxBlocks: number,
): AddressMap {
  const sorted = sortedByAddress(holdersOf(range.family, live, site), ({ subnet }) => subnet);
  const holders = sorted.map(({ one }) => one);
  const leased = holders.filter((holder) => holder.hasLease).map((holder) => holder.subnet);
  const total = sizeOf(range.family, range.network.length);
  const subnets = total / sizeOf(range.family, range.subnetLen);
  const blocks = subnets < BigInt(maxBlocks) ? subnets : BigInt(maxBlocks);
  return {
    range,
    subnetsPerBlock: subnets / blocks,
    blocks: blocksOf(spansOf(range, sorted), total / blocks),
    holders,
    overlaps: overlapping(holders, ({ subnet }) => subnet),
    misfits: holders.filter((holder) => isMisfit(holder, range)),
    strangers: holders.filter(({ subnet }) => !subnetContains(range.network, subnet)),
    left: freeSubnets(range, leased),
  };
}

/** Every subnet that is held in one family. */
function holdersOf(family: Family, live: LiveState, site: Site | null): Holder[] {
  const bigips = site?.bigips ?? [];
  const placed = new Set<string>();
  const leases = live.leases.flatMap((lease): Holder[] => {
    const subnet = family === 4 ? lease.subnet : lease.ipv6Subnet;
    if (subnet === null) return [];
    const bigip = bigipOf(lease, bigips);
    if (bigip) placed.add(bigip.name);
    const kind = bigip ? 'bigip' : isNode(lease) ? 'node' : 'reservation';
    return [{ kind, name: bigip?.name ?? null, subnet, hasLease: true }];
  });
  const declared = bigips.flatMap(({ name, ipv4, ipv6 }): Holder[] => {
    const subnet = family === 4 ? ipv4.subnet : ipv6?.subnet;
    if (subnet === undefined || placed.has(name)) return [];
    return [{ kind: 'bigip', name, subnet, hasLease: false }];
  });
  return [...leases, ...declared];
}

function isMisfit(holder: Holder, range: AllocationRange): boolean {
  return holder.kind === 'node' && !fitsRange(holder.subnet, range);
}

interface HeldRange {
  readonly one: Holder;
  readonly range: AddressRange;
}

/** The whole network, cut where the use of addresses changes; holders must be sorted. */
function spansOf(range: AllocationRange, holders: readonly HeldRange[]): Span[] {
  const network = rangeOf(range.network);
  const allocation = rangeAddresses(range);
  const spans: Span[] = [];
  /** Takes the addresses up to and with `last`, as far as nothing has taken them yet. */
  const fill = (last: bigint, kind: SpanKind) => {
    const first = (spans.at(-1)?.last ?? network.first - 1n) + 1n;
    const end = last < network.last ? last : network.last;
    if (first <= end) spans.push({ first, last: end, kind });
  };
  /** Up to and with `last`, where nobody holds anything. */
  const fillUnheld = (last: bigint) => {
    if (range.subnetMin <= range.subnetMax) {
      fill(last < allocation.first ? last : allocation.first - 1n, 'outside');
      fill(last < allocation.last ? last : allocation.last, 'free');
    }
    fill(last, 'outside');
  };
  const ownKind = ({ one }: HeldRange) => (isMisfit(one, range) ? 'conflict' : one.kind);
  // Subnets lie inside one another or apart: what begins before another one's end is inside it.
  let outer: HeldRange | undefined;
  for (const next of holders) {
    if (outer !== undefined && next.range.first <= outer.range.last) {
      fill(next.range.first - 1n, ownKind(outer));
      fill(next.range.last, 'conflict');
      continue;
    }
    if (outer !== undefined) fill(outer.range.last, ownKind(outer));
    fillUnheld(next.range.first - 1n);
    outer = next;
  }
  if (outer !== undefined) fill(outer.range.last, ownKind(outer));
  fillUnheld(network.last);
  return spans;
}

/** What each block of so many addresses shows. */
function blocksOf(spans: readonly Span[], blockSize: bigint): BlockKind[] {
  const blocks: BlockKind[] = [];
  const start = spans[0]?.first ?? 0n;
  let held = new Set<SpanKind>();
  for (const { first, last, kind } of spans) {
    for (let at = first; at <= last; ) {
      const end = start + (BigInt(blocks.length) + 1n) * blockSize - 1n;
      held.add(kind);
      if (end > last) break;
      blocks.push(shownKind(held));
      held = new Set();
      at = end + 1n;
    }
  }
  return blocks;
}

function shownKind(held: ReadonlySet<SpanKind>): BlockKind {
  const kind = MOST_IMPORTANT_FIRST.find((one) => held.has(one)) ?? 'outside';
  return kind === 'node' && held.has('free') ? 'partly' : kind;
}

/** How a holder is named in a sentence. */
export function holderText({ name, subnet }: Holder): string {
  return name === null ? formatSubnet(subnet) : `${name} ${formatSubnet(subnet)}`;
}
