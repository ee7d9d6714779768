import type { Subnet } from './address.ts';
import { maskSecrets } from './compare-config.ts';
import type { ListedLease } from './lease-list.ts';
import type { LiveState, StoredKey } from './snapshot.ts';

/** What `list` shows at one moment, with what it was made from. */
export interface Listing {
  readonly live: LiveState;
  readonly leases: readonly ListedLease[];
}

/** One change between two listings. */
export type ListChange =
  | {
      readonly event: 'config';
      /** The network config without secrets; null when there is none, or none that is JSON. */
      readonly config: unknown;
      /** The networks that flannel reads in it; empty when it refuses it. */
      readonly networks: readonly Subnet[];
    }
  | {
      readonly event: 'added' | 'changed' | 'removed';
      /** As it is now; a removed one as it was. */
      readonly lease: ListedLease;
    };

/**
 * What became of one listing, or of nothing: the config first, then leases that are gone, then the
 * others by address. Who replays the changes has what `list` shows: a lease also changes when
 * another lease or the config makes it a problem, or takes it out of the range. That its lifetime
 * gets shorter is no change.
 */
export function listChanges(before: Listing | null, after: Listing): ListChange[] {
  const old = new Map(before?.leases.map((lease) => [lease.key, lease]));
  const left = new Set(after.leases.map((lease) => lease.key));
  const [oldRevisions, revisions] = [revisionsOf(before), revisionsOf(after)];
  const { config } = after.live.snapshot;
  const sameConfig = before !== null && same(before.live.snapshot.config, config);
  return [
    ...(sameConfig ? [] : [configChange(after.live)]),
    ...[...old.values()]
      .filter((lease) => !left.has(lease.key))
      .map((lease) => ({ event: 'removed', lease }) as const),
    ...after.leases.flatMap((lease): ListChange[] => {
      const was = old.get(lease.key);
      if (was === undefined) return [{ event: 'added', lease }];
      const rewritten = oldRevisions.get(lease.key) !== revisions.get(lease.key);
      return rewritten || shown(was) !== shown(lease) ? [{ event: 'changed', lease }] : [];
    }),
  ];
}

function revisionsOf(listing: Listing | null): Map<string, string> {
  const leases = listing?.live.snapshot.leases ?? [];
  return new Map(leases.map(({ key, revision }) => [key, revision]));
}

function same(a: StoredKey | null, b: StoredKey | null): boolean {
  return a?.revision === b?.revision;
}

function shown(lease: ListedLease): string {
  return JSON.stringify({ ...lease, ttl: null });
}

function configChange({ snapshot, config }: LiveState): ListChange {
  const ranges = [config?.ipv4, config?.ipv6].filter((range) => range != null);
  return {
    event: 'config',
    config: configJson(snapshot.config),
    networks: ranges.map(({ network }) => network),
  };
}

function configJson(config: StoredKey | null): unknown {
  if (config === null) return null;
  try {
    return maskSecrets(JSON.parse(config.value));
  } catch {
    return null;
  }
}
