import { annotationsOf } from '../../../src/model/annotations.ts';
import type { DeviceState } from '../../../src/model/device/objects.ts';
import type { Check, CheckStatus } from '../../../src/model/doctor/check.ts';
import { diagnose } from '../../../src/model/doctor/diagnose.ts';
import type { Reading, Readings } from '../../../src/model/doctor/readings.ts';
import type { HostState, Link } from '../../../src/model/host/state.ts';
import type { KubeNode } from '../../../src/model/kube-node.ts';
import type { Site } from '../../../src/model/site.ts';
import type { LiveState, StoredKey } from '../../../src/model/snapshot.ts';
import { BIGIP_KEY, liveOf, node, RESERVATION, reservation, siteOf } from '../snapshots.ts';

/** A healthy site for tests to break: nodes 11 and 12 of `10.1.10.N`, doctor runs on 11. */
export const BIGIP_MAC = '00:0c:29:2e:db:2e';

export function macOf(n: number): string {
  return `0a:00:00:00:00:${n.toString(16).padStart(2, '0')}`;
}

export const LEASES: readonly StoredKey[] = [
  node(11),
  node(12),
  reservation(BIGIP_KEY, RESERVATION),
];

export function link(name: string, parts: Partial<Link> = {}): Link {
  return { name, isUp: true, mtu: 1500, mac: '', kind: null, addresses: [], vxlan: null, ...parts };
}

export function host(parts: Partial<HostState> = {}): HostState {
  const entries = [
    { subnet: '10.244.12.0', mac: macOf(12), ip: '10.1.10.12' },
    { subnet: '10.244.100.0', mac: BIGIP_MAC, ip: '10.1.10.245' },
  ];
  const dev = 'flannel.1';
  return {
    hostname: 'node-11',
    kernel: '6.1.0',
    links: [
      link('eth0', { addresses: [{ address: '10.1.10.11', length: 24 }] }),
      link('docker0', { kind: 'bridge', addresses: [{ address: '10.244.11.1', length: 24 }] }),
      link(dev, {
        kind: 'vxlan',
        mtu: 1450,
        mac: macOf(11),
        addresses: [{ address: '10.244.11.0', length: 32 }],
        vxlan: { vni: 1, port: 8472, local: '10.1.10.11', underlay: 'eth0' },
      }),
    ],
    routes: entries.map(({ subnet }) => ({
      dst: `${subnet}/24`,
      gateway: subnet,
      dev,
      metric: 0,
      type: 'unicast',
    })),
    neighbours: entries.map(({ subnet, mac }) => ({ dst: subnet, mac, dev, isPermanent: true })),
    fdb: entries.map(({ mac, ip }) => ({ mac, dst: ip, dev, isPermanent: true })),
    forwarding: { ipv4: true, ipv6: true },
    rpFilter: { all: 0, eth0: 0, 'flannel.1': 0 },
    filters: [],
    filtersUnread: null,
    subnetEnv: { path: '/run/flannel/subnet.env', text: 'FLANNEL_SUBNET=10.244.11.1/24\n' },
    probes: [
      { address: '10.1.10.245', dev: 'eth0', source: '10.1.10.11', ping: 'answers', udp: 'silent' },
    ],
    ...parts,
  };
}

export function kubeNode(n: number, parts: Partial<KubeNode> = {}): KubeNode {
  return {
    name: `node-${n}`,
    resourceVersion: '1',
    internalIPs: [`10.1.10.${n}`],
    externalIPs: [],
    labels: {},
    annotations: annotationsOf(`10.1.10.${n}`, macOf(n)),
    isReady: true,
    noExecute: [],
    ...parts,
  };
}

export function device(parts: Partial<DeviceState> = {}): DeviceState {
  const profile = { path: '/Common/fl-vxlan', port: 8472, flooding: 'none' };
  return {
    version: '15.1.5',
    build: '0.0.1',
    hostname: 'bigip-1.example.com',
    failoverState: 'active',
    peers: [],
    configsync: null,
    profile,
    tunnel: {
      path: '/Common/fl-tunnel',
      key: 1,
      localAddress: '10.1.10.245',
      profile: profile.path,
    },
    tunnelProfile: null,
    otherTunnels: [],
    selfIps: [
      {
        path: '/Common/overlay',
        address: '10.244.100.10/16',
        vlan: '/Common/fl-tunnel',
        allowService: 'none',
        trafficGroup: '/Common/traffic-group-local-only',
      },
      {
        path: '/Common/underlay',
        address: '10.1.10.245/24',
        vlan: '/Common/external',
        allowService: 'none',
        trafficGroup: '/Common/traffic-group-local-only',
      },
    ],
    fdb: [11, 12].map((n) => ({ mac: macOf(n), endpoint: `10.1.10.${n}`, description: null })),
    arp: [],
    mac: BIGIP_MAC,
    ...parts,
  };
}

export function read<T>(value: T): Reading<T> {
  return { state: 'read', value };
}

export const NOT_READ = { state: 'skipped', why: 'it is left out' } as const;

/** etcd as one store. */
export function store(live: LiveState, description = 'etcd v3 at http://127.0.0.1:2379') {
  return { description, snapshot: live.snapshot };
}

export function readings(parts: Partial<Readings> = {}): Readings {
  return {
    takenAt: '2026-01-02T03:04:05.000Z',
    etcd: read({ asked: 'auto', stores: [store(liveOf({ leases: LEASES }))] }),
    nodes: read([kubeNode(11), kubeNode(12)]),
    host: read(host()),
    bigips: [{ name: 'bigip-1', device: read(device()) }],
    cisVersion: '2.16.1',
    ...parts,
  };
}

/** The diagnosis of readings, commands written without any flags. */
export function diagnosed(parts: Partial<Readings> = {}, site: Site = siteOf()) {
  return diagnose(site, readings(parts), { own: (words) => `flannel-bigip ${words}` });
}

/** The ids of checks with a status, each once and in their order. */
export function idsOf(checks: readonly Check[], status: CheckStatus): string[] {
  return [...new Set(checks.filter((one) => one.status === status).map(({ id }) => id))];
}

/** What failed and what was worth a warning. */
export function told(parts: Partial<Readings> = {}, site?: Site) {
  const { checks } = diagnosed(parts, site);
  return { failed: idsOf(checks, 'fail'), warned: idsOf(checks, 'warn') };
}
