import { formatAddress } from '../address.ts';
import { effectivePort } from '../compare-config.ts';
import { profileInUse } from '../device/objects.ts';
import { routeText } from '../host/compare-entries.ts';
import type { NodeOfHost } from '../host/node-of-host.ts';
import { droppedBy, type Packet, parseFilter } from '../host/packet-filter.ts';
import { routeTo } from '../host/routes.ts';
import type { HostState, Probe } from '../host/state.ts';
import type { BigIp, Site } from '../site.ts';
import type { CheckList } from './check.ts';
import { bridgeOf, podAddress } from './host-checks.ts';
import type { UnitReading } from './readings.ts';

/** What else a packet meets on this host: packet filter, reverse path filter, underlay. */
export function checkWay(
  host: HostState,
  node: NodeOfHost,
  site: Site,
  units: readonly UnitReading[],
  list: CheckList,
): void {
  checkFilter(host, node, site, list);
  checkReversePath(host, node, site, list);
  checkUnderlay(host, node, site, units, list);
}

interface Sample {
  readonly chain: string;
  readonly packet: Packet;
  readonly what: string;
  /** What lets it pass, to be put before every other rule. */
  readonly accept: readonly string[];
}

function checkFilter(host: HostState, node: NodeOfHost, site: Site, list: CheckList): void {
  const { filters, filtersUnread } = host;
  if (filters === null) {
    list.skip('linux-packet-filter', filtersUnread ?? 'the packet filter was not read');
    return;
  }
  const told = new Set<string>();
  for (const { tool, text } of filters) {
    const chains = parseFilter(text);
    for (const { chain, packet, what, accept } of samples(host, node, site)) {
      const by = droppedBy(chains, chain, packet);
      if (by === null || told.has(`${tool} ${chain}`)) continue;
      told.add(`${tool} ${chain}`);
      list.fail('linux-packet-filter', {
        message: `${tool} drops ${what}`,
        expected: `${chain} accepts them`,
        found: by,
        fix: accept.map((rule) => `${tool} -I ${rule}`),
        advice:
          'write it into what sets up the packet filter here, so that it holds after a reboot',
      });
    }
  }
  list.pass('linux-packet-filter', 'iptables drops no packets between pods and the BIG-IP');
}

function samples(host: HostState, node: NodeOfHost, site: Site): Sample[] {
  const { lease, config, deviceName, device, publicIP } = node;
  const subnet = lease?.subnet;
  const network = config.ipv4?.network;
  if (!subnet || !network) return [];
  const range = `${formatAddress(4, network.base)}/${network.length}`;
  const bridge = bridgeOf(host, subnet)?.name ?? 'docker0';
  const pod = podAddress(subnet);
  const accept = [`FORWARD -s ${range} -j ACCEPT`, `FORWARD -d ${range} -j ACCEPT`];
  const port = effectivePort(config);
  return site.bigips.flatMap(({ name, ipv4 }): Sample[] => {
    const self = ipv4.selfIP ?? { family: 4, value: ipv4.subnet.base };
    const far = formatAddress(4, self.value);
    const vtep = formatAddress(4, ipv4.publicIP.value);
    const tcp = { protocol: 'tcp', port: 80 } as const;
    const out = { in: bridge, out: deviceName, source: pod, destination: far, ...tcp };
    const back = { in: deviceName, out: bridge, source: far, destination: pod, ...tcp };
    const input: Packet = {
      in: device?.vxlan?.underlay ?? '',
      out: null,
      source: vtep,
      destination: publicIP ?? '',
      protocol: 'udp',
      port,
    };
    return [
      { chain: 'FORWARD', packet: out, what: `packets from pods to ${name}`, accept },
      { chain: 'FORWARD', packet: back, what: `packets from ${name} to pods`, accept },
      {
        chain: 'INPUT',
        packet: input,
        what: `the VXLAN packets of ${name} (UDP port ${port})`,
        accept: [`INPUT -i ${input.in} -p udp --dport ${port} -j ACCEPT`],
      },
    ];
  });
}

/** The kernel takes the stricter of the two (ip-sysctl.rst of Linux, rp_filter). */
function filterOf({ rpFilter }: HostState, name: string): number {
  return Math.max(rpFilter['all'] ?? 0, rpFilter[name] ?? 0);
}

const STRICT = 1;

