import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGroupMac, isZeroMac, parseMac } from '../../src/model/mac.ts';
import { macText } from './addresses.ts';

const withDots = (mac: string) => mac.replaceAll(':', '').replace(/(....)(?=.)/g, '$1.');

describe('a MAC address', () => {
  it('is read from colons, dashes, dots and either case, and written one way', () => {
    fc.assert(
      fc.property(macText, (mac) => {
        const plain = [mac, mac.replaceAll(':', '-'), withDots(mac)];
        const spelt = [...plain, ...plain.map((text) => text.toUpperCase())];
        expect(spelt.map(parseMac)).toEqual(spelt.map(() => mac));
      }),
    );
  });

  it.each([
    '',
    '00:0c:29:2e:db',
    '00:0c:29:2e:db:2e:00',
    '00:0c:29:2e:db-2e',
    '000c292edb2e',
    '0:c:29:2e:db:2e',
    '00:0c:29:2e:db:2g',
    ' 00:0c:29:2e:db:2e',
    '00:0c:29:2e:db:2e\n',
    '000c:292e:db2e',
    '000c.292e-db2e',
    '00:0c:29:2e:db:2e:00:00',
  ])('is not %j', (text) => {
    expect(parseMac(text)).toBeNull();
  });

  it('is a group address exactly when the lowest bit of its first octet is set', () => {
    fc.assert(
      fc.property(macText, (mac) => {
        expect(isGroupMac(mac)).toBe(/^.[13579bdf]/.test(mac));
      }),
    );
  });

  it.each([
    ['00:00:00:00:00:00', true],
    ['00:00:00:00:00:01', false],
    ['10:00:00:00:00:00', false],
  ])('%s is all zero: %s', (mac, zero) => {
    expect(isZeroMac(mac)).toBe(zero);
  });
});
