import type { FieldChange } from './compare-config.ts';
import type { LiveFinding } from './finding.ts';

type Action = 'create' | 'update' | 'delete' | 'rewrite';

/** One key that is to change, with what it is guarded by. */
export interface Change {
  /** `rewrite` puts an equal value again, for nodes whose flanneld missed the event. */
  readonly action: Action;
  readonly kind: 'config' | 'lease';
  readonly key: string;
  /** The BIG-IP the lease belongs to. */
  readonly name: string | null;
  /** The decoded value; undecodable text as it is; null when there is none. */
  readonly before: unknown;
  readonly after: unknown;
  readonly fields: readonly FieldChange[];
  /** What is written; null removes the key. */
  readonly value: string | null;
  /** Whole seconds the key is to last; null keeps it for ever. */
  readonly ttl: number | null;
  /** The live value that goes, for the guard of a removal; null when the key is new. */
  readonly liveValue: string | null;
  /** The revision the plan was made from; null when the key must not exist. */
  readonly revision: string | null;
  /** The tunnel's MAC is not read yet: this is shown, and never written as it is. */
  readonly awaitsMac?: true;
}

/** What has to change so that live state is what the site declares. */
export interface Plan {
  /** In the order in which they are carried out. */
  readonly changes: readonly Change[];
  readonly problems: readonly LiveFinding[];
  /** Why living nodes suffer from it; empty when none does. */
  readonly dangers: readonly string[];
  /** How many leases of nodes stay as they are. */
  readonly nodeCount: number;
  /** Revision of the config at planning time, null when there was none: each write's second guard. */
  readonly configRevision: string | null;
}

/** Nothing to do: the keys of etcd are none of what is asked for. */
export function emptyPlan(configRevision: string | null): Plan {
  return { changes: [], problems: [], dangers: [], nodeCount: 0, configRevision };
}

/** Whether nothing is to be done and nothing is wrong. */
export function isInSync(plan: Plan): boolean {
  return plan.changes.length === 0 && plan.problems.every((one) => one.severity !== 'error');
}
