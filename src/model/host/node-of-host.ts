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
  const own = host.links
    .filter(({ name: link, kind }) => !link.startsWith('flannel') && kind !== 'bridge')
    .flatMap(({ addresses }) => addresses.map(({ address }) => address));
  const byAddress = [local, ...own].find((address) => address !== null && byIP.has(address));
  return {
    config,
    deviceName: name,
    device,
    lease: byAddress ? byIP.get(byAddress) : undefined,
    publicIP: byAddress ?? local,
  };
}
