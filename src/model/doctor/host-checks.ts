import {
  contains,
  formatAddress,
  formatSubnet,
  parseAddress,
  parseSubnet,
  subnetContains,
  subnetsOverlap,
} from '../address.ts';
import { effectivePort } from '../compare-config.ts';
import { type NodeOfHost, ownAddresses } from '../host/node-of-host.ts';
import { type HostState, type Link, linkOf } from '../host/state.ts';
import { parseSubnetEnv } from '../host/subnet-env.ts';
import type { NetworkConfig } from '../network-config.ts';
import type { Site } from '../site.ts';
import type { LiveLease } from '../snapshot.ts';
import type { CheckList } from './check.ts';
import { type Commands, RESTART } from './commands.ts';

/** What VXLAN over IPv4 takes off the underlay's MTU (RFC 7348; flannel.md, "Own side"). */
const OVERHEAD = { ipv4: 50, ipv6: 70 };

/** Whether the host has a lease, and what stands around its device. */
export function checkNode(
  host: HostState,
  node: NodeOfHost,
  site: Site,
  list: CheckList,
  commands: Commands,
): void {
  checkOwnLease(node, list);
  checkSubnetEnv(host, node, site, list);
  checkBridge(host, node, list);
  checkForwarding(host, node, list);
  checkDevice(host, node, list, commands);
}

function checkOwnLease({ lease, publicIP, deviceName }: NodeOfHost, list: CheckList): void {
  if (lease !== undefined) {
    const ip = publicIP ?? '';
    list.pass('linux-node', `this host is the node ${ip}, with the lease ${lease.name}`);
    return;
  }
  list.fail('linux-node', {
    message:
      publicIP === null
        ? `no lease has an address of this host, and there is no ${deviceName}`
        : `there is no lease of this node, ${publicIP}: it has expired, or flanneld never got one`,
    expected: `a lease with an address of this host as its PublicIP`,
    found: 'none among the leases that were read',
    fix: [RESTART],
    advice: 'see its log where that does not help: journalctl -u flanneld',
  });
}

function checkSubnetEnv(
  { subnetEnv: { path, text } }: HostState,
  { lease, device }: NodeOfHost,
  site: Site,
  list: CheckList,
): void {
  if (text === null) {
    list.skip('linux-subnet-env', `there is no ${path} (--subnet-env names another)`);
    return;
  }
  const { subnet: written, mtu } = parseSubnetEnv(text);
  const subnet = written === null ? null : parseSubnet(written);
  const of = subnet && site.bigips.find(({ ipv4 }) => subnetsOverlap(ipv4.subnet, subnet));
  const fix = [RESTART];
  if (of) {
    list.fail('linux-subnet-env', {
      message: `${path} names the subnet of ${of.name}: flanneld up to v0.17 deletes or takes over its lease when it starts`,
      expected: lease?.subnet ? `FLANNEL_SUBNET within ${formatSubnet(lease.subnet)}` : 'another',
      found: `FLANNEL_SUBNET=${written}`,
      fix: [`rm ${path}`, RESTART],
      rule: 'subnet-held-by-node',
    });
    return;
  }
  if (lease?.subnet && subnet && !subnetContains(lease.subnet, subnet)) {
    list.fail('linux-subnet-env', {
      message: `${path} is not about the lease of this node: what reads it gives pods addresses that nobody routes here`,
      expected: `FLANNEL_SUBNET within ${formatSubnet(lease.subnet)}`,
      found: `FLANNEL_SUBNET=${written}`,
      fix,
      advice: 'restart what reads it afterwards: Docker or the CNI plugin, then the pods',
    });
  }
  if (mtu !== null && device && mtu > device.mtu) {
    list.warn('linux-subnet-env', {
      message: `${path} gives pods an MTU that ${device.name} does not carry`,
      expected: `FLANNEL_MTU=${device.mtu}`,
      found: `FLANNEL_MTU=${mtu}`,
      fix,
    });
  }
  list.pass('linux-subnet-env', `${path} agrees with the lease`);
}

/** Bridges that container runtimes put pods behind, by what they are called. */
const POD_BRIDGES = ['docker0', 'cni0', 'cbr0'];

