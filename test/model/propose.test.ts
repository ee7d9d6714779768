import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatSubnet,
  parseAddress,
  parseSubnet,
  rangeOf,
  rangesOverlap,
  type Subnet,
  subnetContains,
} from '../../src/model/address.ts';
import { isInRange } from '../../src/model/allocation.ts';
import { type AllocationRange, rangeAddresses } from '../../src/model/network-config.ts';
import { proposeRange, proposeSelfIP, proposeSubnet } from '../../src/model/propose.ts';

/** 64 blocks of /26 in 10.0.0.0/20. */
const NETWORK: Subnet = { family: 4, base: 10n << 24n, length: 20 };
const SIZE = 64n;
const BLOCKS = 64;

function blockAt(n: number, length = 26): Subnet {
  return { family: 4, base: NETWORK.base + BigInt(n) * SIZE, length };
}

function rangeFrom(min: number, max: number): AllocationRange {
  const [subnetMin, subnetMax] = [blockAt(min).base, blockAt(max).base];
  return { family: 4, network: NETWORK, subnetLen: 26, subnetMin, subnetMax };
}

const block = fc.integer({ min: 1, max: BLOCKS - 1 });
const ranges = fc.tuple(block, block).map(([a, b]) => rangeFrom(Math.min(a, b), Math.max(a, b)));
const nodes = fc.uniqueArray(block, { maxLength: 12 }).map((list) => list.map((n) => blockAt(n)));
/** Subnets of any length, as hand-written reservations have them. */
const reservations = fc.array(
  fc.tuple(block, fc.integer({ min: 23, max: 28 })).map(([n, length]) => {
    const { first } = rangeOf(blockAt(n, length));
    return { family: 4, base: first, length } as Subnet;
  }),
  { maxLength: 6 },
);

function overlap(a: Subnet, b: Subnet): boolean {
  return rangesOverlap(rangeOf(a), rangeOf(b));
}

describe('the proposed subnet', () => {
  it('lies in the network, is not its first, and overlaps nothing taken', () => {
    fc.assert(
      fc.property(ranges, nodes, reservations, (range, held, reserved) => {
        const taken = [...held, ...reserved];
        const subnet = proposeSubnet(range, taken, held);
        if (subnet === null) return;
        expect(subnetContains(NETWORK, subnet)).toBe(true);
        expect(subnet.base).toBeGreaterThan(NETWORK.base);
        expect(taken.filter((one) => overlap(one, subnet))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('is the highest free one above the range, if there is one', () => {
    fc.assert(
      fc.property(ranges, nodes, reservations, (range, held, reserved) => {
        const taken = [...held, ...reserved];
        const free = Array.from({ length: BLOCKS }, (_, n) => blockAt(n))
          .filter((one) => one.base > range.subnetMax && one.base > NETWORK.base)
          .filter((one) => !taken.some((other) => overlap(other, one)));
        const subnet = proposeSubnet(range, taken, held);
        if (free.length > 0) expect(subnet).toEqual(free.at(-1));
        if (subnet !== null && free.length > 0) expect(isInRange(subnet, range)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('is none only where every subnet is taken', () => {
    fc.assert(
      fc.property(ranges, nodes, reservations, (range, held, reserved) => {
        const taken = [...held, ...reserved];
        const free = Array.from({ length: BLOCKS - 1 }, (_, n) => blockAt(n + 1)).filter(
          (one) => !taken.some((other) => overlap(other, one)),
        );
        expect(proposeSubnet(range, taken, held) === null).toBe(free.length === 0);
      }),
    );
    const all = Array.from({ length: BLOCKS - 1 }, (_, n) => blockAt(n + 1));
    expect(proposeSubnet(rangeFrom(1, BLOCKS - 1), all, [])).toBe(null);
  });

  it.each<[string, number[], number]>([
    ['the last one without nodes', [], 63],
    ['above all nodes', [5, 40], 63],
    ['below all nodes where the last one is held', [63, 20], 19],
    ['between them where both ends are held', [1, 63], 62],
  ])('of a range up to the end is %s', (_, held, expected) => {
    const subnets = held.map((n) => blockAt(n));
    const subnet = proposeSubnet(rangeFrom(1, 63), subnets, subnets);

    expect(subnet && formatSubnet(subnet)).toBe(formatSubnet(blockAt(expected)));
  });
});

describe('the proposed range', () => {
  it('leaves every BIG-IP out, keeps every node, and is part of the range', () => {
    fc.assert(
      fc.property(ranges, reservations, nodes, (range, bigips, held) => {
        const proposed = proposeRange(range, bigips, held);
        if (proposed === null) return;
        const next = { ...range, ...proposed };
        const whole = rangeAddresses(range);
        const part = rangeAddresses(next);
        expect(bigips.filter((one) => isInRange(one, next))).toEqual([]);
        const kept = held.filter((one) => isInRange(one, range));
        expect(kept.filter((one) => !isInRange(one, next))).toEqual([]);
        expect([part.first >= whole.first, part.last <= whole.last]).toEqual([true, true]);
        expect(next.subnetMin % SIZE).toBe(0n);
      }),
      { numRuns: 1000 },
    );
  });

  it('is none only where no part of the range would do', () => {
    fc.assert(
      fc.property(ranges, reservations, nodes, (range, bigips, held) => {
        const kept = held.filter((one) => isInRange(one, range));
        const [first, last] = [range.subnetMin, range.subnetMax];
        const bases = kept.map((one) => one.base).sort((a, b) => Number(a - b));
        // The narrowest range that keeps all nodes, or any single block where there is none.
        const candidates =
          bases.length > 0
            ? [{ ...range, subnetMin: bases[0] ?? first, subnetMax: bases.at(-1) ?? last }]
            : Array.from({ length: Number((last - first) / SIZE) + 1 }, (_, i) => {
                const base = first + BigInt(i) * SIZE;
                return { ...range, subnetMin: base, subnetMax: base };
              });
        const possible = candidates.some((one) => !bigips.some((bigip) => isInRange(bigip, one)));
        expect(proposeRange(range, bigips, held) !== null).toBe(possible);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the proposed self IP', () => {
  const address = (text: string) => {
    const parsed = parseAddress(text);
    if (parsed === null) throw new Error(text);
    return parsed;
  };
  const subnetOf = (text: string) => {
    const parsed = parseSubnet(text);
    if (parsed === null) throw new Error(text);
    return parsed;
  };

  it.each<[string, [string, string] | null, string | null]>([
    ['10.244.100.0/24', null, '10.244.100.1'],
    ['10.244.101.0/24', ['10.244.100.0/24', '10.244.100.10'], '10.244.101.10'],
    ['10.244.101.0/29', ['10.244.100.0/24', '10.244.100.10'], '10.244.101.1'],
    ['10.244.101.0/28', ['10.244.100.0/24', '10.244.100.15'], '10.244.101.1'],
    ['10.244.101.0/30', null, '10.244.101.1'],
    ['10.244.101.0/31', null, null],
    ['10.244.101.0/32', null, null],
    ['fd00:10:244:65::/64', ['fd00:10:244:64::/64', 'fd00:10:244:64::a'], 'fd00:10:244:65::a'],
    ['fd00:10:244:65::/127', null, 'fd00:10:244:65::1'],
  ])('of %s after %j is %s', (subnet, previous, expected) => {
    const like = previous && { subnet: subnetOf(previous[0]), selfIP: address(previous[1]) };
    const proposed = proposeSelfIP(subnetOf(subnet), like);

    expect(proposed && formatAddress(proposed.family, proposed.value)).toBe(expected);
  });
});
