import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/model/address.ts';
import {
  type LeaseValue,
  leaseDocument,
  meansReservation,
  parseLeaseValue,
  reservationOf,
} from '../../src/model/lease-value.ts';
import type { BigIp } from '../../src/model/site.ts';
import { ipv4Value, ipv6Value, macText } from './addresses.ts';
import { DUAL_BIGIP, DUAL_NETWORK, RESERVATION, siteOf } from './snapshots.ts';

const [bigip] = siteOf().bigips as [BigIp];
const [dualBigip] = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] }).bigips as [BigIp];

function read(text: string): LeaseValue {
  const value = parseLeaseValue(text);
  if (typeof value === 'string') throw new Error(`${text}: ${value}`);
  return value;
}

describe('the value of a reservation', () => {
  it('has exactly these bytes', () => {
    expect(JSON.stringify(reservationOf(bigip))).toBe(
      '{"PublicIP":"10.1.10.245","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"}}',
    );
  });

  it('of a dual-stack BIG-IP has both families', () => {
    expect(JSON.stringify(reservationOf(dualBigip))).toBe(
      '{"PublicIP":"10.1.10.245","PublicIPv6":"fd00:10:1::245","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"},"BackendV6Data":{"VtepMAC":"00:0c:29:2e:db:2f"}}',
    );
  });

  it('is read back as what it says', () => {
    const side = { ip: ipv4Value, ipv6: ipv6Value, mac: macText, macv6: macText };
    fc.assert(
      fc.property(fc.record(side), fc.boolean(), ({ ip, ipv6, mac, macv6 }, dual) => {
        const one: BigIp = {
          ...bigip,
          ipv4: { ...bigip.ipv4, publicIP: { family: 4, value: ip }, vtepMAC: mac },
          ipv6: dual
            ? {
                subnet: { family: 6, base: 0n, length: 64 },
                publicIP: { family: 6, value: ipv6 },
                vtepMAC: macv6,
                selfIP: null,
              }
            : null,
        };
        const document = reservationOf(one);
        const value = read(JSON.stringify(document));
        expect(value).toEqual({
          publicIP: ip,
          publicIPv6: dual ? ipv6 : null,
          backendType: 'vxlan',
          vtepMAC: mac,
          vtepMACv6: dual ? macv6 : null,
          vni: null,
        });
        expect(leaseDocument(JSON.stringify(document))).toEqual(document);
        expect(meansReservation(value, one)).toBe(true);
      }),
    );
  });
});

