import type { CheckId } from '../../src/model/doctor/check.ts';
import { BIGIP_KEY, CONFIG, type Flows, type Lab } from './lab.ts';
import { must } from './shell.ts';

/** One thing that is broken, and what doctor is to say of it. */
export interface Fault {
  readonly name: string;
  /** One sentence for the README. */
  readonly what: string;
  /** The check that names it first. */
  readonly check: CheckId;
  /** Only untidy: a warning, and nothing else. */
  readonly isHarmless?: true;
  /** The flows that it breaks; none for what only lies in wait. */
  readonly breaks: readonly (keyof Flows)[];
  break(lab: Lab): Promise<void>;
}

const TO_BIGIP = ['podToBigIp', 'podToBigIpFullSize'] as const;
const BOTH_WAYS = [...TO_BIGIP, 'bigIpToPod'] as const;
const ALL = [...BOTH_WAYS, 'bigIpToOtherPod'] as const;

/** Runs shell commands on the node; MAC stands for that of the BIG-IP. */
function onNode(commands: string) {
  return async (lab: Lab) => {
    await must(lab.node.spec.name, commands.replaceAll('MAC', lab.mac));
    await lab.settle();
  };
}

/** Writes the BIG-IP's lease. */
function lease(parts: Readonly<Record<string, unknown>>) {
  return async (lab: Lab) => {
    await lab.etcd.put(BIGIP_KEY, lab.bigipLease(parts), 'for-ever');
    await lab.settle();
  };
}

/** Changes the network config, which flanneld reads when it starts. */
function config(parts: Readonly<Record<string, unknown>>) {
  return (lab: Lab) => lab.etcd.put('config', JSON.stringify({ ...CONFIG, ...parts }), 'for-ever');
}

/** Changes the objects of the BIG-IP. */
function unit(change: (lab: Lab) => void) {
  return async (lab: Lab) => {
    change(lab);
    await lab.settle();
  };
}

const TUNNEL = {
  name: 'fl-tunnel',
  partition: 'Common',
  profile: '/Common/fl-vxlan',
  key: 1,
  localAddress: '10.1.10.245',
};
const RECORDS = 'net/fdb/tunnel/~Common~fl-tunnel/records';
const STRANGER = '0e:de:ad:be:ef:01';

