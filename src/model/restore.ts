import { nodesOf } from './bigip-lease.ts';
import type { Change, Plan } from './change.ts';
import { dangersOf } from './dangers.ts';
import type { LiveFinding, RuleId, Severity } from './finding.ts';
import { planCopy } from './lease-change.ts';
import { shareAddresses } from './lease-pairs.ts';
import { configChange, restartFinding } from './plan.ts';
import { isNode, type LiveLease, type LiveState } from './snapshot.ts';

/** Seconds for which flannel takes a lease; a node that is alive renews it within them. */
const NODE_LEASE_TTL = 86_400;

export interface RestoreOptions {
  /** Leases of nodes too, where none stands in their way, for a whole day. */
  readonly includeNodes?: boolean;
}

/**
 * What has to change so that config and reservations are again as they were kept, to the last
 * character. What the backup does not know stays. Pure.
 */
export function planRestore(kept: LiveState, live: LiveState, options: RestoreOptions = {}): Plan {
  const config = restoredConfig(kept, live);
  const leases = kept.leases.map((lease) => restoredLease(lease, live, options));
  const changes = [...config.changes, ...leases.flatMap((one) => one.changes)];
  const next = kept.config ?? live.config;
  const touched = new Set(changes.map(({ key }) => key));
  return {
    changes,
    problems: [
      ...config.problems,
      ...leases.flatMap((one) => one.problems),
      ...notKept(kept, live),
      ...restartFinding(changes, live),
    ],
    dangers: config.changes.length > 0 && next !== null ? dangersOf(live, next, []) : [],
    nodeCount: nodesOf(live.leases, []).filter(({ stored }) => !touched.has(stored.key)).length,
    configRevision: live.snapshot.config?.revision ?? null,
  };
}

/** Part of a plan. */
interface Part {
  readonly changes: readonly Change[];
  readonly problems: readonly LiveFinding[];
}

const NOTHING: Part = { changes: [], problems: [] };

function problem(
  rule: RuleId,
  severity: Severity,
  key: string,
  message: string,
  fix?: string,
): Part {
  return { changes: [], problems: [{ rule, severity, message, key, ...(fix ? { fix } : {}) }] };
}

function restoredConfig(kept: LiveState, live: LiveState): Part {
  const stored = kept.snapshot.config;
  if (stored === null || stored.value === live.snapshot.config?.value) return NOTHING;
  if (kept.config === null) {
    const message = 'the network config of the backup is one that flannel refuses';
    return problem('config-unreadable', 'error', stored.key, message);
  }
  return {
    changes: [configChange({ text: stored.value, config: kept.config }, live)],
    problems: [],
  };
}

function restoredLease(kept: LiveLease, live: LiveState, options: RestoreOptions): Part {
  const { key } = kept.stored;
  if (isNode(kept) && !options.includeNodes) return NOTHING;
  if (kept.subnet === null || typeof kept.value === 'string') {
    const message = `${kept.name} is nothing that flannel can read: it stays out`;
    return problem('value-unreadable', 'warning', key, message);
  }
  const now = live.leases.find((lease) => lease.stored.key === key);
  const same = now?.stored.value === kept.stored.value;
  if (now && same && isNode(now) === isNode(kept)) return NOTHING;
  if (isNode(kept) && now) {
    const message = `${kept.name} is held by a newer lease, which stays`;
    return problem('newer-lease', 'warning', key, message);
  }
  const holder = holderOf(kept, live);
  if (holder !== undefined) return clash(kept, holder);
  return { changes: [planCopy(kept, now, isNode(kept) ? NODE_LEASE_TTL : null)], problems: [] };
}

/** A live lease, other than the kept one's own reservation, that has addresses of its subnets. */
function holderOf(kept: LiveLease, live: LiveState): LiveLease | undefined {
  return live.leases.find((lease) => {
    if (lease.stored.key === kept.stored.key) return isNode(lease) && !isNode(kept);
    return shareAddresses(lease, kept);
  });
}

function clash(kept: LiveLease, holder: LiveLease): Part {
  const { key } = holder.stored;
  const who = isNode(holder) ? 'the node' : 'the reservation';
  const message = `${kept.name} has addresses that ${who} of ${holder.name} holds now`;
  // One node's lease more or less is no reason to leave the rest as it is.
  if (isNode(kept))
    return problem('subnet-held-by-node', 'warning', key, `${message}: it stays out`);
  return problem(
    'subnet-held-by-node',
    'error',
    key,
    message,
    'remove that lease first, if it is wrong',
  );
}

/** Reservations that came after the backup. */
function notKept(kept: LiveState, live: LiveState): LiveFinding[] {
  const known = new Set(kept.leases.map(({ stored }) => stored.key));
  return live.leases
    .filter((lease) => !isNode(lease) && !known.has(lease.stored.key))
    .map(({ name, stored }) => ({
      rule: 'not-in-backup',
      severity: 'warning',
      message: `${name} is a reservation that the backup does not know: it stays`,
      fix: 'take it away with remove, if it is not wanted',
      key: stored.key,
    }));
}
