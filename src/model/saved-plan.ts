import { type Change, isInSync, type Plan } from './change.ts';
import { firstOf } from './first-of.ts';
import type { PlanDocument } from './generated/documents.ts';
import { validatePlan } from './generated/plan-validator.js';
import { parseKeptJson } from './json-source.ts';
import { isInside } from './key-path.ts';
import { EXIT, Problem } from './problem.ts';
import { schemaObjection } from './schema-objection.ts';
import type { Snapshot, StoredKey } from './snapshot.ts';

/** SHA-256 of a text in hexadecimal; the model computes none itself. */
export type Digest = (text: string) => string;

/** What belongs to a plan beside its changes. */
export interface PlanOrigin {
  readonly site: string | null;
  /** Where it was read, in words. */
  readonly store: string;
  readonly snapshot: Snapshot;
  readonly now: Date;
}

/** The document that keeps a plan, with what it was made from. */
export function savedPlan(plan: Plan, origin: PlanOrigin, digest: Digest): PlanDocument {
  const { snapshot } = origin;
  const count = (action: Change['action']) =>
    plan.changes.filter((change) => change.action === action).length;
  return {
    apiVersion: 'flannel-bigip/v1',
    kind: 'Plan',
    createdAt: origin.now.toISOString(),
    site: origin.site,
    store: origin.store,
    api: snapshot.api,
    prefix: snapshot.prefix,
    clusterId: snapshot.clusterId,
    revision: snapshot.revision,
    summary: {
      inSync: isInSync(plan),
      add: count('create'),
      change: count('update'),
      remove: count('delete'),
      rewrite: count('rewrite'),
      errors: plan.problems.filter(({ severity }) => severity === 'error').length,
      dangers: plan.dangers.length,
    },
    // The schema's type cannot say that a decoded value may be anything.
    changes: [...plan.changes] as unknown as PlanDocument['changes'],
    problems: plan.problems.map((problem) => ({ ...problem })),
    dangers: [...plan.dangers],
    nodeCount: plan.nodeCount,
    configRevision: plan.configRevision,
    read: Object.fromEntries(keysOf(snapshot).map((one) => [one.key, mark(one, digest)])),
  };
}

function keysOf({ config, leases }: Snapshot): StoredKey[] {
  return config === null ? [...leases] : [config, ...leases];
}

/** A lease that is only renewed has not moved. */
function mark({ value, expires }: StoredKey, digest: Digest): string {
  return `${digest(value)}${expires ? ' expires' : ''}`;
}

/**
 * Reads a saved plan's text.
 *
 * @throws Problem (exit 3) when it is none, or touches a key outside its own prefix
 */
export function readSavedPlan(text: string, file: string): PlanDocument {
  const invalid = (why: string) =>
    new Problem(`${file} is no saved plan: ${why}`, {
      exit: EXIT.invalid,
      fix: 'make one with diff --save',
    });
  const document = parseKeptJson(text, invalid);
  if (!validatePlan(document)) {
    throw invalid(schemaObjection(validatePlan.errors));
  }
  const { prefix, changes } = document;
  const wrong = changes.find(({ kind, key }) =>
    kind === 'config' ? key !== `${prefix}/config` : !isInside(key, `${prefix}/subnets/`),
  );
  if (wrong) throw invalid(`${JSON.stringify(wrong.key)} is none of its network's keys`);
  return document;
}

/**
 * The plan as far as it is still to be carried out: what an interrupted run has written already is
 * left out, and guards what follows.
 *
 * @throws Problem (exit 1) when anything that the plan was made from has moved
 */
export function remainingPlan(saved: PlanDocument, now: Snapshot, digest: Digest): Plan {
  refuseOtherNetwork(saved, now);
  const live = new Map(keysOf(now).map((one) => [one.key, one]));
  const changes = saved.changes as unknown as readonly Change[];
  const done = new Set(changes.filter((change) => isDone(change, live.get(change.key))));
  const touched = new Map(changes.map((change) => [change.key, change]));
  const moved = [...new Set([...Object.keys(saved.read), ...live.keys()])].filter((key) => {
    const change = touched.get(key);
    const one = live.get(key);
    if (change && done.has(change)) return false;
    if (change && (one?.revision ?? null) !== change.revision) return true;
    return (one && mark(one, digest)) !== saved.read[key];
  });
  const configKey = `${saved.prefix}/config`;
  const writtenConfig = changes.find((change) => change.key === configKey && done.has(change));
  const configRevision = live.get(configKey)?.revision ?? null;
  if (!writtenConfig && configRevision !== saved.configRevision) moved.unshift(configKey);
  if (moved.length > 0) throw stale([...new Set(moved)]);
  return {
    changes: changes.filter((change) => !done.has(change)),
    problems: saved.problems as unknown as Plan['problems'],
    dangers: saved.dangers,
    nodeCount: saved.nodeCount,
    configRevision,
  };
}

/** Whether a key already is what the change makes of it, though it was not when planned. */
function isDone({ action, value, ttl, revision }: Change, live: StoredKey | undefined): boolean {
  if (value === null) return live === undefined;
  if (live === undefined || live.value !== value || live.expires !== (ttl !== null)) return false;
  // A rewrite changes nothing but the revision.
  return action !== 'rewrite' || live.revision !== revision;
}

function refuseOtherNetwork(saved: PlanDocument, now: Snapshot): void {
  const differences = [
    ['cluster', saved.clusterId, now.clusterId],
    ['store', saved.api, now.api],
    ['prefix', saved.prefix, now.prefix],
  ].filter(([, planned, found]) => planned !== found);
  if (differences.length === 0) return;
  const what = differences.map(([name, planned, found]) => `${name} ${planned}, not ${found}`);
  throw new Problem(`the plan is for another network: ${what.join('; ')}; nothing was changed`, {
    exit: EXIT.failed,
    fix: 'name the etcd that it was made from',
  });
}

function stale(moved: readonly string[]): Problem {
  return new Problem(`${firstOf(moved, 5)} moved since the plan was made; nothing was changed`, {
    exit: EXIT.failed,
    fix: 'make a new plan with diff --save',
  });
}