/** Makes the device anew with other properties, all its entries with it. */
function device(properties: string) {
  return onNode(`
    mac=$(cat /sys/class/net/flannel.1/address)
    bridge fdb show dev flannel.1 > /tmp/fdb.$$; ip route show dev flannel.1 > /tmp/route.$$
    ip neigh show dev flannel.1 > /tmp/neigh.$$
    ip link del flannel.1
    ip link add flannel.1 address $mac mtu 1450 type vxlan local 10.1.10.151 dev eth0 nolearning ${properties}
    ip link set flannel.1 up; ip addr add 10.244.10.0/32 dev flannel.1
    while read -r mac dst to rest; do bridge fdb replace $mac dev flannel.1 dst $to self permanent; done < /tmp/fdb.$$
    while read -r net via gw rest; do ip route replace $net via $gw dev flannel.1 onlink; done < /tmp/route.$$
    while read -r ip lladdr mac rest; do ip neigh replace $ip lladdr $mac dev flannel.1 nud permanent; done < /tmp/neigh.$$
    rm /tmp/fdb.$$ /tmp/route.$$ /tmp/neigh.$$`);
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'lease-missing',
    what: 'the lease of the BIG-IP was deleted',
    check: 'etcd-bigip-lease',
    breaks: ALL,
    async break(lab) {
      await lab.etcd.remove(BIGIP_KEY);
      await lab.settle();
    },
  },
  {
    name: 'lease-wrong-mac',
    what: "the lease has a MAC that is not the tunnel's",
    check: 'etcd-bigip-lease',
    breaks: ALL,
    break: lease({ BackendData: { VtepMAC: STRANGER } }),
  },
  {
    name: 'lease-wrong-public-ip',
    what: 'the lease has a public IP that is not the BIG-IP',
    check: 'etcd-bigip-lease',
    breaks: ALL,
    break: lease({ PublicIP: '10.1.10.99' }),
  },
  {
    name: 'lease-other-backend',
    what: 'the lease is of another backend, so flannel ignores it',
    check: 'etcd-bigip-lease',
    breaks: ALL,
    async break(lab) {
      await lab.etcd.remove(BIGIP_KEY);
      await lab.settle();
      await lease({ BackendType: 'udp' })(lab);
    },
  },
  {
    name: 'lease-unreadable',
    what: 'the lease was typed with typographic quotes',
    check: 'etcd-bigip-lease',
    breaks: ALL,
    async break(lab) {
      await lab.etcd.remove(BIGIP_KEY);
      await lab.settle();
      const text = lab.bigipLease().replaceAll('"', '\u201d');
      await lab.etcd.put(BIGIP_KEY, text, 'for-ever');
      await lab.settle();
    },
  },
  {
    name: 'lease-expires',
    what: 'the lease was written with a TTL that nobody renews',
    check: 'etcd-bigip-lease',
    breaks: [],
    async break(lab) {
      await lab.etcd.put(BIGIP_KEY, lab.bigipLease(), 'a-day');
      await lab.settle();
    },
  },
  {
    name: 'lease-in-other-store',
    what: 'the lease was written by etcdctl with API 2, flanneld reads v3',
    check: 'etcd-store',
    breaks: ALL,
    async break(lab) {
      await lab.etcd.remove(BIGIP_KEY);
      await lab.etcd.putOld(BIGIP_KEY, lab.bigipLease());
      await lab.settle();
    },
  },
  {
    name: 'config-missing',
    what: 'there is no network config',
    check: 'etcd-config',
    breaks: [],
    break: (lab) => lab.etcd.remove('config'),
  },
  {
    name: 'config-misspelt',
    what: 'a key of the network config is misspelt, so flannel ignores it',
    check: 'etcd-config',
    breaks: [],
    break: config({ SubnetMax: undefined, SubnetMaximum: '10.244.99.0' }),
  },
  {
    name: 'range-overlap',
    what: 'SubnetMax reaches over the subnet of the BIG-IP',
    check: 'etcd-range',
    breaks: [],
    break: config({ SubnetMax: '10.244.200.0' }),
  },
  {
    name: 'duplicate-public-ip',
    what: 'a forgotten second reservation has the public IP of the BIG-IP',
    check: 'etcd-leases',
    breaks: [],
    async break(lab) {
      await lab.etcd.put('subnets/10.244.101.0-24', lab.bigipLease(), 'for-ever');
      await lab.settle();
    },
  },
  {
    name: 'overlapping-lease',
    what: 'another reservation reaches over the subnet of the BIG-IP',
    check: 'etcd-leases',
    breaks: [],
    async break(lab) {
      const value = lab.bigipLease({ PublicIP: '10.1.10.77', BackendData: { VtepMAC: STRANGER } });
      await lab.etcd.put('subnets/10.244.100.128-25', value, 'for-ever');
      await lab.settle();
    },
  },
  {
    name: 'deafening-key',
    what: 'a key under subnets/ is none that flannel can read',
    check: 'etcd-leases',
    breaks: [],
    async break(lab) {
      await lab.etcd.put('subnets/bigip', lab.bigipLease(), 'for-ever');
      await lab.settle();
    },
  },
  {
    name: 'node-lease-expired',
    what: 'the lease of the other node has expired',
    check: 'nodes-lease',
    breaks: ['podToPod'],
    async break(lab) {
      await lab.etcd.remove(`subnets/${lab.nodes[1].leaseKey}`);
      await lab.settle();
    },
  },
  {
    name: 'own-lease-expired',
    what: 'the lease of this node has expired',
    check: 'linux-node',
    breaks: ['podToPod'],
    async break(lab) {
      await lab.etcd.remove(`subnets/${lab.node.leaseKey}`);
      await lab.settle();
    },
  },
  {
    name: 'subnet-env-of-bigip',
    what: 'subnet.env names the subnet of the BIG-IP, so flanneld takes its lease at the next start',
    check: 'linux-subnet-env',
    breaks: [],
    break: async (lab) => lab.node.writeSubnetEnv('10.244.100.0'),
  },
  {
    name: 'bridge-down',
    what: 'the bridge of the pods is down',
    check: 'linux-bridge',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode('ip link set docker0 down'),
  },
  {
    name: 'bridge-wrong-subnet',
    what: "the bridge of the pods carries a subnet that is not the node's",
    check: 'linux-bridge',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode('ip addr del 10.244.10.1/24 dev docker0; ip addr add 10.244.77.1/24 dev docker0'),
  },
  {
    name: 'ip-forward-off',
    what: 'the kernel does not forward',
    check: 'linux-ip-forward',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode('sysctl -qw net.ipv4.ip_forward=0'),
  },
  {
    name: 'forward-dropped',
    what: 'the policy of FORWARD is DROP, as Docker sets it',
    check: 'linux-packet-filter',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode('iptables -P FORWARD DROP'),
  },
  {
    name: 'udp-dropped',
    what: 'a firewall rule drops VXLAN',
    check: 'linux-packet-filter',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode('iptables -A INPUT -i eth0 -p udp -m udp --dport 8472 -j DROP'),
  },
  {
    name: 'device-missing',
    what: 'flannel.1 was deleted',
    check: 'linux-device',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode('ip link del flannel.1'),
  },
  {
    name: 'device-down',
    what: 'flannel.1 is down',
    check: 'linux-device',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode('ip link set flannel.1 down'),
  },
  {
    name: 'vni-mismatch',
    what: 'flannel.1 has another VNI than the network config',
    check: 'linux-device',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: device('id 7 dstport 8472'),
  },
  {
    name: 'port-mismatch',
    what: 'flannel.1 sends to another UDP port than the rest',
    check: 'linux-device',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: device('id 1 dstport 4789'),
  },
  {
    name: 'device-mac-changed',
    what: 'the MAC of flannel.1 has changed behind the back of flanneld',
    check: 'linux-device',
    breaks: [...BOTH_WAYS, 'podToPod'],
    break: onNode(`ip link set flannel.1 address ${STRANGER}`),
  },
  {
    name: 'mtu-too-large',
    what: 'the MTU of flannel.1 is too large for the underlay, whose MTU was lowered',
    check: 'linux-device',
    breaks: ['podToBigIpFullSize'],
    break: onNode('ip link set eth0 mtu 1400'),
  },
  {
    name: 'event-lost',
    what: "flanneld has lost the event of the BIG-IP's lease (v0.18 to v0.21.2)",
    check: 'linux-route',
    breaks: BOTH_WAYS,
    async break(lab) {
      await lab.etcd.remove(BIGIP_KEY);
      await lab.settle();
      lab.node.losesNextEvent = true;
      await lab.etcd.put(BIGIP_KEY, lab.bigipLease(), 'for-ever');
      await lab.settle();
    },
  },
  {
    name: 'mac-event-lost',
    what: "flanneld has lost the event by which the BIG-IP's MAC changed",
    check: 'linux-arp',
    breaks: BOTH_WAYS,
    async break(lab) {
      await lease({ BackendData: { VtepMAC: STRANGER } })(lab);
      lab.node.losesNextEvent = true;
      await lease({})(lab);
    },
  },
  {
    name: 'route-missing',
    what: 'the route to the subnet of the BIG-IP is missing',
    check: 'linux-route',
    breaks: BOTH_WAYS,
    break: onNode('ip route del 10.244.100.0/24'),
  },
  {
    name: 'route-wrong',
    what: 'the route to the subnet of the BIG-IP leads through another interface',
    check: 'linux-route',
    breaks: BOTH_WAYS,
    break: onNode('ip route replace 10.244.100.0/24 via 10.1.10.150 dev eth0'),
  },
  {
    name: 'route-shadowed',
    what: 'a more specific route takes the packets for the self IP elsewhere',
    check: 'linux-route',
    breaks: BOTH_WAYS,
    break: onNode('ip route add 10.244.100.10/32 via 10.1.10.150 dev eth0'),
  },
  {
    name: 'arp-missing',
    what: 'the ARP entry of the BIG-IP is missing',
    check: 'linux-arp',
    breaks: BOTH_WAYS,
    break: onNode('ip neigh del 10.244.100.0 dev flannel.1'),
  },
  {
    name: 'arp-wrong',
    what: 'the ARP entry of the BIG-IP has another MAC',
    check: 'linux-arp',
    breaks: BOTH_WAYS,
    break: onNode(`ip neigh replace 10.244.100.0 lladdr ${STRANGER} dev flannel.1 nud permanent`),
  },
  {
    name: 'fdb-missing',
    what: 'the FDB entry of the BIG-IP is missing',
    check: 'linux-fdb',
    breaks: BOTH_WAYS,
    break: onNode('bridge fdb del MAC dev flannel.1 dst 10.1.10.245 self'),
  },
  {
    name: 'fdb-wrong',
    what: 'the FDB entry of the BIG-IP leads to another endpoint',
    check: 'linux-fdb',
    breaks: BOTH_WAYS,
    break: onNode('bridge fdb replace MAC dev flannel.1 dst 10.1.10.99 self permanent'),
  },
  {
    name: 'fdb-stale',
    what: 'an FDB entry has a MAC that no lease has any more',
    check: 'linux-fdb',
    isHarmless: true,
    breaks: [],
    break: onNode(`bridge fdb add ${STRANGER} dev flannel.1 dst 10.1.10.245 self permanent`),
  },
  {
    name: 'arp-stale',
    what: 'an ARP entry is for a subnet that has no lease any more',
    check: 'linux-arp',
    isHarmless: true,
    breaks: [],
    break: onNode(`ip neigh add 10.244.55.0 lladdr ${STRANGER} dev flannel.1 nud permanent`),
  },
  {
    name: 'rp-filter-strict',
    what: 'the underlay interface checks the reverse path strictly, and the way back leads through another',
    check: 'linux-rp-filter',
    breaks: BOTH_WAYS,
    async break(lab) {
      const { name } = lab.node.spec;
      await must(
        null,
        `ip link add lab-second type veth peer name eth1 netns ${name}; ip link set lab-second master lab0 up`,
      );
      await onNode(
        'ip link set eth1 up; ip addr add 10.1.10.161/24 dev eth1 noprefixroute; ip route add 10.1.10.245/32 dev eth1; sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 net.ipv4.conf.eth0.rp_filter=1',
      )(lab);
    },
  },
  {
    name: 'tunnel-missing',
    what: 'the BIG-IP has no tunnel',
    check: 'bigip-tunnel',
    breaks: ALL,
    break: unit(({ device }) => {
      device.drop('net/self/~Common~overlay');
      for (const { name } of device.list(RECORDS)) device.drop(`${RECORDS}/${name}`);
      device.drop('net/tunnels/tunnel/~Common~fl-tunnel');
    }),
  },
  {
    name: 'tunnel-key',
    what: "the key of the BIG-IP's tunnel is not the VNI",
    check: 'bigip-tunnel',
    breaks: ALL,
    break: unit(({ device }) => device.put('net/tunnels/tunnel', { ...TUNNEL, key: 5 })),
  },
  {
    name: 'tunnel-port',
    what: "the BIG-IP's VXLAN profile has another port",
    check: 'bigip-tunnel',
    breaks: ALL,
    break: unit(({ device }) =>
      device.put('net/tunnels/vxlan', {
        name: 'fl-vxlan',
        partition: 'Common',
        port: 4789,
        floodingType: 'none',
      }),
    ),
  },
  {
    name: 'tunnel-local-address',
    what: "the local address of the BIG-IP's tunnel is not the lease's public IP",
    check: 'bigip-tunnel',
    breaks: ALL,
    break: unit(({ device }) =>
      device.put('net/tunnels/tunnel', { ...TUNNEL, localAddress: '10.1.10.246' }),
    ),
  },
  {
    name: 'self-ip-mask',
    what: 'the self IP has the mask /24 of the lease instead of /16 of the network',
    check: 'bigip-self-ip',
    breaks: ALL,
    break: unit(({ device }) =>
      device.put('net/self', {
        name: 'overlay',
        partition: 'Common',
        address: '10.244.100.10/24',
        vlan: '/Common/fl-tunnel',
      }),
    ),
  },
  {
    name: 'node-not-annotated',
    what: 'a Node has no annotations',
    check: 'nodes-annotations',
    breaks: BOTH_WAYS,
    break: unit((lab) => lab.annotate(lab.node.spec.name, null, '')),
  },
  {
    name: 'annotation-stale',
    what: 'a Node is annotated with the MAC from before its reboot',
    check: 'nodes-annotations',
    breaks: BOTH_WAYS,
    break: unit((lab) => {
      const { name, publicIP } = lab.node.spec;
      lab.annotate(name, STRANGER, publicIP);
    }),
  },
  {
    name: 'annotation-vni-first',
    what: 'an annotation begins with VNI, and CIS 1.14.0 takes its second word for the MAC',
    check: 'nodes-annotations',
    breaks: BOTH_WAYS,
    break: unit((lab) => {
      const { name, publicIP, mac } = lab.node.spec;
      lab.cis.version = '1.14.0';
      lab.writeSite('1.14.0');
      lab.annotate(name, mac, publicIP, JSON.stringify({ VNI: 1, VtepMAC: mac }));
    }),
  },
  {
    name: 'bigip-fdb-missing',
    what: 'the BIG-IP has no FDB record of a node',
    check: 'bigip-fdb',
    breaks: BOTH_WAYS,
    break: unit(({ cis, device, node }) => {
      cis.hangs = true;
      device.drop(`${RECORDS}/${node.spec.mac}`);
    }),
  },
  {
    name: 'bigip-arp-stale',
    what: 'the BIG-IP has an ARP entry of a pod with the MAC from before a reboot',
    check: 'bigip-arp',
    breaks: BOTH_WAYS,
    break: unit(({ device, node }) =>
      device.put('net/arp', {
        name: `k8s-${node.podIP}`,
        partition: 'Common',
        ipAddress: node.podIP,
        macAddress: STRANGER,
      }),
    ),
  },
];