describe('a live value', () => {
  it.each([
    ['the very text', RESERVATION],
    [
      'another order of keys',
      '{"BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"},"BackendType":"vxlan","PublicIP":"10.1.10.245"}',
    ],
    ['white space', JSON.stringify(JSON.parse(RESERVATION), null, '\t')],
    ['a MAC in upper case', RESERVATION.replace('00:0c:29:2e:db:2e', '00:0C:29:2E:DB:2E')],
    ['a MAC with dashes', RESERVATION.replace('00:0c:29:2e:db:2e', '00-0c-29-2e-db-2e')],
    ['a VNI', RESERVATION.replace('{"VtepMAC"', '{"VNI":1,"VtepMAC"')],
    [
      'IPv6 fields that are null',
      RESERVATION.replace('}}', '},"PublicIPv6":null,"BackendV6Data":null}'),
    ],
    [
      'keys in another case',
      RESERVATION.replace('PublicIP', 'publicip').replace('VtepMAC', 'vtepmac'),
    ],
    ['a key that nobody knows', RESERVATION.replace('{"PublicIP"', '{"Note":"ours","PublicIP"')],
  ])('means the reservation with %s', (_, text) => {
    expect(meansReservation(read(text), bigip)).toBe(true);
  });

  it.each([
    ['another public IP', RESERVATION.replace('10.245', '10.246')],
    ['no public IP', RESERVATION.replace('"PublicIP":"10.1.10.245",', '')],
    ['another MAC', RESERVATION.replace('db:2e', 'db:2f')],
    ['no MAC', RESERVATION.replace('"VtepMAC":"00:0c:29:2e:db:2e"', '')],
    ['another backend', RESERVATION.replace('vxlan', 'host-gw')],
    ['a public IPv6', RESERVATION.replace('}}', '},"PublicIPv6":"fd00::1"}')],
    ['IPv6 data', RESERVATION.replace('}}', '},"BackendV6Data":{"VtepMAC":"00:0c:29:2e:db:2f"}}')],
  ])('does not mean the reservation with %s', (_, text) => {
    expect(meansReservation(read(text), bigip)).toBe(false);
  });

  it('of one family does not mean a dual-stack reservation', () => {
    expect(meansReservation(read(RESERVATION), dualBigip)).toBe(false);
  });

  it('is read with its VNI, and with the last of equal keys', () => {
    const text =
      '{"PublicIP":"10.1.10.1","publicip":"10.1.10.2","PublicIP":"10.1.10.3","BackendType":"vxlan","BackendData":{"VNI":7,"VtepMAC":"0A-00-00-00-00-01"}}';
    expect(read(text)).toEqual({
      publicIP: 0x0a010a03n,
      publicIPv6: null,
      backendType: 'vxlan',
      vtepMAC: '0a:00:00:00:00:01',
      vtepMACv6: null,
      vni: 7,
    });
    expect(leaseDocument(text)).toEqual({
      PublicIP: '10.1.10.3',
      publicip: '10.1.10.2',
      BackendType: 'vxlan',
      BackendData: { VNI: 7, VtepMAC: '0A-00-00-00-00-01' },
    });
  });

  it('is read alike in the spelling of flanneld, which is read faster, and in any other', () => {
    const parts = fc.record({
      PublicIP: fc.oneof(
        ipv4Value.map((value) => formatAddress(4, value)),
        fc.constantFrom('010.1.10.1', '10.1.10.256', '10.1.10', ''),
      ),
      PublicIPv6: fc.option(fc.constant(null), { nil: undefined }),
      BackendType: fc.constantFrom('vxlan', 'host-gw', 'udp', ''),
      BackendData: fc.record(
        {
          VNI: fc.oneof(fc.nat(2 ** 25), fc.constantFrom(99_999_999, 1e20, -1, 1.5)),
          VtepMAC: fc.oneof(macText, fc.constantFrom('00:0c:29', '00-0c-29-2e-db-2e', '')),
        },
        { requiredKeys: ['VtepMAC'] },
      ),
      BackendV6Data: fc.option(fc.constant(null), { nil: undefined }),
    });
    fc.assert(
      fc.property(parts, (value) => {
        const text = JSON.stringify(value);
        expect(parseLeaseValue(text)).toEqual(parseLeaseValue(` ${text}`));
      }),
    );
  });

  it.each([
    ['', 'the value is empty'],
    [' ', 'the value is no JSON'],
    ['{“PublicIP”:1}', 'the value is no JSON'],
    [`${RESERVATION},`, 'the value is no JSON'],
    ['[]', 'the value is no JSON object'],
    ['null', 'the value is no JSON object'],
    ['"x"', 'the value is no JSON object'],
    ['{"PublicIP":"10.1.10"}', 'PublicIP: "10.1.10" is not an IP address'],
    ['{"PublicIP":"fd00::1"}', 'PublicIP: "fd00::1" is an IPv6 address where IPv4 is meant'],
    ['{"PublicIPv6":"x"}', 'PublicIPv6: "x" is not an IP address'],
    ['{"BackendType":1}', 'BackendType: must be text, not 1'],
    [`{"Note":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'the value is no JSON'],
  ])('%.40s cannot be read: %s', (text, why) => {
    expect(parseLeaseValue(text)).toBe(why);
  });

  it.each([
    ['no BackendData', '{"PublicIP":"10.1.10.1","BackendType":"vxlan"}'],
    ['BackendData null', '{"PublicIP":"10.1.10.1","BackendType":"vxlan","BackendData":null}'],
    ['a list', '{"PublicIP":"10.1.10.1","BackendType":"vxlan","BackendData":[1]}'],
    [
      'a MAC that is too short',
      '{"PublicIP":"10.1.10.1","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29"}}',
    ],
  ])('has no MAC with %s', (_, text) => {
    expect(read(text)).toEqual({
      publicIP: 0x0a010a01n,
      publicIPv6: null,
      backendType: 'vxlan',
      vtepMAC: null,
      vtepMACv6: null,
      vni: null,
    });
  });

  it('keeps a key like __proto__ as an ordinary one', () => {
    const document = leaseDocument('{"__proto__":{"polluted":true},"BackendType":"vxlan"}');
    expect(Object.keys(document as object)).toEqual(['__proto__', 'BackendType']);
    expect('polluted' in {}).toBe(false);
  });
});
