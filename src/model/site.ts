import type { Address, Subnet } from './address.ts';
import type { EtcdApi } from './check-network.ts';
import type { NetworkConfig } from './network-config.ts';

/** A site as declared, every value read and checked. */
export interface Site {
  readonly name: string;
  readonly etcd: EtcdSettings;
  readonly network: DeclaredNetwork;
  readonly bigips: readonly BigIp[];
  readonly kubernetes: KubernetesSettings;
}

/** What the site file says of Kubernetes; the path as written, relative to the site file. */
interface KubernetesSettings {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Label selector of Nodes that run no flannel. */
  readonly ignoreNodes?: string;
  /** Public IP by Node name. */
  readonly nodes?: Readonly<Record<string, string>>;
  /** Release of CIS, e.g. `2.16.1`. */
  readonly cisVersion?: string;
}

/** What the site file says of etcd; paths as written, to be taken relative to the site file. */
export interface EtcdSettings {
  readonly endpoints?: readonly string[];
  readonly api?: EtcdApi;
  readonly prefix?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly user?: string;
}

/** flannel's network config of the site. */
interface DeclaredNetwork {
  /** The JSON text that goes into etcd: the file's keys in the file's order. */
  readonly text: string;
  /** What flannel makes of it. */
  readonly config: NetworkConfig;
}

/** What stands in the place of a MAC that is to be read from the BIG-IP. */
export const DEVICE = 'device';

/** One address family's side of a BIG-IP. */
export interface BigIpFamily {
  /** The subnet of the reservation; no host bits. */
  readonly subnet: Subnet;
  /** Underlay self IP: the tunnel's local address. */
  readonly publicIP: Address;
  /** MAC address of the tunnel, lower case with colons; null is the device's, which is not read yet. */
  readonly vtepMAC: string | null;
  /** Overlay self IP on the tunnel; the lease does not need it. */
  readonly selfIP: Address | null;
}

/** One BIG-IP unit: the pseudo-node that flannel is to see. */
export interface BigIp {
  readonly name: string;
  readonly ipv4: BigIpFamily;
  readonly ipv6: BigIpFamily | null;
  /** Null when the site file says nothing of it. */
  readonly management: Management | null;
}

/** How iControl REST of a unit is reached, and what its objects are called. */
export interface Management {
  /** `https://HOST[:PORT]`, nothing behind it. */
  readonly url: string;
  /** Path as written, relative to the site file. */
  readonly ca: string | null;
  /** SHA-256 of the certificate: upper case hex with colons. */
  readonly fingerprint: string | null;
  readonly names: DeviceNames;
}

/** What the objects of a site are called on a unit; each without its partition. */
export interface DeviceNames {
  readonly partition: string;
  readonly tunnel: string;
  readonly profile: string;
  readonly routeDomain: number;
}

/** What objects are called where the site file does not say. */
export const DEFAULT_NAMES: DeviceNames = {
  partition: 'Common',
  tunnel: 'fl-tunnel',
  profile: 'fl-vxlan',
  routeDomain: 0,
};

/** Whether the MAC of a tunnel is to be read from the device. */
export function readsDevice({ bigips }: Pick<Site, 'bigips'>): boolean {
  return bigips.some(({ ipv4 }) => ipv4.vtepMAC === null);
}

/** A BIG-IP that could be read, with its place in the document. */
export interface PlacedBigIp {
  readonly bigip: BigIp;
  /** JSON pointer of the entry, e.g. `/bigips/0`. */
  readonly path: string;
  /** Which IPv6 keys the entry has; all of the first three or none make sense. */
  readonly ipv6Keys: readonly string[];
}
