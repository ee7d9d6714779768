import { formatAddress } from '../address.ts';
import { DEFAULT_VXLAN_PORT } from '../backends.ts';
import type { NetworkConfig } from '../network-config.ts';
import { type BigIp, DEFAULT_NAMES, type DeviceNames } from '../site.ts';
import { type Named, type Profile, routed, type SelfIp, type Tunnel } from './objects.ts';

/** What a unit is to hold so that it is flannel's VTEP (F5, CIS with flannel). */
export interface DesiredDevice {
  readonly names: DeviceNames;
  readonly profile: Named<Profile>;
  readonly tunnel: Named<Tunnel>;
  /** Null when the site file declares none. */
  readonly selfIp: Named<SelfIp> | null;
}

export const LOCAL_ONLY = '/Common/traffic-group-local-only';

/** The names of a unit's objects. */
export function namesOf({ management }: Pick<BigIp, 'management'>): DeviceNames {
  return management?.names ?? DEFAULT_NAMES;
}

/** The full path of an object of a site. */
export function pathOf({ partition }: DeviceNames, name: string): string {
  return `/${partition}/${name}`;
}

/** The UDP port of flannel's tunnels: the kernel's where the config names none. */
function portOf({ vxlan }: NetworkConfig): number {
  return vxlan.port || DEFAULT_VXLAN_PORT;
}

/**
 * What a unit of the site is to hold. The self IP has the mask of flannel's whole Network: all pods
 * must be directly connected, else the BIG-IP asks no ARP entry for them.
 */
export function desiredDevice(bigip: BigIp, config: NetworkConfig): DesiredDevice {
  const names = namesOf(bigip);
  const { ipv4 } = bigip;
  const tunnel = pathOf(names, names.tunnel);
  const profile = pathOf(names, names.profile);
  const address = (value: bigint) => formatAddress(4, value);
  const length = config.ipv4?.network.length;
  return {
    names,
    profile: { path: profile, port: portOf(config), flooding: 'none' },
    tunnel: {
      path: tunnel,
      key: config.vxlan.vni,
      localAddress: routed(address(ipv4.publicIP.value), names.routeDomain),
      profile,
    },
    selfIp:
      ipv4.selfIP === null || length === undefined
        ? null
        : {
            path: pathOf(names, address(ipv4.selfIP.value)),
            address: `${routed(address(ipv4.selfIP.value), names.routeDomain)}/${length}`,
            vlan: tunnel,
            allowService: 'none',
            trafficGroup: LOCAL_ONLY,
          },
  };
}
