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

/** One address family's side of a BIG-IP. */
export interface BigIpFamily {
  /** The subnet of the reservation; no host bits. */
  readonly subnet: Subnet;
  /** Underlay self IP: the tunnel's local address. */
  readonly publicIP: Address;
  /** MAC address of the tunnel, lower case with colons. */
  readonly vtepMAC: string;
  /** Overlay self IP on the tunnel; the lease does not need it. */
  readonly selfIP: Address | null;
}

/** One BIG-IP unit: the pseudo-node that flannel is to see. */
export interface BigIp {
  readonly name: string;
  readonly ipv4: BigIpFamily;
  readonly ipv6: BigIpFamily | null;
}

/** A BIG-IP that could be read, with its place in the document. */
export interface PlacedBigIp {
  readonly bigip: BigIp;
  /** JSON pointer of the entry, e.g. `/bigips/0`. */
  readonly path: string;
  /** Which IPv6 keys the entry has; all of the first three or none make sense. */
  readonly ipv6Keys: readonly string[];
}
