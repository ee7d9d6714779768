import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSubnet, subnetsOverlap, withoutHostBits } from '../../src/model/address.ts';
import { formatLeaseKey } from '../../src/model/lease-key.ts';
import { checkLeasePairs } from '../../src/model/lease-pairs.ts';
import { liveOf, node } from './snapshots.ts';

interface Named {
  readonly name: string;
  readonly value?: object;
}

function told(leases: readonly Named[]) {
  const stored = leases.map(({ name, value }, i) => node(i + 1, value ?? {}, name));
  return checkLeasePairs(liveOf({ leases: stored }).leases).map(
    ([lease, { rule, message }]) => `${lease.name} ${rule}: ${message}`,
  );
}

const dual = (n: number, v6: string) => `10.244.${n}.0-24&fd00:10:244:${v6}::-64`;
const OVERLAP = 'of two routes to one address only one is right';

describe('two leases', () => {
  it('that overlap in IPv6 alone are told', () => {
    expect(told([{ name: dual(20, '20') }, { name: dual(21, '20') }])).toEqual([
      `${dual(21, '20')} subnets-overlap: ${dual(21, '20')} overlaps ${dual(20, '20')}: ${OVERLAP}`,
    ]);
  });

  it('that overlap in both families are told once', () => {
    const second = '10.244.20.128-25&fd00:10:244:20:8000::-65';
    expect(told([{ name: dual(20, '20') }, { name: second }])).toEqual([
      `${second} subnets-overlap: ${second} overlaps ${dual(20, '20')}: ${OVERLAP}`,
    ]);
  });

  it('that share addresses and MACs of IPv6 are told', () => {
    const value = { PublicIPv6: 'fd00::1', BackendV6Data: { VtepMAC: '0a:00:00:00:01:01' } };
    const [first, second] = [dual(20, '20'), dual(21, '21')];
    expect(
      told([
        { name: first, value },
        { name: second, value },
      ]),
    ).toEqual([
      `${second} public-ip-shared: ${second} and ${first} have the same public IPv6`,
      `${second} vtep-mac-shared: ${second} and ${first} have the same IPv6 VTEP MAC`,
    ]);
  });

  it('are no pair where one has no subnet key', () => {
    const value = { PublicIP: '10.1.10.9' };
    expect(
      told([
        { name: 'bigip', value },
        { name: '10.244.20.0-24', value },
      ]),
    ).toEqual([]);
  });
});

describe('the leases that overlap', () => {
  const subnets = fc.uniqueArray(
    fc
      .record({ base: fc.integer({ min: 0, max: 255 }), length: fc.integer({ min: 20, max: 26 }) })
      .map(({ base, length }) =>
        withoutHostBits({ family: 4, base: (10n << 24n) + BigInt(base * 64), length }),
      ),
    { maxLength: 10, selector: formatSubnet },
  );

  it('are those that one finds by comparing each with each, but the widest of a group', () => {
    fc.assert(
      fc.property(subnets, (list) => {
        const inside = list.filter((one) =>
          list.some((other) => other.length < one.length && subnetsOverlap(one, other)),
        );
        const leases = list.map((subnet) => ({
          name: formatLeaseKey({ subnet, ipv6Subnet: null }),
        }));
        const found = told(leases).filter((text) => text.includes('subnets-overlap'));
        expect(found.map((text) => text.split(' ')[0]).sort()).toEqual(
          inside.map((subnet) => formatLeaseKey({ subnet, ipv6Subnet: null })).sort(),
        );
      }),
    );
  });
});
