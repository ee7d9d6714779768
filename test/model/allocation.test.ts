import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSubnet, rangeOf, rangesOverlap, type Subnet } from '../../src/model/address.ts';
import { freeSubnets, isInRange, keepsSubnet } from '../../src/model/allocation.ts';
import { nodesOf } from '../../src/model/bigip-lease.ts';
import type { AllocationRange } from '../../src/model/network-config.ts';
import { subnetOf } from './addresses.ts';
import {
  DUAL_NETWORK,
  liveOf,
  NETWORK,
  node,
  RESERVATION,
  reservation,
  siteOf,
} from './snapshots.ts';

const network: Subnet = { family: 4, base: 10n << 24n, length: 20 };

/** Up to 64 subnets of /26 in 10.0.0.0/20. */
const ranges = fc.tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 63 })).map(
  ([min, max]): AllocationRange => ({
    family: 4,
    network,
    subnetLen: 26,
    subnetMin: network.base + BigInt(min) * 64n,
    subnetMax: network.base + BigInt(max) * 64n,
  }),
);

const leases = fc.array(
  fc
    .record({
      base: fc.integer({ min: -512, max: 5000 }),
      length: fc.integer({ min: 21, max: 30 }),
    })
    .map(({ base, length }): Subnet => ({ family: 4, base: network.base + BigInt(base), length })),
  { maxLength: 12 },
);

function blocksOf(range: AllocationRange) {
  const count = Math.max(0, Number((range.subnetMax - range.subnetMin) / 64n) + 1);
  return Array.from({ length: count }, (_, i) => {
    const first = range.subnetMin + BigInt(i) * 64n;
    return { first, last: first + 63n };
  });
}

describe('the allocation range', () => {
  it('has as many free subnets as one counts block by block', () => {
    fc.assert(
      fc.property(ranges, leases, (range, subnets) => {
        const blocks = blocksOf(range);
        const free = blocks.filter(
          (block) => !subnets.some((subnet) => rangesOverlap(rangeOf(subnet), block)),
        );
        expect(freeSubnets(range, subnets)).toEqual({
          free: BigInt(free.length),
          total: BigInt(blocks.length),
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('hands out a subnet exactly when one of its blocks overlaps it', () => {
    fc.assert(
      fc.property(ranges, leases, (range, subnets) => {
        const blocks = blocksOf(range);
        expect(subnets.map((subnet) => isInRange(subnet, range))).toEqual(
          subnets.map((subnet) => blocks.some((block) => rangesOverlap(rangeOf(subnet), block))),
        );
      }),
    );
  });

  it('never hands out a subnet of the other family', () => {
    fc.assert(
      fc.property(ranges, subnetOf(6, { min: 0, max: 127 }), (range, subnet) => {
        expect(isInRange(subnet, range)).toBe(false);
      }),
    );
  });
});

describe('a node whose flanneld restarts', () => {
  const { config } = siteOf().network;
  const dual = siteOf({ network: DUAL_NETWORK, bigips: [] }).network.config;

  it.each([
    ['10.244.10.0-24', true],
    ['10.244.99.0-24', true],
    ['10.244.9.0-24', false],
    ['10.244.100.0-24', false],
    ['10.244.50.0-25', false],
    ['10.244.50.0-23', false],
    ['bigip', false],
  ])('keeps %s: %s', (name, keeps) => {
    const [lease] = liveOf({ leases: [node(50, {}, name)] }).leases;
    expect(lease && keepsSubnet(lease, config)).toBe(keeps);
  });

  it.each([
    ['10.244.50.0-24&fd00:10:244:32::-64', true],
    ['10.244.50.0-24&fd00:10:244:64::-64', false],
    ['10.244.50.0-24&fd00:10:244:32::-65', false],
    ['10.244.50.0-24', false],
    ['10.244.100.0-24&fd00:10:244:32::-64', false],
  ])('keeps %s in a dual-stack network: %s', (name, keeps) => {
    const [lease] = liveOf({ config: DUAL_NETWORK, leases: [node(50, {}, name)] }).leases;
    expect(lease && keepsSubnet(lease, dual)).toBe(keeps);
  });
});

describe('the nodes among the leases', () => {
  it('are those that expire', () => {
    const { leases: live } = liveOf({
      config: NETWORK,
      leases: [node(20), reservation('10.244.100.0-24', RESERVATION), node(30)],
    });
    expect(nodesOf(live, []).map(({ subnet }) => subnet && formatSubnet(subnet))).toEqual([
      '10.244.20.0/24',
      '10.244.30.0/24',
    ]);
  });
});
