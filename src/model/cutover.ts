import { formatAddress, formatSubnet } from './address.ts';
import type { Written } from './migrate.ts';
import { isNode, type LiveLease, type LiveState } from './snapshot.ts';

/** One node on its way from the one store to the other. */
export interface CutoverNode {
  readonly subnet: string;
  readonly publicIP: string | null;
  /** `upgraded`: it renews its lease in the new store; `copied`: only our copy is there. */
  readonly state: 'upgraded' | 'copied' | 'missing';
  /** Seconds that are left in the store it reads now. */
  readonly ttl: number | null;
}

/** What is to be done so that every flanneld reads the new store and no node loses its subnet. */
export interface Cutover {
  readonly from: 'v2' | 'v3';
  readonly to: 'v2' | 'v3';
  readonly prefix: string;
  /** The shortest time first, those that are through last. */
  readonly nodes: readonly CutoverNode[];
  /** Whether the new store holds the config, and what else must be migrated before. */
  readonly isPrepared: boolean;
  /** Seconds until the first copy ends that nobody renews; null when there is none. */
  readonly shortest: number | null;
}

interface Side {
  readonly api: 'v2' | 'v3';
  readonly live: LiveState;
  readonly ttls: ReadonlyMap<string, number>;
}

/** Where each node of the old store stands. */
export function cutover(from: Side, to: Side, written: Written): Cutover {
  const ttlOf = (side: Side, lease: LiveLease) =>
    lease.stored.ttl ?? side.ttls.get(lease.stored.key) ?? null;
  const nodes = from.live.leases.filter(isNode).flatMap((lease): CutoverNode[] => {
    if (lease.subnet === null || typeof lease.value === 'string') return [];
    const there = to.live.leases.find((one) => one.name === lease.name);
    const isCopy = there !== undefined && written[lease.name] === there.stored.revision;
    const state = there === undefined ? 'missing' : isCopy ? 'copied' : 'upgraded';
    const { publicIP } = lease.value;
    return [
      {
        subnet: formatSubnet(lease.subnet),
        publicIP: publicIP === null ? null : formatAddress(4, publicIP),
        state,
        ttl: there && isCopy ? ttlOf(to, there) : ttlOf(from, lease),
      },
    ];
  });
  const waiting = nodes.filter(({ state }) => state !== 'upgraded');
  const times = waiting.flatMap(({ ttl }) => (ttl === null ? [] : [ttl]));
  return {
    from: from.api,
    to: to.api,
    prefix: to.live.snapshot.prefix,
    nodes: nodes.toSorted(
      (a, b) =>
        Number(a.state === 'upgraded') - Number(b.state === 'upgraded') ||
        (a.ttl ?? 0) - (b.ttl ?? 0),
    ),
    isPrepared:
      to.live.snapshot.config !== null && waiting.every(({ state }) => state === 'copied'),
    shortest: times.length === 0 ? null : Math.min(...times),
  };
}
