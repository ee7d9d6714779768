import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLeaseKey, parseLeaseKey } from '../../src/model/lease-key.ts';
import { subnetOf } from './addresses.ts';

const ipv4 = subnetOf(4, { min: 0, max: 31 });
const ipv6 = subnetOf(6, { min: 0, max: 127 });
const dualKey = fc.record({ subnet: ipv4, ipv6Subnet: ipv6 });

describe('a lease key', () => {
  it('of one family comes back from its text under both versions', () => {
    fc.assert(
      fc.property(ipv4, (subnet) => {
        const key = { subnet, ipv6Subnet: null };
        const text = formatLeaseKey(key);
        expect([parseLeaseKey(text, 'v0.12.0'), parseLeaseKey(text, 'v0.20.0')]).toEqual([
          key,
          key,
        ]);
      }),
    );
  });

  it('of both families comes back under v0.20, and as its IPv4 half under v0.12', () => {
    fc.assert(
      fc.property(dualKey, (key) => {
        const text = formatLeaseKey(key);
        expect(parseLeaseKey(text, 'v0.20.0')).toEqual(key);
        expect(parseLeaseKey(text, 'v0.12.0')).toEqual({ ...key, ipv6Subnet: null });
      }),
    );
  });

  it('may stand behind any path', () => {
    fc.assert(
      fc.property(dualKey, fc.stringMatching(/^[/a-z]*\/$/), (key, path) => {
        expect(parseLeaseKey(path + formatLeaseKey(key), 'v0.20.0')).toEqual(key);
      }),
    );
  });

  it.each([
    'bigip',
    '10.244.110.0_24',
    '10.244.300.0-24',
    '10.244.1.0-32',
    '10.244.1.0',
    '10.244.1-24',
  ])('is not %s', (text) => {
    expect([parseLeaseKey(text, 'v0.12.0'), parseLeaseKey(text, 'v0.20.0')]).toEqual([null, null]);
  });

  it('with a readable IPv4 half and an unreadable IPv6 half is none to v0.20', () => {
    const text = '10.244.100.0-24&fd00::1::-64';
    expect(parseLeaseKey(text, 'v0.20.0')).toBeNull();
    expect(parseLeaseKey(text, 'v0.12.0')).not.toBeNull();
  });
});
