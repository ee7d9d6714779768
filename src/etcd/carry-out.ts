import type { Change, Plan } from '../model/change.ts';
import { StoreError } from './errors.ts';
import type { KeyStore, WriteResult } from './store.ts';

/** How far a plan got: `done` is acknowledged, nothing behind it is written but maybe `uncertain`. */
export interface CarriedOut {
  readonly done: readonly Change[];
  /** `stale`: somebody else moved a key; nothing of theirs was overwritten. */
  readonly ended: 'complete' | 'interrupted' | 'stale' | 'failed';
  readonly staleKey?: string;
  /** What the store said, when it failed. */
  readonly error?: unknown;
  /** The change in flight when the store stopped answering: it may be written or not. */
  readonly uncertain?: Change;
}

/**
 * Writes a plan's changes one after another, each guarded by the revisions the plan was made from.
 * An abort is heeded between two writes; the write in flight is finished.
 *
 * @param written told of each acknowledged write, before the next one
 */
export async function carryOut(
  plan: Plan,
  store: KeyStore,
  signal: AbortSignal,
  written: (change: Change, revision: string) => Promise<void> = () => Promise.resolve(),
): Promise<CarriedOut> {
  const done: Change[] = [];
  let configRevision = plan.configRevision;
  for (const change of plan.changes) {
    let result: WriteResult;
    try {
      result = await store.write({ ...change, configRevision }, signal);
    } catch (error) {
      const unanswered = error instanceof StoreError && error.transient;
      return { done, ended: 'failed', error, ...(unanswered ? { uncertain: change } : {}) };
    }
    if (result.outcome === 'aborted') return { done, ended: 'interrupted' };
    if (result.outcome === 'stale') return { done, ended: 'stale', staleKey: result.key };
    if (change.kind === 'config') configRevision = revisionAfter(change, result.revision);
    done.push(change);
    try {
      await written(change, result.revision);
    } catch (error) {
      return { done, ended: 'failed', error };
    }
  }
  return { done, ended: 'complete' };
}

function revisionAfter({ value }: Change, revision: string): string | null {
  return value === null ? null : revision;
}
