import { describe, expect, it } from 'vitest';
import { CHECKS, firstFault } from '../../../src/model/doctor/check.ts';
import type { Readings } from '../../../src/model/doctor/readings.ts';
import {
  BIGIP,
  BIGIP_KEY,
  DUAL_BIGIP,
  DUAL_NETWORK,
  liveOf,
  NETWORK,
  node,
  RESERVATION,
  reservation,
  siteOf,
} from '../snapshots.ts';
import {
  BIGIP_MAC,
  device,
  diagnosed,
  host,
  idsOf,
  kubeNode,
  LEASES,
  link,
  macOf,
  NOT_READ,
  read,
  store,
  told,
} from './readings.ts';

type Parts = Partial<Readings>;

function etcd(parts: Parameters<typeof liveOf>[0], asked: 'auto' | 'v2' | 'v3' = 'auto'): Parts {
  return { etcd: read({ asked, stores: [store(liveOf({ leases: LEASES, ...parts }))] }) };
}

const failed = (why: string) => ({ state: 'failed', why, fix: 'see to it' }) as const;

describe('a healthy site', () => {
  it('passes every check, in the order of the way', () => {
    const { checks } = diagnosed();
    expect(checks.map(({ id, status }) => ({ id, status }))).toEqual(
      CHECKS.map(({ id }) => ({ id, status: 'pass' })),
    );
  });
});

