import { parseAddress } from '../address.ts';
import { isGroupMac } from '../mac.ts';
import type { LeaseEntries } from './entries.ts';
import { routeTo } from './routes.ts';
import type { FdbEntry, HostState, Neighbour, Route } from './state.ts';

/** How one kernel entry is: right, not there, or as the text says. */
export type EntryState =
  | { readonly is: 'right' }
  | { readonly is: 'missing' }
  | { readonly is: 'wrong'; readonly found: string };

/** The three kernel entries of a lease, held against what flanneld makes of it. */
export interface ComparedEntries {
  readonly entries: LeaseEntries;
  readonly route: EntryState;
  readonly arp: EntryState;
  readonly fdb: EntryState;
  /** FDB entries of the right MAC that lead elsewhere, beside or instead of the right one. */
  readonly misled: readonly FdbEntry[];
  /** A route to a part of the subnet that is in the way; null when there is none. */
  readonly shadow: Route | null;
}

const RIGHT: EntryState = { is: 'right' };
const MISSING: EntryState = { is: 'missing' };

/** A host's tables by what they are asked for: thousands of leases are held against them. */
export class HostTables {
  readonly #routes = new Map<string, Route[]>();
  readonly #neighbours = new Map<string, Neighbour>();
  readonly #fdb = new Map<string, FdbEntry[]>();

  constructor(readonly host: Pick<HostState, 'routes' | 'neighbours' | 'fdb' | 'links'>) {
    for (const route of host.routes) push(this.#routes, route.dst, route);
    for (const one of host.neighbours) this.#neighbours.set(`${one.dev} ${one.dst}`, one);
    for (const one of host.fdb) push(this.#fdb, `${one.dev} ${one.mac}`, one);
  }

  compare(entries: LeaseEntries): ComparedEntries {
    const { dev, overlay, mac, publicIP, direct } = entries;
    const fdb = this.#fdb.get(`${dev} ${mac}`) ?? [];
    const misled = fdb.filter(({ dst }) => dst !== publicIP);
    return {
      entries,
      route: this.route(entries),
      arp: direct === null ? arpState(this.#neighbours.get(`${dev} ${overlay}`), mac) : RIGHT,
      fdb: direct === null ? fdbState(fdb, misled) : RIGHT,
      misled,
      shadow: null,
    };
  }

  /** As `compare`, and whether a longer prefix takes an address of the subnet elsewhere. */
  compareTo(entries: LeaseEntries, address: string): ComparedEntries {
    const compared = this.compare(entries);
    const route = routeTo(this.host.routes, address);
    if (compared.route.is !== 'right' || route === undefined || route.dst === entries.subnet) {
      return compared;
    }
    return { ...compared, shadow: route };
  }

  private route({ subnet, overlay, dev, direct, publicIP }: LeaseEntries): EntryState {
    const wanted = direct === null ? { dev, gateway: overlay } : { dev: direct, gateway: publicIP };
    const routes = this.#routes.get(subnet) ?? [];
    // Of several the kernel takes the one with the smallest metric.
    const [route] = routes.toSorted((a, b) => a.metric - b.metric);
    if (route === undefined) return MISSING;
    const isRight = route.dev === wanted.dev && route.gateway === wanted.gateway;
    return isRight ? RIGHT : { is: 'wrong', found: routeText(route) };
  }
}

function push<T>(map: Map<string, T[]>, key: string, one: T): void {
  const group = map.get(key);
  if (group) group.push(one);
  else map.set(key, [one]);
}

function arpState(entry: Neighbour | undefined, mac: string): EntryState {
  // What the kernel has only tried to resolve is no entry.
  if (entry === undefined || entry.mac === null) return MISSING;
  if (entry.mac !== mac) return { is: 'wrong', found: arpText(entry) };
  return entry.isPermanent ? RIGHT : { is: 'wrong', found: `${arpText(entry)}, not permanent` };
}

function fdbState(entries: readonly FdbEntry[], misled: readonly FdbEntry[]): EntryState {
  if (entries.length === 0) return MISSING;
  if (misled.length === 0) return RIGHT;
  return { is: 'wrong', found: entries.map(fdbText).join('; ') };
}

export function routeText({ dst, gateway, dev, type }: Route): string {
  const via = gateway === null ? '' : ` via ${gateway}`;
  return `${type === 'unicast' ? '' : `${type} `}${dst}${via}${dev === null ? '' : ` dev ${dev}`}`;
}

function arpText({ dst, mac, dev }: Neighbour): string {
  return `${dst} lladdr ${mac} dev ${dev}`;
}

function fdbText({ mac, dst, dev }: FdbEntry): string {
  return `${mac}${dst === null ? '' : ` dst ${dst}`} dev ${dev}`;
}

/** What flannel devices hold that no lease stands behind. */
export interface StaleEntries {
  readonly routes: readonly Route[];
  readonly neighbours: readonly Neighbour[];
  readonly fdb: readonly FdbEntry[];
}

/** Entries of these devices that none of the leases makes; flanneld leaves some behind, others lost an event. */
export function staleEntries(
  host: Pick<HostState, 'routes' | 'neighbours' | 'fdb'>,
  all: readonly LeaseEntries[],
  devices: ReadonlySet<string>,
): StaleEntries {
  const subnets = new Set(all.map(({ subnet }) => subnet));
  const overlays = new Set(all.map(({ dev, overlay }) => `${dev} ${overlay}`));
  const macs = new Set(all.map(({ dev, mac }) => `${dev} ${mac}`));
  return {
    // Routes without a gateway are the device's own.
    routes: host.routes.filter(
      ({ dst, dev, gateway }) =>
        dev !== null && devices.has(dev) && gateway !== null && !subnets.has(dst),
    ),
    neighbours: host.neighbours.filter(
      ({ dev, dst, mac, isPermanent }) =>
        devices.has(dev) && isPermanent && mac !== null && !overlays.has(`${dev} ${dst}`),
    ),
    fdb: host.fdb.filter(
      ({ dev, mac, dst, isPermanent }) =>
        devices.has(dev) &&
        isPermanent &&
        dst !== null &&
        parseAddress(dst) !== null &&
        !isGroupMac(mac) &&
        !/^[0:]+$/.test(mac) &&
        !macs.has(`${dev} ${mac}`),
    ),
  };
}

/** The commands that take stale entries away. */
export function removalOf(stale: StaleEntries): string[] {
  return [
    ...stale.routes.map((route) => `${ipOf(route.dst)} route del ${routeText(route)}`),
    ...stale.neighbours.map(({ dst, dev }) => `${ipOf(dst)} neigh del ${dst} dev ${dev}`),
    ...stale.fdb.map(fdbRemoval),
  ];
}

/** Takes an FDB entry away. */
export function fdbRemoval({ mac, dst, dev }: FdbEntry): string {
  return `bridge fdb del ${mac} dev ${dev}${dst === null ? '' : ` dst ${dst}`} self`;
}

function ipOf(address: string): string {
  return address.includes(':') ? 'ip -6' : 'ip';
}