function checkBridge(host: HostState, { lease, config }: NodeOfHost, list: CheckList): void {
  if (!lease?.subnet) {
    list.skip('linux-bridge', 'the lease of this node is not known', 'linux-node');
    return;
  }
  const wanted = formatSubnet(lease.subnet);
  const bridge = bridgeOf(host, lease.subnet);
  if (bridge !== undefined) {
    if (!bridge.isUp) {
      list.fail('linux-bridge', {
        message: `the bridge ${bridge.name} is down: no pod of this node reaches anything`,
        expected: 'UP',
        found: 'DOWN',
        fix: [`ip link set dev ${bridge.name} up`],
      });
    }
    list.pass('linux-bridge', `${bridge.name} carries ${wanted}`);
    return;
  }
  const network = config.ipv4?.network;
  for (const name of POD_BRIDGES) {
    const link = linkOf(host, name);
    const stray = link?.addresses.find(({ address }) => {
      const value = parseAddress(address);
      return value?.family === 4 && network !== undefined && contains(network, value.value);
    });
    if (!stray) continue;
    const first = formatAddress(4, lease.subnet.base + 1n);
    list.fail('linux-bridge', {
      message: `the bridge ${name} carries a subnet that is not this node's: answers to its pods go to another node or nowhere`,
      expected: `an address in ${wanted}`,
      found: `${stray.address}/${stray.length}`,
      fix: [
        `ip addr del ${stray.address}/${stray.length} dev ${name}`,
        `ip addr add ${first}/${lease.subnet.length} dev ${name}`,
      ],
      advice: 'then recreate the pods; restart Docker where it reads subnet.env',
    });
    return;
  }
  list.skip('linux-bridge', `no bridge carries ${wanted}: there is no pod here yet`);
}

/** The bridge that has an address in the node's subnet. */
export function bridgeOf(
  { links }: Pick<HostState, 'links'>,
  subnet: { readonly family: 4 | 6; readonly base: bigint; readonly length: number },
): Link | undefined {
  return links.find(
    ({ name, addresses }) =>
      !name.startsWith('flannel') &&
      addresses.some(({ address }) => {
        const value = parseAddress(address);
        return value?.family === subnet.family && contains(subnet, value.value);
      }),
  );
}

function checkForwarding({ forwarding }: HostState, { config }: NodeOfHost, list: CheckList): void {
  const wanted = [
    { on: forwarding.ipv4, is: config.ipv4 !== null, name: 'net.ipv4.ip_forward' },
    { on: forwarding.ipv6, is: config.ipv6 !== null, name: 'net.ipv6.conf.all.forwarding' },
  ].filter(({ is }) => is);
  for (const { on, name } of wanted) {
    if (on !== false) continue;
    list.fail('linux-ip-forward', {
      message: 'the kernel forwards nothing between pods and the tunnel',
      expected: `${name} = 1`,
      found: `${name} = 0`,
      fix: [`sysctl -w ${name}=1`],
      advice: `write it into /etc/sysctl.d/ too, so that it holds after a reboot`,
    });
  }
  if (wanted.every(({ on }) => on === null)) {
    list.skip('linux-ip-forward', '/proc/sys could not be read');
    return;
  }
  list.pass('linux-ip-forward', wanted.map(({ name }) => `${name} = 1`).join(', '));
}

function checkDevice(host: HostState, node: NodeOfHost, list: CheckList, commands: Commands): void {
  const { device, deviceName: name, config, lease } = node;
  const { vni } = config.vxlan;
  const fail = (message: string, expected: string, found: string, fix: readonly string[]) =>
    list.fail('linux-device', { subject: name, message, expected, found, fix });
  if (device === undefined) {
    const others = host.links.filter(({ name: other, vxlan }) => vxlan && /^flannel\./.test(other));
    const found =
      others.length > 0 ? `${others.map((one) => one.name).join(', ')}` : 'no flannel device';
    const message = others.length
      ? `there is no ${name}: flanneld still works with another VNI than the config says`
      : `there is no ${name}: flanneld does not run here, or cannot make it`;
    fail(message, `${name} with VNI ${vni}`, found, anew(host, node));
    return;
  }
  if (device.vxlan === null) {
    fail(`${name} is no VXLAN device`, 'vxlan', device.kind ?? 'another kind', anew(host, node));
    return;
  }
  const remade = anew(host, node);
  const faults = [
    ...ownFaults(device, device.vxlan, config, remade, commands),
    ...leaseFaults(host, device, device.vxlan, lease, remade, commands),
    ...mtuFaults(device, linkOf(host, device.vxlan.underlay ?? '')),
  ];
  for (const fault of faults) list.fail('linux-device', { subject: name, ...fault });
  list.pass('linux-device', deviceText(device), name);
}

/** What is wrong with a device, and what mends it. */
interface DeviceFault {
  readonly message: string;
  readonly expected: string;
  readonly found: string;
  readonly fix: readonly string[];
}