function checkReversePath(host: HostState, node: NodeOfHost, site: Site, list: CheckList): void {
  const { device, deviceName } = node;
  const underlay = device?.vxlan?.underlay;
  if (device === undefined || !underlay) {
    list.skip('linux-rp-filter', 'there is no VXLAN device', 'linux-device');
    return;
  }
  for (const bigip of site.bigips) {
    const { name, ipv4 } = bigip;
    checkPath(host, underlay, formatAddress(4, ipv4.publicIP.value), name, list);
  }
  if (filterOf(host, deviceName) === STRICT) {
    list.warn('linux-rp-filter', {
      message: `the reverse path filter of ${deviceName} is strict: packets of clients that the BIG-IP does not translate (SNAT) are dropped`,
      expected: `net.ipv4.conf.${deviceName}.rp_filter and net.ipv4.conf.all.rp_filter = 0 or 2`,
      found: '1',
      fix: loosen(host, deviceName),
    });
  }
  list.pass('linux-rp-filter', `loose or off on ${deviceName} and ${underlay}`);
}

/** In strict mode an interface takes nothing from an address to which the kernel sends by another. */
function checkPath(
  host: HostState,
  interfaceName: string,
  address: string,
  name: string,
  list: CheckList,
): void {
  if (filterOf(host, interfaceName) !== STRICT) return;
  const route = routeTo(host.routes, address);
  if (route === undefined || route.dev === interfaceName) return;
  list.fail('linux-rp-filter', {
    subject: name,
    message: `the reverse path filter of ${interfaceName} is strict and drops what ${name} sends: the way back to ${address} leads through ${route.dev}`,
    expected: `net.ipv4.conf.${interfaceName}.rp_filter = 2, or a route to ${address} through ${interfaceName}`,
    found: `rp_filter = 1; ${routeText(route)}`,
    fix: loosen(host, interfaceName),
  });
}

/** 2 is the greatest value, so it holds whatever `all` says. */
function loosen(_host: HostState, name: string): string[] {
  return [`sysctl -w net.ipv4.conf.${name.replaceAll('.', '/')}.rp_filter=2`];
}

function checkUnderlay(
  host: HostState,
  node: NodeOfHost,
  site: Site,
  units: readonly UnitReading[],
  list: CheckList,
): void {
  const port = effectivePort(node.config);
  for (const { name, ipv4 } of site.bigips) {
    const address = formatAddress(4, ipv4.publicIP.value);
    const probe = host.probes.find((one) => one.address === address);
    if (probe === undefined) continue;
    if (probe.udp === 'refused' && listensElsewhere(units, name, port)) {
      const message = `${name} does not listen at UDP port ${port} of ${address}`;
      list.skip('linux-underlay', message, 'bigip-tunnel', name);
      continue;
    }
    const isRead = units.some((unit) => unit.name === name && unit.device.state === 'read');
    tellProbe(probe, name, port, node, isRead, list);
  }
  if (host.probes.length === 0) {
    const because = node.device === undefined ? 'linux-device' : undefined;
    list.skip('linux-underlay', 'no BIG-IP was tried', because);
  }
}

/** Whether the unit itself tells that it has no tunnel, or one with another port. */
function listensElsewhere(units: readonly UnitReading[], name: string, port: number): boolean {
  const device = units.find((unit) => unit.name === name)?.device;
  if (device?.state !== 'read') return false;
  const { tunnel } = device.value;
  return tunnel === null || profileInUse(device.value)?.port !== port;
}

function tellProbe(
  probe: Probe,
  name: string,
  port: number,
  node: NodeOfHost,
  isRead: boolean,
  list: CheckList,
): void {
  const { address, dev, ping, udp } = probe;
  const expected = `${address} is reached from ${node.device?.vxlan?.underlay ?? 'the underlay'}`;
  if (dev === null) {
    list.fail('linux-underlay', {
      subject: name,
      message: `the kernel has no route to the public IP of ${name}`,
      expected,
      found: 'network is unreachable',
    });
  } else if (ping === 'unreachable' || udp === 'unreachable') {
    // Whether there is a BIG-IP at all is known only where it was read.
    list[isRead ? 'fail' : 'warn']('linux-underlay', {
      subject: name,
      message: `the public IP of ${name} is not there: nobody answers for it on ${dev}`,
      expected,
      found: 'host is unreachable',
      advice:
        "see that the BIG-IP's VLAN and underlay self IP are up, and that the address is right",
    });
  } else if (udp === 'refused') {
    list.fail('linux-underlay', {
      subject: name,
      message: `${name} refuses VXLAN packets: nothing listens at UDP port ${port} of ${address}`,
      expected: `a tunnel with local address ${address} and port ${port}`,
      found: 'port unreachable',
    });
  } else if (ping === 'silent') {
    list.warn('linux-underlay', {
      subject: name,
      message: `${address} does not answer a ping: ${name} is away, or something between drops it`,
      expected,
      found: 'no answer to a ping',
    });
  }
  list.pass('linux-underlay', `${name}: ${address} is reached through ${dev}`, name);
}

/** The BIG-IPs whose underlay address is to be tried. */
export function probedAddresses(bigips: readonly BigIp[]): string[] {
  return bigips.map(({ ipv4 }) => formatAddress(4, ipv4.publicIP.value));
}
