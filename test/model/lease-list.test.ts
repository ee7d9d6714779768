import { describe, expect, it } from 'vitest';
import { listLeases } from '../../src/model/lease-list.ts';
import {
  BIGIP_KEY,
  DUAL_BIGIP,
  DUAL_NETWORK,
  liveOf,
  node,
  PREFIX,
  RESERVATION,
  reservation,
  siteOf,
} from './snapshots.ts';

const site = siteOf();
const noTtls = new Map<string, number>();
const ours = reservation(BIGIP_KEY, RESERVATION);

const bigipRow = {
  subnet: '10.244.100.0/24',
  ipv6Subnet: null,
  publicIP: '10.1.10.245',
  publicIPv6: null,
  backendType: 'vxlan',
  vtepMAC: '00:0c:29:2e:db:2e',
  vtepMACv6: null,
  vni: null,
  expires: false,
  ttl: null,
  kind: 'bigip',
  name: 'bigip-1',
  inAllocationRange: false,
  key: `${PREFIX}/subnets/${BIGIP_KEY}`,
  problems: [],
};

const nodeRow = {
  ...bigipRow,
  subnet: '10.244.20.0/24',
  publicIP: '10.1.10.20',
  vtepMAC: '0a:00:00:00:00:14',
  expires: true,
  kind: 'node',
  name: null,
  inAllocationRange: true,
  key: `${PREFIX}/subnets/10.244.20.0-24`,
};

describe('the list of leases', () => {
  it('tells BIG-IPs, reservations, nodes and what cannot be read', () => {
    const leases = [
      reservation('10.244.101.0-24', RESERVATION.replace('10.245', '10.9').replace('2e"', '99"')),
      node(1, {}, 'bigip'),
      ours,
      node(20),
    ];
    const rows = listLeases(liveOf({ leases }), site, noTtls);
    expect(rows.map(({ kind, name, subnet, key }) => [kind, name, subnet, key])).toEqual([
      ['node', null, '10.244.20.0/24', `${PREFIX}/subnets/10.244.20.0-24`],
      ['bigip', 'bigip-1', '10.244.100.0/24', `${PREFIX}/subnets/10.244.100.0-24`],
      ['reservation', null, '10.244.101.0/24', `${PREFIX}/subnets/10.244.101.0-24`],
      ['unreadable', null, null, `${PREFIX}/subnets/bigip`],
    ]);
  });

  it('has every field of a BIG-IP and of a node', () => {
    expect(listLeases(liveOf({ leases: [ours, node(20)] }), site, noTtls)).toEqual([
      nodeRow,
      bigipRow,
    ]);
  });

  it('takes the BIG-IP for a mere reservation where no site is known', () => {
    expect(listLeases(liveOf({ leases: [ours] }), null, noTtls)).toEqual([
      { ...bigipRow, kind: 'reservation', name: null },
    ]);
  });

  it('has both families of a dual-stack BIG-IP, and the VNI of a lease', () => {
    const dual = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    const value =
      '{"PublicIP":"10.1.10.245","PublicIPv6":"FD00:10:1:0::245","BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"00-0C-29-2E-DB-2E"},"BackendV6Data":{"VtepMAC":"00:0c:29:2e:db:2f"}}';
    const name = '10.244.100.0-24&fd00:10:244:64::-64';
    const live = liveOf({ config: DUAL_NETWORK, leases: [reservation(name, value)] });
    expect(listLeases(live, dual, noTtls)).toEqual([
      {
        ...bigipRow,
        ipv6Subnet: 'fd00:10:244:64::/64',
        publicIPv6: 'fd00:10:1::245',
        vtepMACv6: '00:0c:29:2e:db:2f',
        vni: 1,
        key: `${PREFIX}/subnets/${name}`,
      },
    ]);
  });

  it('has nulls, the key and the problem where a value cannot be read', () => {
    expect(listLeases(liveOf({ leases: [node(20, '')] }), site, noTtls)).toEqual([
      {
        subnet: null,
        ipv6Subnet: null,
        publicIP: null,
        publicIPv6: null,
        backendType: null,
        vtepMAC: null,
        vtepMACv6: null,
        vni: null,
        expires: null,
        ttl: null,
        kind: 'unreadable',
        name: null,
        inAllocationRange: null,
        key: `${PREFIX}/subnets/10.244.20.0-24`,
        problems: [
          {
            rule: 'value-unreadable',
            severity: 'warning',
            message:
              '10.244.20.0-24: the value is empty: flanneld v0.18 and later loses the events of the next second, and again when it is deleted',
            fix: 'remove it, then run apply --rewrite for nodes that missed an event',
            key: `${PREFIX}/subnets/10.244.20.0-24`,
          },
        ],
      },
    ]);
  });

  it("calls a node at the BIG-IP's key a node, unless it has the BIG-IP's public IP", () => {
    const kinds = [node(100), node(100, RESERVATION)].map((lease) =>
      listLeases(liveOf({ leases: [lease] }), site, noTtls).map(({ kind, name }) => [kind, name]),
    );
    expect(kinds).toEqual([[['node', null]], [['bigip', 'bigip-1']]]);
  });

  it('takes the time left by key from what was asked for, or counted since, else from the store', () => {
    const leases = [{ ...node(20), ttl: 60 }, node(21), node(22)];
    const ttls = new Map([
      [`${PREFIX}/subnets/10.244.20.0-24`, 1],
      [`${PREFIX}/subnets/10.244.21.0-24`, 2],
    ]);
    expect(listLeases(liveOf({ leases }), null, ttls).map(({ ttl }) => ttl)).toEqual([1, 2, null]);
  });

  it('knows no range without a config', () => {
    const live = liveOf({ config: null, leases: [node(20)] });
    expect(listLeases(live, null, noTtls)).toEqual([{ ...nodeRow, inAllocationRange: null }]);
  });

  it('stands in the order of the addresses as numbers', () => {
    const leases = [node(100), node(20), node(9), node(1, {}, 'b'), node(1, {}, 'a')];
    const rows = listLeases(liveOf({ leases }), null, noTtls);
    expect(rows.map(({ subnet, key }) => subnet ?? key.slice(-1))).toEqual([
      '10.244.9.0/24',
      '10.244.20.0/24',
      '10.244.100.0/24',
      'a',
      'b',
    ]);
  });

  it('is empty where there is nothing', () => {
    expect(listLeases(liveOf(), site, noTtls)).toEqual([]);
  });
});
