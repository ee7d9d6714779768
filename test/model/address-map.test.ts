import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf, rangesOverlap } from '../../src/model/address.ts';
import {
  type AddressMap,
  addressMap,
  type BlockKind,
  holderText,
} from '../../src/model/address-map.ts';
import type { Site } from '../../src/model/site.ts';
import type { LiveState } from '../../src/model/snapshot.ts';
import {
  BIGIP_KEY,
  DUAL_BIGIP,
  DUAL_NETWORK,
  liveOf,
  node,
  RESERVATION,
  reservation,
  siteOf,
} from './snapshots.ts';

/** Sixteen subnets, of which 10.0.0.64/28 to 10.0.0.176/28 are handed out. */
const SMALL = {
  Network: '10.0.0.0/24',
  SubnetLen: 28,
  SubnetMin: '10.0.0.64',
  SubnetMax: '10.0.0.176',
  Backend: { Type: 'vxlan' },
};

const LETTERS: Record<BlockKind, string> = {
  conflict: 'X',
  bigip: 'B',
  reservation: 'R',
  node: '#',
  partly: '+',
  free: '-',
  outside: '.',
};

function mapOf(live: LiveState, site: Site | null = null, maxBlocks = 16, family: 4 | 6 = 4) {
  const range = family === 4 ? live.config?.ipv4 : live.config?.ipv6;
  if (range == null) throw new Error('no such network');
  const map = addressMap(range, live, site, maxBlocks);
  return { ...map, letters: map.blocks.map((kind) => LETTERS[kind]).join('') };
}

const small = (names: readonly string[], reserved: readonly string[] = []) =>
  liveOf({
    config: SMALL,
    leases: [
      ...names.map((name) => node(1, {}, name)),
      ...reserved.map((name) => reservation(name, RESERVATION)),
    ],
  });

describe('a block for each subnet', () => {
  it.each([
    ['nothing is held', small([]), '....--------....'],
    ['nodes hold some', small(['10.0.0.64-28', '10.0.0.176-28']), '....#------#....'],
    ['a reservation is as wide as two', small([], ['10.0.0.192-27']), '....--------RR..'],
    ['a reservation is narrower than one', small([], ['10.0.0.196-30']), '....--------R...'],
    ['two hold the same', small(['10.0.0.64-28'], ['10.0.0.64-28']), '....X-------....'],
    ['one lies inside another', small([], ['10.0.0.128-26', '10.0.0.160-28']), '....----RRXR....'],
    [
      'three lie inside one another',
      small([], ['10.0.0.0-25', '10.0.0.16-28', '10.0.0.20-30']),
      'RXRRRRRR----....',
    ],
    ['a node is outside the range', small(['10.0.0.0-28']), 'X...--------....'],
    ['a node has another length', small(['10.0.0.64-27']), '....XX------....'],
    ['a lease is outside the network', small([], ['10.0.1.0-28']), '....--------....'],
    ['a lease is wider than the network', small([], ['10.0.0.0-23']), 'RRRRRRRRRRRRRRRR'],
    ['a lease has host bits', small([], ['10.0.0.199-28']), '....--------R...'],
    ['a key cannot be read', small(['bigip']), '....--------....'],
    [
      'the range is reversed',
      liveOf({ config: { ...SMALL, SubnetMin: '10.0.0.176', SubnetMax: '10.0.0.64' } }),
      '................',
    ],
  ])('when %s', (_, live, letters) => {
    expect(mapOf(live).letters).toBe(letters);
  });
});

