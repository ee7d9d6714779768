/** What a host's kernel holds, as far as flannel has to do with it. Plain data: it goes into a bundle as it is. */

/** An interface with its addresses. */
export interface Link {
  readonly name: string;
  /** Whether it is set up; an interface without a carrier may be. */
  readonly isUp: boolean;
  readonly mtu: number;
  /** Lower case with colons; empty where it has none. */
  readonly mac: string;
  /** `bridge`, `vxlan`, `veth` ...; null for hardware. */
  readonly kind: string | null;
  readonly addresses: readonly LinkAddress[];
  /** Of a VXLAN device only. */
  readonly vxlan: VxlanFacts | null;
}

/** An address of an interface. */
export interface LinkAddress {
  readonly address: string;
  /** Prefix length. */
  readonly length: number;
}

/** What makes a VXLAN device. */
interface VxlanFacts {
  readonly vni: number;
  /** UDP port. */
  readonly port: number;
  readonly local: string | null;
  /** The underlay interface. */
  readonly underlay: string | null;
}

/** A route of the main table, IPv4 or IPv6. */
export interface Route {
  /** `10.244.100.0/24`, an address alone, or `default`. */
  readonly dst: string;
  readonly gateway: string | null;
  readonly dev: string | null;
  readonly metric: number;
  /** `unicast`, `blackhole`, `unreachable` ... */
  readonly type: string;
}

/** A neighbour (ARP or NDP) entry of a flannel device. */
export interface Neighbour {
  readonly dst: string;
  readonly mac: string | null;
  readonly dev: string;
  readonly isPermanent: boolean;
}

/** An FDB entry of a flannel device. */
export interface FdbEntry {
  readonly mac: string;
  readonly dev: string;
  /** The VTEP that it leads to. */
  readonly dst: string | null;
  readonly isPermanent: boolean;
}

/** What one packet filter says: `iptables -S` of its table `filter`. */
export interface FilterText {
  /** `iptables` or `iptables-legacy`. */
  readonly tool: string;
  readonly text: string;
}

/** How a BIG-IP's public IP answers from here. */
export interface Probe {
  readonly address: string;
  /** Where the kernel would send to it; null when it has no route. */
  readonly dev: string | null;
  /** The address it would send from. */
  readonly source: string | null;
  /** `null` where there is no program ping, or it may not be run. */
  readonly ping: 'answers' | 'silent' | 'unreachable' | null;
  /** `refused`: the host is there, and nothing listens at that UDP port. */
  readonly udp: 'silent' | 'refused' | 'unreachable';
}

export interface HostState {
  readonly hostname: string;
  /** e.g. `6.1.0-18-amd64`. */
  readonly kernel: string;
  readonly links: readonly Link[];
  readonly routes: readonly Route[];
  readonly neighbours: readonly Neighbour[];
  readonly fdb: readonly FdbEntry[];
  /** `net.ipv4.ip_forward` and `net.ipv6.conf.all.forwarding`; null when they could not be read. */
  readonly forwarding: { readonly ipv4: boolean | null; readonly ipv6: boolean | null };
  /** `net.ipv4.conf.*.rp_filter` by interface, `all` among them. */
  readonly rpFilter: Readonly<Record<string, number>>;
  /** Null when the packet filter could not be read, with the reason beside it. */
  readonly filters: readonly FilterText[] | null;
  readonly filtersUnread: string | null;
  readonly subnetEnv: { readonly path: string; readonly text: string | null };
  readonly probes: readonly Probe[];
}

/** The interface of that name. */
export function linkOf({ links }: Pick<HostState, 'links'>, name: string): Link | undefined {
  return links.find((link) => link.name === name);
}
