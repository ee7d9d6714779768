import { nodesOf } from './bigip-lease.ts';
import type { Change, Plan } from './change.ts';
import { configDocument } from './compare-config.ts';
import type { LiveFinding, RuleId, Severity } from './finding.ts';
import { planCopy, planRemoval } from './lease-change.ts';
import { shareAddresses } from './lease-pairs.ts';
import { configChange } from './plan.ts';
import { isNode, type LiveLease, type LiveState } from './snapshot.ts';

/** What this program itself has written to the target: the revision of each key by its name. */
export type Written = Readonly<Record<string, string>>;

export interface MigrationInput {
  readonly source: LiveState;
  readonly target: LiveState;
  /** Seconds left of leases, by key, where a read leaves them open. */
  readonly sourceTtls: ReadonlyMap<string, number>;
  readonly targetTtls: ReadonlyMap<string, number>;
  readonly written: Written;
}

/** A copy is granted anew when the original was renewed by more than this since, in seconds. */
const RENEWED_BY = 300;

/** With less left than this a lease is gone before anybody could renew it. */
const TOO_LATE = 5;

/** The name of the network config in a record of what was written. */
const CONFIG_NAME = 'config';

/**
 * What has to be written to the target so that it holds what the source does: reservations first,
 * then nodes with the time they have left, the config last, since a flanneld that finds a config
 * picks a subnet at once if it does not find its own lease. Pure.
 *
 * A key on the target that differs and was not written by this program is never touched: a node
 * that is upgraded already has a newer lease there.
 */
export function planMigration(input: MigrationInput): Plan {
  const { source, target } = input;
  const parts = [
    ...source.leases.filter((lease) => !isNode(lease)).map((lease) => migrated(lease, input)),
    ...source.leases.filter(isNode).map((lease) => migrated(lease, input)),
    migratedConfig(input),
  ];
  const changes = parts.flatMap((part) => part.changes);
  const touched = new Set(changes.map(({ key }) => key));
  return {
    changes,
    problems: parts.flatMap((part) => part.problems),
    dangers: [],
    nodeCount: nodesOf(target.leases, []).filter(({ stored }) => !touched.has(stored.key)).length,
    configRevision: target.snapshot.config?.revision ?? null,
  };
}

interface Part {
  readonly changes: readonly Change[];
  readonly problems: readonly LiveFinding[];
}

const NOTHING: Part = { changes: [], problems: [] };

function left(
  rule: RuleId,
  key: string,
  message: string,
  fix?: string,
  severity: Severity = 'warning',
): Part {
  return { changes: [], problems: [{ rule, severity, message, key, ...(fix ? { fix } : {}) }] };
}

function migratedConfig({ source, target, written }: MigrationInput): Part {
  const [from, to] = [source.snapshot.config, target.snapshot.config];
  if (from === null || from.value === to?.value) return NOTHING;
  if (source.config === null) {
    const message = 'flannel refuses the network config of the source: it is not copied';
    return left('config-unreadable', from.key, message, 'mend it there first');
  }
  if (to !== null && written[CONFIG_NAME] !== to.revision) {
    const message = 'the network config of the target is another one, and stays';
    return left('target-differs', to.key, message, 'make one of them like the other by hand');
  }
  const next = { text: from.value, config: source.config };
  return { changes: [configChange(next, target)], problems: [] };
}

function migrated(lease: LiveLease, input: MigrationInput): Part {
  const { target, sourceTtls, written } = input;
  const key = `${target.snapshot.prefix}/subnets/${lease.name}`;
  if (lease.subnet === null || typeof lease.value === 'string') {
    const message = `${lease.name} is nothing that flannel can read: it is not copied`;
    return left('value-unreadable', lease.stored.key, message);
  }
  if (lease.name.includes('/')) {
    const message = `${lease.name} lies in a folder of its own, where v2 would read it otherwise`;
    return left('key-unreadable', lease.stored.key, message, 'put it where flannel puts leases');
  }
  const copy = { ...lease, stored: { ...lease.stored, key } };
  const ttl = isNode(lease) ? (lease.stored.ttl ?? sourceTtls.get(lease.stored.key) ?? 0) : null;
  if (ttl !== null && ttl < TOO_LATE) return NOTHING;
  const there = target.leases.find((one) => one.name === lease.name);
  if (there === undefined) return inFreePlace(copy, ttl, input);
  const isOurs = written[lease.name] === there.stored.revision;
  const isSame = there.stored.value === lease.stored.value && isNode(there) === isNode(lease);
  if (isSame) return isOurs ? renewed(copy, there, ttl, input) : NOTHING;
  if (isOurs) return { changes: [planCopy(copy, there, ttl)], problems: [] };
  if (isNode(lease)) {
    const message = `${lease.name} has a newer lease in the target, which stays`;
    return left('newer-lease', key, message);
  }
  const message = `${lease.name} is another lease in the target, which stays`;
  return left('target-differs', key, message, 'see diff --from --to; make it right by hand');
}

/** A copy goes where nobody else is, and never gives a node a second lease. */
function inFreePlace(copy: LiveLease, ttl: number | null, input: MigrationInput): Part {
  const { target, written } = input;
  const holder = target.leases.find((one) => shareAddresses(one, copy));
  if (holder !== undefined) {
    const message = `${holder.name} of the target has addresses of ${copy.name}, which is not copied`;
    return left('subnets-overlap', holder.stored.key, message);
  }
  const other = target.leases.find(
    (one) => isNode(copy) && samePublicIP(one, copy) && written[one.name] !== one.stored.revision,
  );
  if (other !== undefined) {
    const message = `the node of ${copy.name} has ${other.name} in the target already`;
    return left('newer-lease', other.stored.key, message);
  }
  return { changes: [planCopy(copy, undefined, ttl)], problems: [] };
}

