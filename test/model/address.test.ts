import fc from 'fast-check';
import { IPv4, IPv4CidrRange, IPv6, IPv6CidrRange } from 'ip-num';
import { describe, expect, it } from 'vitest';
import {
  compareSubnets,
  contains,
  type Family,
  formatAddress,
  formatSubnet,
  hasHostBits,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parseSubnet,
  rangeOf,
  type Subnet,
  sameSubnet,
  sizeOf,
  subnetContains,
  subnetsOverlap,
  toIpv4,
  toIpv6,
  withoutHostBits,
} from '../../src/model/address.ts';
import { ipv4Value, ipv6Value, subnetOf } from './addresses.ts';

const dotted = (value: bigint) => IPv4.fromNumber(value).toString();
const groupsOf = (value: bigint) =>
  value
    .toString(16)
    .padStart(32, '0')
    .match(/.{4}/g)
    ?.map((group) => group) ?? [];

/** Spellings of one IPv6 address; `run` picks where a stretch of zero groups is left out. */
function spellings(value: bigint): string[] {
  const full = groupsOf(value);
  const short = full.map((group) => group.replace(/^0{1,3}/, ''));
  const head = short.slice(0, 6).join(':');
  const compressed = Array.from({ length: 8 }, (_, start) => start).flatMap((start) => {
    let end = start;
    while (short[end] === '0') end++;
    return end === start
      ? []
      : [`${short.slice(0, start).join(':')}::${short.slice(end).join(':')}`];
  });
  return [
    full.join(':'),
    short.join(':'),
    full.join(':').toUpperCase(),
    `${head}:${dotted(value & 0xffff_ffffn)}`,
    ...compressed,
  ];
}

describe('an IPv4 address', () => {
  it('is read and written as ip-num does', () => {
    fc.assert(
      fc.property(ipv4Value, (value) => {
        expect(parseIpv4(dotted(value))).toBe(value);
        expect(formatAddress(4, value)).toBe(dotted(value));
      }),
    );
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.04',
    '01.2.3.4',
    '1.2.3.',
    '.1.2.3',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1.2.3.+4',
    '0x1.2.3.4',
    '1.2.3.4e0',
    '١.2.3.4',
    '1..2.3',
  ])('is not %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });
});

describe('an IPv6 address', () => {
  it('is read from every spelling as ip-num reads the full one', () => {
    fc.assert(
      fc.property(ipv6Value, (value) => {
        const oracle = IPv6.fromString(groupsOf(value).join(':')).getValue();
        expect(spellings(value).map(parseIpv6)).toEqual(spellings(value).map(() => oracle));
      }),
    );
  });

  it('is written in the canonical form of RFC 5952, which the URL parser of Node knows too', () => {
    fc.assert(
      fc.property(ipv6Value, (value) => {
        const text = groupsOf(value).join(':');
        expect(`[${formatAddress(6, value)}]`).toBe(new URL(`http://[${text}]`).hostname);
      }),
    );
  });

  it.each([
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['1:2:3:4:5:6:7::', 0x0001_0002_0003_0004_0005_0006_0007_0000n],
    ['::2:3:4:5:6:7:8', 0x0000_0002_0003_0004_0005_0006_0007_0008n],
    ['::ffff:10.1.10.245', 0xffff_0a01_0af5n],
    ['64:ff9b::192.0.2.33', 0x0064_ff9b_0000_0000_0000_0000_c000_0221n],
    ['FD00:10:244:64::', 0xfd00_0010_0244_0064_0000_0000_0000_0000n],
  ])('%s is %s', (text, value) => {
    expect(parseAddress(text)).toEqual({ family: 6, value });
  });

  it.each([
    ':',
    ':::',
    '1',
    '1:2',
    '::1::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    ':1::2',
    '1::2:',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::01.2.3.4',
    '[::1]',
    '::1 ',
  ])('is not %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('is taken for IPv4 exactly where Go does: IPv4-mapped', () => {
    fc.assert(
      fc.property(ipv4Value, (value) => {
        const mapped = toIpv6({ family: 4, value });
        expect(formatAddress(6, mapped).startsWith('::ffff:')).toBe(true);
        expect([
          toIpv4({ family: 4, value }),
          toIpv4({ family: 6, value: mapped }),
          toIpv4({ family: 6, value }),
          toIpv6({ family: 6, value: mapped }),
        ]).toEqual([value, value, null, mapped]);
      }),
    );
  });
});

/** What ip-num says of a subnet; it clears host bits by itself. */
function oracle(subnet: Subnet): IPv4CidrRange | IPv6CidrRange {
  const text = formatSubnet(subnet);
  return subnet.family === 4 ? IPv4CidrRange.fromCidr(text) : IPv6CidrRange.fromCidr(text);
}