describe('a block for several subnets', () => {
  it.each([
    ['shows that part of it is free', small(['10.0.0.64-28']), '..+---..'],
    ['is full when all of it is held', small(['10.0.0.64-28', '10.0.0.80-28']), '..#---..'],
    ['shows a reservation before a node', small(['10.0.0.64-28'], ['10.0.0.80-28']), '..R---..'],
    ['shows a conflict before all else', small(['10.0.0.0-28'], ['10.0.0.16-28']), 'X.----..'],
  ])('%s', (_, live, letters) => {
    const map = mapOf(live, null, 8);
    expect([map.letters, map.subnetsPerBlock]).toEqual([letters, 2n]);
  });

  it('shows what may be handed out before what may not', () => {
    expect(mapOf(small([]), null, 2).letters).toBe('--');
    expect(mapOf(small([]), null, 4).letters).toBe('.--.');
  });
});

describe("a site's BIG-IPs", () => {
  const site = siteOf();
  const ours = reservation(BIGIP_KEY, RESERVATION);

  it.each([
    ['by its lease', [ours], true],
    ['as declared, when it has none yet', [], false],
  ])('is known %s', (_, leases, hasLease) => {
    const map = mapOf(liveOf({ leases }), site, 256);
    expect(map.blocks.flatMap((kind, i) => (kind === 'bigip' ? [i] : []))).toEqual([100]);
    expect(map.holders.map((one) => [holderText(one), one.hasLease])).toEqual([
      ['bigip-1 10.244.100.0/24', hasLease],
    ]);
  });

  it('is in conflict with a node that holds its subnet', () => {
    const map = mapOf(liveOf({ leases: [node(100)] }), site, 256);
    expect(map.blocks[100]).toBe('conflict');
    expect(map.overlaps.map((pair) => pair.map(holderText))).toEqual([
      ['bigip-1 10.244.100.0/24', '10.244.100.0/24'],
    ]);
  });

  it('counts as left what no lease holds: flanneld does not know the site file', () => {
    const map = mapOf(liveOf({ leases: [node(20), node(21)] }), site, 256);
    expect(map.left).toEqual({ free: 88n, total: 90n });
  });

  it('stands on the strip of its family', () => {
    const live = liveOf({ config: DUAL_NETWORK });
    const dual = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    const map = mapOf(live, dual, 1024, 6);
    expect([map.blocks.length, map.subnetsPerBlock]).toEqual([1024, 64n]);
    expect(map.holders.map(holderText)).toEqual(['bigip-1 fd00:10:244:64::/64']);
    expect(map.blocks.indexOf('bigip')).toBe(1);
  });
});

const START = 10n << 24n;

/** What one address of the small network is used for, found by asking every holder. */
function useOf(value: bigint, { holders, misfits }: AddressMap) {
  const at = { first: value, last: value };
  const [holder, another] = holders.filter((one) => rangesOverlap(rangeOf(one.subnet), at));
  if (another !== undefined) return 'conflict';
  if (holder !== undefined) return misfits.includes(holder) ? 'conflict' : holder.kind;
  return value >= START + 64n && value < START + 192n ? 'free' : 'outside';
}

describe('whatever is held', () => {
  const lease = fc.record({
    base: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: 24, max: 31 }),
    expires: fc.boolean(),
  });

  it('each address counts once, by who holds it', () => {
    fc.assert(
      fc.property(
        fc.array(lease, { maxLength: 8 }),
        fc.constantFrom(4, 8, 16),
        (leases, maxBlocks) => {
          const live = liveOf({
            config: SMALL,
            leases: leases.map(({ base, length, expires }) => ({
              ...reservation(`10.0.0.${base}-${length}`, RESERVATION),
              expires,
            })),
          });
          const map = mapOf(live, null, maxBlocks);
          const size = 256 / maxBlocks;
          const expected = Array.from({ length: maxBlocks }, (_, block) => {
            const held = new Set(
              Array.from({ length: size }, (_, i) => useOf(START + BigInt(block * size + i), map)),
            );
            const order = ['conflict', 'reservation', 'node', 'free', 'outside'] as const;
            const kind = order.find((one) => held.has(one));
            return kind === 'node' && held.has('free') ? 'partly' : kind;
          });
          expect(map.blocks).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