describe('a source that was not read', () => {
  it.each<[what: string, parts: Parts, failedIds: string[]]>([
    ['etcd out of reach', { etcd: failed('etcd refuses the connection') }, ['etcd-reachable']],
    ['Kubernetes out of reach', { nodes: failed('no route') }, ['nodes-reachable']],
    [
      'a BIG-IP out of reach',
      { bigips: [{ name: 'bigip-1', device: failed('no route') }] },
      ['bigip-reachable'],
    ],
    ['a host that cannot be read', { host: failed('the program ip is missing') }, ['linux-node']],
    [
      'nothing but etcd',
      { nodes: NOT_READ, host: NOT_READ, bigips: [{ name: 'bigip-1', device: NOT_READ }] },
      [],
    ],
  ])('with %s fails what was named and skips the rest', (_what, parts, ids) => {
    const { checks } = diagnosed(parts);
    const skipped = checks.filter(({ status }) => status === 'skip');
    expect(idsOf(checks, 'fail')).toEqual(ids);
    expect(skipped.length).toBeGreaterThan(0);
    // Every check is told, whatever was read.
    expect(new Set(checks.map(({ id }) => id))).toEqual(new Set(CHECKS.map(({ id }) => id)));
    // A skip names a check that failed, or nothing.
    const blamed = skipped.flatMap(({ because }) => because ?? []);
    expect(blamed.filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe('the store', () => {
  const v2 = (leases = LEASES) =>
    store(liveOf({ api: 'v2', leases }), 'etcd v2 at http://127.0.0.1:2379');
  const v3 = (parts = {}) => store(liveOf({ leases: LEASES, ...parts }));

  it('cannot be told where both hold a config', () => {
    const parts: Parts = { etcd: read({ asked: 'auto', stores: [v2(), v3()] }) };
    expect(told(parts)).toEqual({ failed: ['etcd-store'], warned: [] });
  });

  it('is the one that is asked for, and the other is worth a warning', () => {
    const parts: Parts = { etcd: read({ asked: 'v3', stores: [v2(), v3()] }) };
    expect(told(parts)).toEqual({ failed: [], warned: ['etcd-store'] });
  });

  it('is the one with the config, and a lease in the other is told first', () => {
    const stray = store(
      liveOf({ api: 'v2', config: null, leases: [reservation(BIGIP_KEY, RESERVATION)] }),
      'etcd v2',
    );
    const rest = v3({ leases: [node(11), node(12)] });
    const { checks } = diagnosed({ etcd: read({ asked: 'auto', stores: [stray, rest] }) });
    expect(idsOf(checks, 'fail')).toEqual(['etcd-store']);
    expect(firstFault(checks)?.fix).toEqual([
      'flannel-bigip apply --etcd-api v3',
      'flannel-bigip remove bigip-1 --etcd-api v2',
    ]);
  });

  it.each([
    ['an empty one that is asked for', 'v3', v3({ config: null, leases: [] })],
    ['one with a config that is asked for', 'v3', v3({ leases: [] })],
    ['the only one with a config', 'auto', v3({ leases: [] })],
  ] as const)('is not what flanneld reads where nodes live in the other: %s', (_, asked, here) => {
    const nodes = liveOf({ api: 'v2', config: null, leases: [node(11), node(12)] });
    const stores = [store(nodes, 'etcd v2'), here];
    const { checks } = diagnosed({ etcd: read({ asked, stores }) });
    expect(firstFault(checks)).toMatchObject({
      id: 'etcd-store',
      message: `only the v2 store has leases of living nodes, so flanneld here reads that, not ${here.description}`,
      found: `v3: ${here.snapshot.config ? 'a' : 'no'} config, 0 leases; v2: no config, 2 leases`,
      fix: ['flannel-bigip doctor --etcd-api v2'],
    });
    expect(idsOf(checks, 'fail').filter((id) => id.startsWith('etcd-'))).toEqual(['etcd-store']);
  });

  it.each([
    ["a living node's", node(100), []],
    ['a reservation', reservation(BIGIP_KEY, '{}'), ['etcd-store']],
    ["the BIG-IP's by its public IP", node(100, { PublicIP: '10.1.10.245' }), ['etcd-store']],
    ["the BIG-IP's by its MAC", node(100, { BackendData: { VtepMAC: BIGIP_MAC } }), ['etcd-store']],
  ])('beside the one that is read has a lease that is %s', (_, lease, ids) => {
    const there = store(liveOf({ api: 'v2', config: null, leases: [lease] }), 'etcd v2');
    const here = v3({ leases: [node(11), node(12)] });
    const { checks } = diagnosed({ etcd: read({ asked: 'v3', stores: [there, here] }) });
    expect(idsOf(checks, 'fail').filter((id) => id === 'etcd-store')).toEqual(ids);
  });

  it('holds nothing', () => {
    const empty = v3({ config: null, leases: [] });
    expect(told({ etcd: read({ asked: 'v3', stores: [empty] }) }).failed[0]).toBe('etcd-store');
  });
});

describe('what is in etcd', () => {
  it.each<[what: string, parts: Parts, failedIds: string[], fix?: string]>([
    [
      'a value that deafens every old flanneld',
      etcd({ api: 'v2', leases: [...LEASES, reservation('10.244.110.0-24', '')] }),
      ['etcd-leases'],
      'systemctl restart flanneld   # on every node',
    ],
    [
      'a value of which newer ones lose the events of a second',
      etcd({ leases: [...LEASES, reservation('10.244.110.0-24', '')] }),
      ['etcd-leases'],
      'flannel-bigip apply --rewrite',
    ],
    [
      'a dual-stack key on which flanneld hangs',
      etcd({
        leases: [
          ...LEASES,
          reservation('10.244.110.0-24&fd00:10:244:6e::-64', RESERVATION.replace('245', '244')),
        ],
      }),
      ['etcd-leases'],
    ],
    [
      "a node with the BIG-IP's public IP",
      etcd({ leases: [...LEASES, node(50, { PublicIP: '10.1.10.245' })] }),
      ['etcd-leases'],
    ],
    ['a config that is no JSON', etcd({ config: '{' }), ['etcd-config']],
    ['a config without Network', etcd({ config: '{"Backend":{"Type":"vxlan"}}' }), ['etcd-config']],
    [
      'another backend',
      etcd({ config: { ...NETWORK, Backend: { Type: 'host-gw' } } }),
      ['etcd-config'],
    ],
  ])('%s', (_what, parts, ids, fix) => {
    const found = diagnosed({ ...parts, host: NOT_READ, nodes: NOT_READ, bigips: [] });
    expect(idsOf(found.checks, 'fail')).toEqual(ids);
    if (fix) expect(firstFault(found.checks)?.fix).toContain(fix);
  });

  it('differs from the site file harmlessly: a warning', () => {
    const parts = etcd({ config: { ...NETWORK, SubnetMax: '10.244.90.0' } });
    expect(told(parts)).toEqual({ failed: [], warned: ['etcd-config'] });
  });

  it('has a lease with a MAC that is left to the device, which has another', () => {
    const site = siteOf({
      bigips: [{ ...BIGIP, vtepMAC: 'device', management: { url: 'https://10.1.20.4' } }],
    });
    const other = '00:0c:29:00:00:01';
    const bigips = [{ name: 'bigip-1', device: read(device({ mac: other })) }];
    expect(told({ bigips }, site).failed).toEqual(['etcd-bigip-lease']);
  });

  it.each([
    ['has told it', read(device({ mac: BIGIP_MAC })), ''],
    ['cannot be asked', failed('no route'), ', but for its MAC, which the unit has not told'],
    [
      'has no tunnel yet',
      read(device({ mac: null })),
      ', but for its MAC, which the unit has not told',
    ],
  ])('has a lease as declared, where the MAC is left to a device that %s', (_what, unit, but) => {
    const site = siteOf({
      bigips: [{ ...BIGIP, vtepMAC: 'device', management: { url: 'https://10.1.20.4' } }],
    });
    const { checks } = diagnosed({ bigips: [{ name: 'bigip-1', device: unit }] }, site);
    const lease = checks.filter(({ id }) => id === 'etcd-bigip-lease');
    expect(lease.map(({ status, message }) => [status, message])).toEqual([
      ['pass', `bigip-1: 10.244.100.0-24 is as declared, without a TTL${but}`],
    ]);
  });
});

describe('what the kernel has', () => {
  const healthy = host();

  it('of a dual-stack network is held against both families', () => {
    const mac6 = '00:0c:29:2e:db:2f';
    const lease = {
      PublicIP: '10.1.10.245',
      PublicIPv6: 'fd00:10:1::245',
      BackendType: 'vxlan',
      BackendData: { VtepMAC: BIGIP_MAC },
      BackendV6Data: { VtepMAC: mac6 },
    };
    const nodeLease = node(
      11,
      {
        PublicIPv6: 'fd00:10:1::11',
        BackendV6Data: { VtepMAC: '0a:00:00:00:06:11' },
      },
      '10.244.11.0-24&fd00:10:244:11::-64',
    );
    const leases = [
      nodeLease,
      reservation('10.244.100.0-24&fd00:10:244:64::-64', JSON.stringify(lease)),
    ];
    const dev = 'flannel-v6.1';
    const state = host({
      routes: [
        ...healthy.routes.slice(1),
        {
          dst: 'fd00:10:244:64::/64',
          gateway: 'fd00:10:244:64::',
          dev,
          metric: 1024,
          type: 'unicast',
        },
      ],
      neighbours: [
        ...healthy.neighbours.slice(1),
        { dst: 'fd00:10:244:64::', mac: mac6, dev, isPermanent: true },
      ],
      fdb: healthy.fdb.slice(1),
    });
    const site = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    const parts = { ...etcd({ config: DUAL_NETWORK, leases }), nodes: NOT_READ, bigips: [] };
    const found = diagnosed({ ...parts, host: read(state) }, site);
    expect(firstFault(found.checks)).toMatchObject({
      id: 'linux-fdb',
      fix: [`bridge fdb replace ${mac6} dst fd00:10:1::245 dev ${dev} self permanent`],
    });
  });

  it('with DirectRouting is a route through the underlay, and no entry', () => {
    const config = { ...NETWORK, Backend: { Type: 'vxlan', DirectRouting: true } };
    const state = host({
      routes: healthy.routes.map((route, i) => ({
        ...route,
        gateway: i === 0 ? '10.1.10.12' : '10.1.10.245',
        dev: 'eth0',
      })),
      neighbours: [],
      fdb: [],
    });
    const site = siteOf({ network: config });
    expect(told({ ...etcd({ config }), host: read(state) }, site).failed).toEqual([]);
  });

  it('lacks thousands of entries: one fault, and one command', () => {
    const nodes = Array.from({ length: 60 }, (_, i) => node(i + 11));
    const leases = [...nodes, reservation(BIGIP_KEY, RESERVATION)];
    const found = diagnosed({ ...etcd({ leases }), nodes: NOT_READ, bigips: [] });
    const faults = found.checks.filter(({ status }) => status === 'fail');
    expect(faults.map(({ id, fix }) => ({ id, fix }))).toEqual(
      ['linux-route', 'linux-arp', 'linux-fdb'].map((id) => ({
        id,
        fix: ['flannel-bigip node repair'],
      })),
    );
  });

  it.each([
    ['v2', 'systemctl restart flanneld'],
    ['v3', 'flannel-bigip apply --rewrite'],
  ] as const)('lacks all of a lease whose event flanneld lost on %s', (api, fix) => {
    const [routes, neighbours, fdb] = [
      healthy.routes.slice(0, 1),
      healthy.neighbours.slice(0, 1),
      healthy.fdb.slice(0, 1),
    ];
    const state = host({ routes, neighbours, fdb });
    const { checks } = diagnosed({ ...etcd({ api }), host: read(state) });
    expect(checks.filter(({ status }) => status !== 'pass')).toMatchObject([
      { id: 'linux-route', status: 'fail', fix: [fix] },
      { id: 'linux-arp', status: 'skip', because: 'linux-route' },
      { id: 'linux-fdb', status: 'skip', because: 'linux-route' },
    ]);
  });

  it('is not held against the leases of another network', () => {
    const others = [node(71, {}, '10.244.71.0-24'), reservation(BIGIP_KEY, RESERVATION)];
    const { checks } = diagnosed({ ...etcd({ leases: others }), nodes: NOT_READ });
    expect(idsOf(checks, 'fail')).toEqual(['linux-node']);
    expect(checks.filter(({ message }) => message.includes('no lease any more'))).toEqual([]);
  });

  it.each<[what: string, links: typeof healthy.links, fix: string[]]>([
    [
      'no device, but one of another VNI',
      [
        ...healthy.links.slice(0, 2),
        link('flannel.7', { vxlan: { vni: 7, port: 8472, local: '10.1.10.11', underlay: 'eth0' } }),
      ],
      [
        `ip link add flannel.1 address ${macOf(11)} type vxlan id 1 local 10.1.10.11 dev eth0 dstport 8472 nolearning`,
        'systemctl restart flanneld',
      ],
    ],
    [
      'a device with the wrong local address',
      healthy.links.map((one) =>
        one.vxlan ? { ...one, vxlan: { ...one.vxlan, local: '10.1.10.99' } } : one,
      ),
      [
        'ip link del flannel.1',
        `ip link add flannel.1 address ${macOf(11)} type vxlan id 1 local 10.1.10.11 dev eth0 dstport 8472 nolearning`,
        'systemctl restart flanneld',
      ],
    ],
  ])('has %s', (_what, links, fix) => {
    const { checks } = diagnosed({ host: read(host({ links })) });
    expect(firstFault(checks)).toMatchObject({ id: 'linux-device', fix });
  });

  it('is that of a node behind NAT, whose lease has an address that it has not', () => {
    const leases = [node(11, { PublicIP: '203.0.113.11' }), ...LEASES.slice(1)];
    const parts = { ...etcd({ leases }), nodes: NOT_READ, bigips: [] };
    expect(told(parts)).toEqual({ failed: [], warned: [] });
  });

  it('is not looked at where the network is of another backend', () => {
    const config = { ...NETWORK, Backend: { Type: 'host-gw' } };
    expect(told({ ...etcd({ config }), nodes: NOT_READ }).failed).toEqual(['etcd-config']);
  });

  it('has no bridge yet: a dash', () => {
    const links = healthy.links.filter(({ name }) => name !== 'docker0');
    const { checks } = diagnosed({ host: read(host({ links })) });
    expect(checks.filter(({ id }) => id === 'linux-bridge')).toMatchObject([{ status: 'skip' }]);
    expect(idsOf(checks, 'fail')).toEqual([]);
  });

  it('filters strictly on the flannel device: a warning', () => {
    const rpFilter = { all: 1, eth0: 0, 'flannel.1': 0 };
    expect(told({ host: read(host({ rpFilter })) })).toEqual({
      failed: [],
      warned: ['linux-rp-filter'],
    });
  });

  it.each<[what: string, probe: object, failedIds: string[], warnedIds: string[]]>([
    ['no route to the BIG-IP', { dev: null, ping: null }, ['linux-underlay'], []],
    ['nobody there', { ping: 'unreachable' }, ['linux-underlay'], []],
    ['a port that refuses', { udp: 'refused' }, ['linux-underlay'], []],
    ['no answer to a ping', { ping: 'silent' }, [], ['linux-underlay']],
    ['no program to ping with', { ping: null }, [], []],
  ])('finds %s', (_what, probe, failedIds, warnedIds) => {
    const probes = healthy.probes.map((one) => ({ ...one, ...probe }));
    expect(told({ host: read(host({ probes })) })).toEqual({
      failed: failedIds,
      warned: warnedIds,
    });
  });

  it('finds nobody at the public IP of a BIG-IP that was not read: a warning', () => {
    const probes = healthy.probes.map((one) => ({ ...one, ping: 'unreachable' as const }));
    const bigips = [{ name: 'bigip-1', device: NOT_READ }];
    expect(told({ host: read(host({ probes })), bigips })).toEqual({
      failed: [],
      warned: ['linux-underlay'],
    });
  });

  it('cannot be asked for its packet filter without root: a dash', () => {
    const state = host({ filters: null, filtersUnread: 'iptables -S: you must be root' });
    const { checks } = diagnosed({ host: read(state) });
    expect(checks.find(({ id }) => id === 'linux-packet-filter')).toMatchObject({
      status: 'skip',
      message: 'iptables -S: you must be root',
    });
  });
});

describe('what Nodes say', () => {
  const vniFirst = (n: number) => ({
    ...kubeNode(n).annotations,
    'flannel.alpha.coreos.com/backend-data': JSON.stringify({ VNI: 1, VtepMAC: macOf(n) }),
  });

  it.each<[what: string, parts: Parts, failedIds: string[], warnedIds: string[]]>([
    [
      'VNI first, read by an old CIS',
      {
        nodes: read([kubeNode(11, { annotations: vniFirst(11) }), kubeNode(12)]),
        cisVersion: '1.14.0',
      },
      ['nodes-annotations'],
      [],
    ],
    [
      'VNI first, read by a CIS that is not known',
      {
        nodes: read([kubeNode(11, { annotations: vniFirst(11) }), kubeNode(12)]),
        cisVersion: null,
      },
      [],
      ['nodes-annotations'],
    ],
    [
      'a NoExecute taint under a CIS that leaves such Nodes out',
      { nodes: read([kubeNode(11, { noExecute: ['ha'] }), kubeNode(12)]), cisVersion: '2.4.1' },
      ['nodes-cis'],
      [],
    ],
    [
      'a NoExecute taint under a newer one',
      { nodes: read([kubeNode(11, { noExecute: ['ha'] }), kubeNode(12)]) },
      [],
      [],
    ],
    [
      'not Ready',
      { nodes: read([kubeNode(11, { isReady: false }), kubeNode(12)]) },
      [],
      ['nodes-cis'],
    ],
    [
      'nothing, on many Nodes',
      {
        ...etcd({
          leases: [
            ...Array.from({ length: 30 }, (_, i) => node(i + 11)),
            reservation(BIGIP_KEY, RESERVATION),
          ],
        }),
        host: NOT_READ,
        nodes: read(Array.from({ length: 30 }, (_, i) => kubeNode(i + 11, { annotations: {} }))),
      },
      ['nodes-annotations'],
      [],
    ],
  ])('%s', (_what, parts, failedIds, warnedIds) => {
    const bigips = [{ name: 'bigip-1', device: NOT_READ }];
    expect(told({ bigips, ...parts })).toEqual({ failed: failedIds, warned: warnedIds });
  });
});

describe('what the BIG-IP has', () => {
  it.each<
    [what: string, parts: Parameters<typeof device>[0], failedIds: string[], warnedIds: string[]]
  >([
    [
      'a record of a node that is gone: a warning',
      {
        fdb: [...device().fdb, { mac: macOf(99), endpoint: '10.1.10.99', description: null }],
      },
      [],
      ['bigip-fdb'],
    ],
    [
      'a record of a node with the MAC from before',
      { fdb: [{ mac: macOf(99), endpoint: '10.1.10.11', description: null }, ...device().fdb] },
      ['bigip-fdb'],
      [],
    ],
    ['another MAC than the lease', { mac: '00:0c:29:00:00:01' }, ['bigip-tunnel'], []],
  ])('%s', (_what, parts, failedIds, warnedIds) => {
    const bigips = [{ name: 'bigip-1', device: read(device(parts)) }];
    expect(told({ bigips })).toEqual({ failed: failedIds, warned: warnedIds });
  });

  it('is kept by this program where nobody reads Nodes', () => {
    const bigips = [{ name: 'bigip-1', device: read(device({ fdb: [] })) }];
    const { checks } = diagnosed({ bigips, nodes: NOT_READ });
    expect(firstFault(checks)).toMatchObject({
      id: 'bigip-fdb',
      fix: ['flannel-bigip bigip fdb sync'],
    });
  });
});