function renewed(
  copy: LiveLease,
  there: LiveLease,
  ttl: number | null,
  { targetTtls }: MigrationInput,
): Part {
  const remaining = there.stored.ttl ?? targetTtls.get(there.stored.key) ?? null;
  if (ttl === null || remaining === null || ttl - remaining <= RENEWED_BY) return NOTHING;
  return { changes: [{ ...planCopy(copy, there, ttl), action: 'rewrite' }], problems: [] };
}

function samePublicIP(a: LiveLease, b: LiveLease): boolean {
  if (typeof a.value === 'string' || typeof b.value === 'string') return false;
  return a.value.publicIP !== null && a.value.publicIP === b.value.publicIP;
}

/** The name of a change's key in a record of what was written. */
export function nameOf({ kind, key }: Change): string {
  const folder = '/subnets/';
  return kind === 'config' ? CONFIG_NAME : key.slice(key.indexOf(folder) + folder.length);
}

/**
 * Which changes did not last: the key is gone, or holds another value at our own revision. What
 * somebody else has written since is theirs, such as the lease of a node that has come over.
 */
export function notKept(
  done: readonly Change[],
  target: LiveState,
  written: Written,
): readonly Change[] {
  const { config, leases } = target.snapshot;
  const live = new Map([...leases, ...(config ? [config] : [])].map((one) => [one.key, one]));
  return done.filter((change) => {
    const there = live.get(change.key);
    if (there === undefined) return true;
    return there.revision === written[nameOf(change)] && there.value !== change.value;
  });
}

/** Whether a flanneld listens on the target: somebody else's lease is there, which it renews. */
export function isListenedTo(target: LiveState, written: Written): boolean {
  return target.leases.some(
    (lease) => isNode(lease) && written[lease.name] !== lease.stored.revision,
  );
}

/** What stands in the target alone, for a comparison; a migration leaves it there. */
export function onlyInTarget(source: LiveState, target: LiveState): readonly LiveFinding[] {
  const names = new Set(source.leases.map(({ name }) => name));
  return target.leases
    .filter(({ name }) => !names.has(name))
    .flatMap((lease) => {
      const what = isNode(lease) ? 'the lease of a node' : 'a reservation';
      const message = `${lease.name} is ${what} in the target only`;
      return left('target-differs', lease.stored.key, message).problems;
    });
}

/** Where two stores differ in a plan to make one like the other; nothing left is no difference. */
export function differ(plan: Plan): boolean {
  return plan.changes.length > 0 || plan.problems.length > 0;
}

/** What is true when nothing is left to be copied to a store, though the two may differ. */
export function allCopied(to: string): string {
  return `the ${to} store holds all that can be copied`;
}

/**
 * Empties a store that no flanneld reads any more: the config first, so that none that starts by
 * mistake hands out what a reservation kept, then the reservations. Pure.
 *
 * @param old the store to be emptied
 * @param other the one that flannel reads now; it must hold all of it
 */
export function planRetirement(old: LiveState, other: LiveState): Plan {
  const { config } = old.snapshot;
  const changes = [
    ...(config === null ? [] : [configRemoval(config, old)]),
    ...old.leases.filter((lease) => !isNode(lease)).map((lease) => planRemoval(lease)),
  ];
  return {
    changes,
    problems: [...stillNeeded(old, other), ...stillRenewed(old)],
    dangers: [],
    nodeCount: 0,
    configRevision: config?.revision ?? null,
  };
}

function configRemoval(
  config: NonNullable<LiveState['snapshot']['config']>,
  old: LiveState,
): Change {
  const before = configDocument(config.value);
  return {
    action: 'delete',
    kind: 'config',
    key: `${old.snapshot.prefix}/config`,
    name: null,
    before,
    after: null,
    fields: [],
    value: null,
    ttl: null,
    liveValue: config.value,
    revision: config.revision,
  };
}

function stillNeeded(old: LiveState, other: LiveState): readonly LiveFinding[] {
  const fix = 'migrate first';
  if (other.snapshot.config === null) {
    const message = 'the other store holds no network config: flannel would have none at all';
    return left('target-differs', `${old.snapshot.prefix}/config`, message, fix, 'error').problems;
  }
  return old.leases
    .filter((lease) => !isNode(lease) && lease.subnet !== null && typeof lease.value !== 'string')
    .filter(({ name }) => !other.leases.some((one) => one.name === name && !isNode(one)))
    .flatMap(({ name, stored }) => {
      const message = `the other store has no reservation ${name}`;
      return left('target-differs', stored.key, message, fix, 'error').problems;
    });
}

/** What nobody renews goes within a day, so what is there may still be renewed. */
function stillRenewed(old: LiveState): readonly LiveFinding[] {
  return old.leases.filter(isNode).flatMap(({ name, stored }) => {
    const message = `${name} is the lease of a node that may still read this store`;
    const fix = 'a lease that nobody renews ends within 24 hours: try again then';
    return left('store-in-use', stored.key, message, fix, 'error').problems;
  });
}
