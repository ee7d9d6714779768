import { readFile } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import type {
  FdbEntry,
  HostState,
  Link,
  LinkAddress,
  Neighbour,
  Route,
} from '../model/host/state.ts';
import { parseMac } from '../model/mac.ts';
import { bridge, ip } from './ip.ts';
import { readFilters } from './packet-filter.ts';
import { probe } from './probe.ts';

interface ReadOptions {
  /** Path of flanneld's subnet.env. */
  readonly subnetEnv: string;
  /** Underlay addresses of the BIG-IPs, which a node tries with a ping and one UDP packet. */
  readonly probes: readonly string[];
  /** UDP port of the network's VXLAN. */
  readonly port: number;
}

/**
 * Reads what this host's kernel holds, as far as flannel has to do with it. Changes nothing; root is
 * wanted for the packet filter only.
 *
 * @throws Problem (exit 1) when iproute2 is missing or fails
 */
export async function readHost(options: ReadOptions): Promise<HostState> {
  return readHostWith(await readLinks(), options);
}

/** The network devices of this host with their addresses. @throws Problem (exit 1) as `readHost` does */
export async function readLinks(): Promise<readonly Link[]> {
  return (await json<LinkJson>('-d', 'addr', 'show')).map(linkFrom);
}

/** Reads the rest where the devices have been read before. @throws Problem (exit 1) as `readHost` does */
export async function readHostWith(
  links: readonly Link[],
  { subnetEnv, probes, port }: ReadOptions,
): Promise<HostState> {
  const [ipv4, ipv6, neighbours, fdb, filters] = await Promise.all([
    json<RouteJson>('-d', 'route', 'show', 'table', 'main'),
    json<RouteJson>('-6', '-d', 'route', 'show', 'table', 'main'),
    json<NeighbourJson>('neigh', 'show'),
    bridge('-j', 'fdb', 'show').then((text) => JSON.parse(text || '[]') as FdbJson[]),
    readFilters(),
  ]);
  // From a host that is no node the answer would say nothing.
  const tried = await Promise.all(
    (isNode(links) ? probes : []).map((address) => probe(address, port)),
  );
  const devices = new Set(links.flatMap(({ name, vxlan }) => (vxlan ? [name] : [])));
  return {
    hostname: hostname(),
    kernel: release(),
    links,
    routes: [...ipv4, ...ipv6].map(routeFrom),
    neighbours: neighbours.flatMap((one) => (devices.has(one.dev ?? '') ? neighbourFrom(one) : [])),
    fdb: fdb.flatMap((one) => (devices.has(one.ifname ?? '') ? fdbFrom(one) : [])),
    forwarding: {
      ipv4: await readSwitch('/proc/sys/net/ipv4/ip_forward'),
      ipv6: await readSwitch('/proc/sys/net/ipv6/conf/all/forwarding'),
    },
    rpFilter: await readRpFilter(links.map(({ name }) => name)),
    filters: typeof filters === 'string' ? null : filters,
    filtersUnread: typeof filters === 'string' ? filters : null,
    subnetEnv: { path: subnetEnv, text: await textOf(subnetEnv) },
    probes: tried,
  };
}

/** Whether flanneld has made a device here. */
function isNode(links: readonly Link[]): boolean {
  return links.some(({ name, vxlan }) => vxlan !== null && name.startsWith('flannel'));
}

async function json<T>(...args: readonly string[]): Promise<T[]> {
  const text = await ip('-j', ...args);
  // An empty table is printed as nothing at all by older releases.
  return JSON.parse(text || '[]') as T[];
}

interface LinkJson {
  readonly ifname?: string;
  readonly flags?: readonly string[];
  readonly mtu?: number;
  readonly address?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly id?: number;
      readonly link?: string;
      readonly local?: string;
      readonly local6?: string;
      readonly port?: number;
    };
  };
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

function linkFrom(link: LinkJson): Link {
  const { info_kind: kind, info_data: data } = link.linkinfo ?? {};
  return {
    name: link.ifname ?? '',
    isUp: link.flags?.includes('UP') ?? false,
    mtu: link.mtu ?? 0,
    mac: parseMac(link.address ?? '') ?? '',
    kind: kind ?? null,
    addresses: (link.addr_info ?? []).flatMap((one): LinkAddress[] =>
      one.local === undefined ? [] : [{ address: one.local, length: one.prefixlen ?? 0 }],
    ),
    vxlan:
      kind === 'vxlan'
        ? {
            vni: data?.id ?? 0,
            port: data?.port ?? 0,
            local: data?.local ?? data?.local6 ?? null,
            underlay: data?.link ?? null,
          }
        : null,
  };
}

interface RouteJson {
  readonly type?: string;
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly metric?: number;
}

function routeFrom({ type, dst, gateway, dev, metric }: RouteJson): Route {
  return {
    type: type ?? 'unicast',
    dst: dst ?? '',
    gateway: gateway ?? null,
    dev: dev ?? null,
    metric: metric ?? 0,
  };
}

interface NeighbourJson {
  readonly dst?: string;
  readonly dev?: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
}

function neighbourFrom({ dst, dev, lladdr, state }: NeighbourJson): Neighbour[] {
  if (dst === undefined || dev === undefined) return [];
  const isPermanent = state?.includes('PERMANENT') ?? false;
  return [{ dst, dev, mac: lladdr ?? null, isPermanent }];
}

interface FdbJson {
  readonly mac?: string;
  readonly ifname?: string;
  readonly dst?: string;
  readonly state?: string;
}

function fdbFrom({ mac, ifname, dst, state }: FdbJson): FdbEntry[] {
  if (mac === undefined || ifname === undefined) return [];
  return [{ mac, dev: ifname, dst: dst ?? null, isPermanent: state === 'permanent' }];
}

async function readRpFilter(names: readonly string[]): Promise<Record<string, number>> {
  const read = await Promise.all(
    ['all', ...names].map(async (name): Promise<[string, number][]> => {
      const text = await textOf(`/proc/sys/net/ipv4/conf/${name}/rp_filter`);
      return text === null ? [] : [[name, Number(text)]];
    }),
  );
  return Object.fromEntries(read.flat());
}

async function readSwitch(file: string): Promise<boolean | null> {
  const text = await textOf(file);
  return text === null ? null : text.trim() !== '0';
}

/** Null for what is not there or may not be read. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}
