import fc from 'fast-check';
import type { Family, Subnet } from '../../src/model/address.ts';

/** Arbitrary values that several property tests draw from. */
export const ipv4Value = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });

/** Many zero groups, where compression and leading zeros matter. */
export const ipv6Value = fc
  .array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => groups.reduce((value, group) => (value << 16n) | group, 0n));

export function subnetOf(family: Family, lengths: { min: number; max: number }) {
  return fc
    .record({
      base: family === 4 ? ipv4Value : ipv6Value,
      length: fc.integer(lengths),
    })
    .map(({ base, length }): Subnet => ({ family, base, length }));
}

export const macText = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((octets) => Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':'));
