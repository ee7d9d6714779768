import { describe, expect, it } from 'vitest';
import { listLeases } from '../../src/model/lease-list.ts';
import { listJson, listText } from '../../src/output/list-output.ts';
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
} from '../model/snapshots.ts';
import { NASTY, PLAIN, SHOWN } from './plain.ts';

const site = siteOf();
const ours = reservation(BIGIP_KEY, RESERVATION);
const short = { wide: false, ttl: false, where: 'under /x in a store' };
const none = new Map<string, number>();

const rowsOf = (text: string) => text.split('\n').map((line) => line.split(/ {2,}/));

describe('the table of leases', () => {
  it('has a row for each, and every problem in words below', () => {
    const leases = [
      ours,
      node(20, { BackendData: { VNI: 1, VtepMAC: '0a:00:00:00:00:14' } }),
      node(1, {}, 'bigip'),
    ];
    const text = listText(listLeases(liveOf({ leases }), site, none), short, PLAIN);
    expect(text.split('\n')).toEqual([
      'SUBNET           PUBLIC IP    BACKEND  VTEP MAC           VNI  EXPIRES  KIND        NAME     IN RANGE  PROBLEMS',
      '10.244.20.0/24   10.1.10.20   vxlan    0a:00:00:00:00:14  1    yes      node        -        yes       -',
      '10.244.100.0/24  10.1.10.245  vxlan    00:0c:29:2e:db:2e  -    never    bigip       bigip-1  no        -',
      'bigip            -            -        -                  -    -        unreadable  -        -         key-unreadable',
      '',
      '  ! warning: bigip is no subnet key: flanneld v0.18 and later loses the events of the next second, and again when it is deleted [key-unreadable]',
      '      remove it, then run apply --rewrite for nodes that missed an event',
    ]);
  });

  it('has both families in one cell', () => {
    const value = `${RESERVATION.slice(0, -1)},"PublicIPv6":"fd00:10:1::245","BackendV6Data":{"VtepMAC":"00:0c:29:2e:db:2f"}}`;
    const live = liveOf({
      config: DUAL_NETWORK,
      leases: [reservation('10.244.100.0-24&fd00:10:244:64::-64', value)],
    });
    const dual = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    const [, row] = rowsOf(listText(listLeases(live, dual, none), short, PLAIN));
    expect(row).toEqual([
      '10.244.100.0/24 fd00:10:244:64::/64',
      '10.1.10.245 fd00:10:1::245',
      'vxlan',
      '00:0c:29:2e:db:2e 00:0c:29:2e:db:2f',
      '-',
      'never',
      'bigip',
      'bigip-1',
      'no',
      '-',
    ]);
  });

  describe('on a terminal', () => {
    const value = `${RESERVATION.slice(0, -1)},"PublicIPv6":"fd00:10:1::245","BackendV6Data":{"VtepMAC":"00:0c:29:2e:db:2f"}}`;
    const dual = listLeases(
      liveOf({
        config: DUAL_NETWORK,
        leases: [reservation('10.244.100.0-24&fd00:10:244:64::-64', value)],
      }),
      siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] }),
      none,
    );
    const single = listLeases(liveOf({ leases: [node(20), ours] }), site, none);
    const shown = (leases: typeof dual, width: number, wide = false) =>
      listText(leases, { ...short, wide }, { ...PLAIN, width, unicode: true }).split('\n');

    it('never cuts the subnet, nor an IPv4 address', () => {
      expect(shown(single, 50)).toEqual([
        'SUBNET           PUBLIC IP    KIND   NAME',
        '10.244.20.0/24   10.1.10.20   node   -',
        '10.244.100.0/24  10.1.10.245  bigip  bigip-1',
        '',
        '2 leases: 1 node, 1 BIG-IP',
      ]);
      expect(shown(dual, 80)).toEqual([
        'SUBNET                               PUBLIC IP                   KIND   NAME',
        '10.244.100.0/24 fd00:10:244:64::/64  10.1.10.245 fd00:10:1::245  bigip  bigip-1',
        '',
        '1 lease: 1 BIG-IP',
      ]);
    });

    it('makes blocks where a table is too wide, of wide with all columns', () => {
      expect(shown(single, 40).slice(0, 6)).toEqual([
        'SUBNET     10.244.20.0/24',
        'PUBLIC IP  10.1.10.20',
        'BACKEND    vxlan',
        'VTEP MAC   0a:00:00:00:00:14',
        'EXPIRES    yes',
        'KIND       node',
      ]);
      expect(shown([...single].slice(1), 80, true)).toEqual([
        'SUBNET     10.244.100.0/24',
        'PUBLIC IP  10.1.10.245',
        'BACKEND    vxlan',
        'VTEP MAC   00:0c:29:2e:db:2e',
        'VNI        -',
        'EXPIRES    never',
        'KIND       bigip',
        'NAME       bigip-1',
        'IN RANGE   no',
        'PROBLEMS   -',
        'TTL        -',
        `KEY        ${PREFIX}/subnets/${BIGIP_KEY}`,
        '',
        '1 lease: 1 BIG-IP',
      ]);
    });

    it('ends with how many there are, and how many of them have problems', () => {
      const leases = [node(20), node(21), node(1, {}, 'bigip'), ours];
      expect(shown(listLeases(liveOf({ leases }), site, none), 200).at(-1)).toBe(
        '4 leases: 2 nodes, 1 BIG-IP, 1 unreadable; 1 with problems',
      );
    });
  });

  it.each([
    [{ wide: false, ttl: true, where: 'under /x in a store' }, ['TTL']],
    [{ wide: true, ttl: false, where: 'under /x in a store' }, ['TTL', 'KEY']],
    [{ wide: true, ttl: true, where: 'under /x in a store' }, ['TTL', 'KEY']],
    [short, []],
  ])('has with %j the further columns %j', (options, columns) => {
    const [header] = rowsOf(
      listText(listLeases(liveOf({ leases: [ours] }), site, none), options, PLAIN),
    );
    expect(header?.slice(10)).toEqual(columns);
  });

  it.each([
    [86_399, '23h59m'],
    [3600, '1h00m'],
    [3599, '59m59s'],
    [61, '1m01s'],
    [59, '59s'],
    [0, '0s'],
    [null, '-'],
  ])('shows %s seconds as %s', (ttl, shown) => {
    const leases = [{ ...node(20), ttl }];
    const [, row] = rowsOf(
      listText(
        listLeases(liveOf({ leases }), site, none),
        { wide: true, ttl: true, where: 'under /x in a store' },
        PLAIN,
      ),
    );
    expect(row?.slice(10)).toEqual([shown, `${PREFIX}/subnets/10.244.20.0-24`]);
  });

  it('never prints control characters', () => {
    const leases = [node(20, { BackendType: NASTY }), node(1, {}, NASTY)];
    const text = listText(
      listLeases(liveOf({ leases }), site, none),
      { wide: true, ttl: true, where: 'under /x in a store' },
      PLAIN,
    );
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
    expect(text.split(SHOWN).length).toBeGreaterThan(4);
  });

  it('says that there is nothing', () => {
    expect(listText([], short, PLAIN)).toBe('no leases under /x in a store');
  });
});

describe('the document of leases', () => {
  it('has every field, and null for the fix of a problem that has none', () => {
    const live = liveOf({ leases: [node(20, {}, '10.244.20.7-24')] });
    const key = `${PREFIX}/subnets/10.244.20.7-24`;
    expect(listJson(listLeases(live, site, none))).toEqual([
      {
        subnet: '10.244.20.7/24',
        ipv6Subnet: null,
        publicIP: '10.1.10.20',
        publicIPv6: null,
        backendType: 'vxlan',
        vtepMAC: '0a:00:00:00:00:14',
        vtepMACv6: null,
        vni: null,
        expires: true,
        ttl: null,
        kind: 'node',
        name: null,
        inAllocationRange: true,
        key,
        problems: [
          {
            rule: 'lease-host-bits',
            severity: 'warning',
            message: "10.244.20.7-24 has host bits: the kernel refuses flannel's route",
            key,
            fix: null,
          },
        ],
      },
    ]);
  });
});
