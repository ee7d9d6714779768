import { formatAddress } from '../address.ts';
import { bigipOf } from '../bigip-lease.ts';
import type { NetworkConfig } from '../network-config.ts';
import { deviceName } from '../pinned-device.ts';
import type { BigIp } from '../site.ts';
import type { LiveLease, LiveState } from '../snapshot.ts';
import { type HostState, type Link, linkOf } from './state.ts';

/** A host as a node of the network. */
export interface NodeOfHost {
  readonly config: NetworkConfig;
  /** `flannel.1`, or whatever the VNI of the config makes it. */
  readonly deviceName: string;
  readonly device: Link | undefined;
  /** The lease that its flanneld holds; undefined when there is none. */
  readonly lease: LiveLease | undefined;
  /** The underlay address of its VTEP, as far as it can be told. */
  readonly publicIP: string | null;
}

/** Finds out which node a host is: by the local address of its device, else by its own addresses. */
export function nodeOfHost(
  host: HostState,
  live: LiveState,
  config: NetworkConfig,
  bigips: readonly BigIp[],
): NodeOfHost {
  const name = deviceName('ipv4', config.vxlan.vni);
  const device = linkOf(host, name);
  const local = device?.vxlan?.local ?? null;
  const byIP = new Map<string, LiveLease>();
  for (const lease of live.leases) {
    const ip = typeof lease.value === 'string' ? null : lease.value.publicIP;
    if (ip !== null && bigipOf(lease, bigips) === undefined) byIP.set(formatAddress(4, ip), lease);
  }
  const own = ownAddresses(host);
  const byAddress = [local, ...own].find((address) => address !== null && byIP.has(address));
  const lease = byAddress ? byIP.get(byAddress) : leaseOfMac(device?.mac, live, bigips);
  return {
    config,
    deviceName: name,
    device,
    lease,
    publicIP: byAddress ?? local,
  };
}

/** The addresses of a host outside the pod network. */
export function ownAddresses({ links }: Pick<HostState, 'links'>): string[] {
  return links
    .filter(({ name, kind }) => !name.startsWith('flannel') && kind !== 'bridge')
    .flatMap(({ addresses }) => addresses.map(({ address }) => address));
}

/** Behind NAT (`--public-ip`) the lease has an address that the host has not. */
function leaseOfMac(
  mac: string | undefined,
  { leases }: LiveState,
  bigips: readonly BigIp[],
): LiveLease | undefined {
  if (!mac) return undefined;
  return leases.find(
    (lease) =>
      typeof lease.value !== 'string' &&
      lease.value.vtepMAC === mac &&
      bigipOf(lease, bigips) === undefined,
  );
}