/**
 * What makes the device as flanneld wants it, with the MAC that everybody knows: flanneld uses it as it is
 * (flannel.md, "The MAC of flannel.VNI"). By itself it would take a MAC that nobody knows yet.
 */
function anew({ links }: HostState, node: NodeOfHost): string[] {
  const { deviceName: name, device, lease, config, publicIP } = node;
  const value = typeof lease?.value === 'string' ? undefined : lease?.value;
  const now = device?.vxlan?.local ?? null;
  const local = now !== null && ownAddresses({ links }).includes(now) ? now : publicIP;
  const underlay = links.find(({ addresses }) => addresses.some((one) => one.address === local));
  const removal = device === undefined ? [] : [`ip link del ${name}`];
  if (!value?.vtepMAC || !underlay) return [...removal, RESTART];
  const gbp = config.vxlan.gbp ? ' gbp' : '';
  const made = `ip link add ${name} address ${value.vtepMAC} type vxlan id ${config.vxlan.vni} local ${local} dev ${underlay.name} dstport ${effectivePort(config)} nolearning${gbp}`;
  return [...removal, made, RESTART];
}

type Vxlan = NonNullable<Link['vxlan']>;

function ownFaults(
  { name, isUp }: Link,
  vxlan: Vxlan,
  config: NetworkConfig,
  remade: readonly string[],
  commands: Commands,
): DeviceFault[] {
  const { vni } = config.vxlan;
  const port = effectivePort(config);
  const fault = (message: string, expected: number, found: number): DeviceFault => {
    return { message, expected: `${expected}`, found: `${found}`, fix: remade };
  };
  const up = [`ip link set dev ${name} up`, commands.own('node repair --yes')];
  return [
    ...(vxlan.vni === vni
      ? []
      : [fault(`${name} has another VNI than the network config`, vni, vxlan.vni)]),
    ...(vxlan.port === port
      ? []
      : [
          fault(`${name} sends to another UDP port than the rest of the network`, port, vxlan.port),
        ]),
    ...(isUp
      ? []
      : [
          {
            message: `${name} is down: its routes are gone with it`,
            expected: 'UP',
            found: 'DOWN',
            fix: up,
          },
        ]),
  ];
}

function leaseFaults(
  host: HostState,
  { name, mac }: Link,
  { local }: Vxlan,
  lease: LiveLease | undefined,
  remade: readonly string[],
  commands: Commands,
): DeviceFault[] {
  const value = typeof lease?.value === 'string' ? undefined : lease?.value;
  const publicIP = value?.publicIP ? formatAddress(4, value.publicIP) : local;
  const wanted = value?.vtepMAC ?? mac;
  // Behind NAT the lease has another address than the host; what the host has is right either way.
  const isOwn = local !== null && ownAddresses(host).includes(local);
  return [
    ...(local === publicIP || isOwn
      ? []
      : [
          {
            message: `${name} sends from another address than its lease says`,
            expected: `${publicIP}`,
            found: local ?? 'none',
            fix: remade,
          },
        ]),
    ...(wanted === mac
      ? []
      : [
          {
            message: `${name} has another MAC than its lease: what others send it is dropped`,
            expected: wanted,
            found: mac,
            // The kernel forgets a device's ARP entries when its MAC changes.
            fix: [`ip link set dev ${name} address ${wanted}`, commands.own('node repair --yes')],
          },
        ]),
  ];
}

function deviceText({ name, mac, mtu, vxlan }: Link): string {
  return `${name} is up: VNI ${vxlan?.vni}, port ${vxlan?.port}, local ${vxlan?.local}, MTU ${mtu}, MAC ${mac}`;
}

function mtuFaults(device: Link, underlay: Link | undefined): DeviceFault[] {
  if (underlay === undefined) return [];
  const family = device.vxlan?.local?.includes(':') ? 'ipv6' : 'ipv4';
  const fits = underlay.mtu - OVERHEAD[family];
  if (device.mtu <= fits) return [];
  return [
    {
      message: `the MTU of ${device.name} is too large for ${underlay.name}: large packets are lost`,
      expected: `at most ${fits} (${underlay.mtu} - ${OVERHEAD[family]})`,
      found: `${device.mtu}`,
      fix: [`ip link set dev ${device.name} mtu ${fits}`],
    },
  ];
}

/** An address in the node's subnet, as a pod has one. */
export function podAddress(subnet: { readonly family: 4 | 6; readonly base: bigint }): string {
  return formatAddress(subnet.family, subnet.base + 2n);
}
