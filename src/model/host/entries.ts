import {
  contains,
  type Family,
  formatAddress,
  formatSubnet,
  hasHostBits,
  parseAddress,
  parseSubnet,
} from '../address.ts';
import { isGroupMac, isZeroMac } from '../mac.ts';
import type { NetworkConfig } from '../network-config.ts';
import { deviceName } from '../pinned-device.ts';
import type { LiveLease } from '../snapshot.ts';
import { type HostState, linkOf } from './state.ts';

/** What flanneld's kernel entries for a lease are (flannel.md, "What flanneld does with a lease"). */
export interface LeaseEntries {
  readonly lease: LiveLease;
  readonly family: Family;
  /** e.g. `10.244.100.0/24`. */
  readonly subnet: string;
  /** First address of the subnet: where the route leads, and what the ARP entry is for. */
  readonly overlay: string;
  readonly dev: string;
  readonly mac: string;
  readonly publicIP: string;
  /** With DirectRouting, in the same underlay subnet: a route through this interface and nothing else. */
  readonly direct: string | null;
}

/** The entries of one lease, both families; none for what flannel does not take in. */
export function entriesOf(
  lease: LiveLease,
  config: NetworkConfig,
  host: Pick<HostState, 'links'>,
): LeaseEntries[] {
  const { value, subnet, ipv6Subnet } = lease;
  if (typeof value === 'string' || value.backendType !== 'vxlan') return [];
  return [
    { subnet, mac: value.vtepMAC, ip: value.publicIP },
    { subnet: ipv6Subnet, mac: value.vtepMACv6, ip: value.publicIPv6 },
  ].flatMap(({ subnet, mac, ip }) => {
    if (subnet === null || mac === null || ip === null || ip === 0n) return [];
    if (hasHostBits(subnet) || isGroupMac(mac) || isZeroMac(mac)) return [];
    const { family } = subnet;
    const dev = deviceName(family === 4 ? 'ipv4' : 'ipv6', config.vxlan.vni);
    const publicIP = formatAddress(family, ip);
    return [
      {
        lease,
        family,
        subnet: formatSubnet(subnet),
        overlay: formatAddress(family, subnet.base),
        dev,
        mac,
        publicIP,
        direct: config.vxlan.directRouting ? directVia(publicIP, dev, host) : null,
      },
    ];
  });
}

/** The underlay interface in whose own subnet an address lies; null when it is further away. */
function directVia(publicIP: string, dev: string, host: Pick<HostState, 'links'>): string | null {
  const underlay = linkOf(host, linkOf(host, dev)?.vxlan?.underlay ?? '');
  const to = parseAddress(publicIP);
  const isNear = underlay?.addresses.some(({ address, length }) => {
    const subnet = parseSubnet(`${address}/${length}`);
    return subnet !== null && to?.family === subnet.family && contains(subnet, to.value);
  });
  return isNear && underlay ? underlay.name : null;
}

/** The commands by which flanneld's entries of a lease are made; each may be run again. */
export function routeCommand({ subnet, overlay, dev, direct, publicIP, family }: LeaseEntries) {
  const ip = family === 4 ? 'ip' : 'ip -6';
  return direct === null
    ? `${ip} route replace ${subnet} via ${overlay} dev ${dev} onlink`
    : `${ip} route replace ${subnet} via ${publicIP} dev ${direct}`;
}

export function arpCommand({ overlay, mac, dev, family }: LeaseEntries): string {
  const ip = family === 4 ? 'ip' : 'ip -6';
  return `${ip} neigh replace ${overlay} lladdr ${mac} dev ${dev} nud permanent`;
}

export function fdbCommand({ mac, publicIP, dev }: LeaseEntries): string {
  return `bridge fdb replace ${mac} dst ${publicIP} dev ${dev} self permanent`;
}
