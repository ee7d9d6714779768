/**
 * What this program knows of a BIG-IP's objects, in F5's own words where they are short. Addresses
 * carry `%N` only in a route domain other than 0; MACs are lower case with colons.
 */

/** A VXLAN profile (`net tunnels vxlan`). */
export interface Profile {
  readonly port: number;
  /** `none`, `multicast`, `multipoint` or `replicator`. */
  readonly flooding: string;
}

/** A tunnel (`net tunnels tunnel`). */
export interface Tunnel {
  /** The VNI. */
  readonly key: number;
  readonly localAddress: string;
  /** Full path, e.g. `/Common/fl-vxlan`. */
  readonly profile: string;
}

/** A self IP (`net self`). */
export interface SelfIp {
  /** With its prefix length, e.g. `10.244.100.10/16`. */
  readonly address: string;
  /** Full path of the VLAN or tunnel it is on. */
  readonly vlan: string;
  /** `none`, `all`, or services by blanks, e.g. `default tcp:80`. */
  readonly allowService: string;
  /** Full path. */
  readonly trafficGroup: string;
}

/** A record of a tunnel's FDB. */
export interface FdbRecord {
  readonly mac: string;
  readonly endpoint: string;
  readonly description: string | null;
}

/** A static ARP entry (`net arp`). */
export interface ArpEntry {
  readonly ipAddress: string;
  readonly macAddress: string;
  readonly description: string | null;
}

/** An object with its full path, e.g. `/Common/fl-tunnel`. */
export type Named<T> = T & { readonly path: string };

/** Another unit of the device group. */
interface PeerUnit {
  readonly hostname: string;
  /** `active`, `standby` ...; null when it is not told. */
  readonly failoverState: string | null;
}

/** What a unit holds, as far as a site has to do with it. */
export interface DeviceState {
  /** e.g. `15.1.5`; empty when it is not told. */
  readonly version: string;
  readonly build: string;
  readonly hostname: string;
  readonly failoverState: string | null;
  readonly peers: readonly PeerUnit[];
  /** `sys db iptunnel.configsync`: whether config-sync carries tunnels to the peer; null: not told. */
  readonly configsync: boolean | null;
  /** The profile that the site names. */
  readonly profile: Named<Profile> | null;
  readonly tunnel: Named<Tunnel> | null;
  /** The profile that the tunnel has, when it is another. */
  readonly tunnelProfile: Named<Profile> | null;
  /** Every other tunnel. */
  readonly otherTunnels: readonly Named<Tunnel>[];
  /** Every self IP of the unit. */
  readonly selfIps: readonly Named<SelfIp>[];
  readonly fdb: readonly FdbRecord[];
  /** Static entries of the tunnel's partition. */
  readonly arp: readonly Named<ArpEntry>[];
  /** The tunnel's MAC; null when there is no tunnel or it was not read. */
  readonly mac: string | null;
}

/** The self IPs on the tunnel. */
export function selfIpsOn(state: DeviceState): readonly Named<SelfIp>[] {
  const { tunnel } = state;
  return tunnel === null ? [] : state.selfIps.filter(({ vlan }) => vlan === tunnel.path);
}

/** The profile that the tunnel works with. */
export function profileInUse(state: DeviceState): Named<Profile> | null {
  return state.tunnelProfile ?? state.profile;
}

/** What this program writes into the records and entries that it owns. */
export const OWN_MARK = 'flannel-bigip';

/** Names of ARP entries: CIS owns those with `k8s`, this program those of its own. */
export const OWN_ARP_PREFIX = 'flannel-';
const CIS_PREFIX = 'k8s';

/** The last part of a full path. */
export function bareName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The address of a self IP without mask and route domain. */
export function plainAddress(address: string): string {
  return address.replace(/[%/].*$/, '');
}

/** An address in a route domain, as the device writes it. */
export function routed(address: string, routeDomain: number): string {
  return routeDomain === 0 ? address : `${address}%${routeDomain}`;
}

/** The ARP entries that CIS keeps. */
export function cisEntries(state: DeviceState): readonly Named<ArpEntry>[] {
  return state.arp.filter(({ path }) => bareName(path).startsWith(CIS_PREFIX));
}

/** Whether this program made an ARP entry. */
export function isOwnEntry({ path, description }: Named<ArpEntry>): boolean {
  return bareName(path).startsWith(OWN_ARP_PREFIX) && description === OWN_MARK;
}

/** Whether this program made an FDB record. */
export function isOwnRecord({ description }: FdbRecord): boolean {
  return description === OWN_MARK;
}