function inOracle(subnet: Subnet, value: bigint): boolean {
  const range = oracle(subnet);
  return range instanceof IPv4CidrRange
    ? range.contains(IPv4.fromNumber(value))
    : range.contains(IPv6.fromBigInt(value));
}

function overlapInOracle(a: Subnet, b: Subnet): boolean {
  const [first, second] = [oracle(a), oracle(b)];
  const [low, high] =
    first.getFirst().getValue() <= second.getFirst().getValue() ? [first, second] : [second, first];
  return high.getFirst().getValue() <= low.getLast().getValue();
}

describe.each([
  [4, ipv4Value, { min: 0, max: 32 }],
  [6, ipv6Value, { min: 0, max: 128 }],
] as const)('a subnet of IPv%i', (family: Family, address, lengths) => {
  const subnet = subnetOf(family, lengths);
  /** Two subnets that often nest, touch or overlap. */
  const neighbours = fc
    .tuple(subnet, fc.integer(lengths), fc.bigInt({ min: -2n, max: 2n }))
    .map(([one, length, steps]): [Subnet, Subnet] => {
      const whole = sizeOf(family, 0);
      const base = (one.base + steps * sizeOf(family, one.length) + whole * 2n) % whole;
      return [one, { family, base, length }];
    });

  it('is read from its text, host bits kept', () => {
    fc.assert(
      fc.property(subnet, (one) => {
        expect(parseSubnet(formatSubnet(one))).toEqual(one);
      }),
    );
  });

  it('begins and ends where ip-num says', () => {
    fc.assert(
      fc.property(subnet, (one) => {
        const range = oracle(one);
        const [first, last] = [range.getFirst().getValue(), range.getLast().getValue()];
        expect(rangeOf(one)).toEqual({ first, last });
        expect(withoutHostBits(one)).toEqual({ ...one, base: first });
        expect(hasHostBits(one)).toBe(one.base !== first);
        expect(sizeOf(family, one.length)).toBe(range.getSize());
      }),
    );
  });

  it('contains what ip-num says, its two ends and nothing beside them included', () => {
    fc.assert(
      fc.property(subnet, address, (one, other) => {
        const { first, last } = rangeOf(one);
        const beside = [first - 1n, last + 1n].filter((v) => v >= 0n && v < sizeOf(family, 0));
        const probes = [other, first, last, ...beside];
        expect(probes.map((value) => contains(one, value))).toEqual(
          probes.map((value) => inOracle(one, value)),
        );
      }),
    );
  });

  it('overlaps and contains other subnets as ip-num says', () => {
    fc.assert(
      fc.property(neighbours, ([a, b]) => {
        const overlap = overlapInOracle(a, b);
        expect([subnetsOverlap(a, b), subnetsOverlap(b, a)]).toEqual([overlap, overlap]);
        expect(subnetContains(a, b)).toBe(overlap && a.length <= b.length);
      }),
    );
  });

  it('is ordered by base, then by length, and equal only to itself', () => {
    fc.assert(
      fc.property(neighbours, ([a, b]) => {
        const expected =
          a.base === b.base ? Math.sign(a.length - b.length) : a.base < b.base ? -1 : 1;
        expect(Math.sign(compareSubnets(a, b))).toBe(expected);
        expect(sameSubnet(a, b)).toBe(expected === 0);
      }),
    );
  });

  it('has nothing to do with a subnet of the other family', () => {
    fc.assert(
      fc.property(subnet, (one) => {
        const other: Subnet = { family: family === 4 ? 6 : 4, base: 0n, length: 0 };
        expect([
          subnetsOverlap(one, other),
          subnetContains(other, one),
          sameSubnet(one, other),
        ]).toEqual([false, false, false]);
        expect(Math.sign(compareSubnets(one, other))).toBe(family === 4 ? -1 : 1);
      }),
    );
  });
});

describe('subnets of one address', () => {
  it.each([
    ['10.0.0.3/32', '10.0.0.0/30', true],
    ['10.0.0.0/32', '10.0.0.0/30', true],
    ['10.0.0.4/32', '10.0.0.0/30', false],
    ['10.0.0.3/32', '10.0.0.3/32', true],
    ['::3/128', '::/126', true],
    ['::4/128', '::/126', false],
  ])('%s overlaps %s: %s', (one, other, overlaps) => {
    const [a, b] = [parseSubnet(one), parseSubnet(other)];
    expect(a && b && [subnetsOverlap(a, b), subnetsOverlap(b, a)]).toEqual([overlaps, overlaps]);
  });
});

describe('CIDR text', () => {
  it.each([
    '',
    '10.0.0.0',
    '/24',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/8 ',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    '10.0.0.0/99999999',
    'fd00::/129',
    'fd00::',
    '10.0.0/8',
  ])('%j is no subnet', (text) => {
    expect(parseSubnet(text)).toBeNull();
  });
});
