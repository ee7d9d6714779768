import { createHash } from 'node:crypto';
import path from 'node:path';
import type { KeyStore } from '../etcd/store.ts';
import { writePrivateFile } from '../files/private-file.ts';
import { readText } from '../files/site-file.ts';
import type { Plan } from '../model/change.ts';
import type { PlanDocument } from '../model/generated/documents.ts';
import { readSavedPlan, remainingPlan, savedPlan } from '../model/saved-plan.ts';
import type { LiveState, Snapshot } from '../model/snapshot.ts';
import { printable } from '../output/style.ts';
import { writeLine } from '../output/write.ts';
import type { World } from '../world.ts';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Keeps a plan in a file that only its owner may read: a network config may hold a secret.
 *
 * @throws Problem (exit 1) when it cannot be written
 */
export async function savePlan(
  plan: Plan,
  file: string,
  {
    site,
    live,
    store,
  }: { readonly site: string; readonly live: LiveState; readonly store: KeyStore },
  world: World,
): Promise<void> {
  const origin = { site, store: store.description, snapshot: live.snapshot, now: world.now() };
  const document = savedPlan(plan, origin, sha256);
  await writePrivateFile(path.resolve(world.cwd, file), `${JSON.stringify(document, null, 2)}\n`);
  const kept = `The plan is kept in ${file}; apply --plan ${file} carries it out.`;
  writeLine(world.stderr, printable(kept));
}

/** Reads a plan that `savePlan` kept. @throws Problem (exit 3) when it is none. */
export async function loadPlan(file: string, world: World): Promise<PlanDocument> {
  return readSavedPlan(await readText(file, world), file);
}

/** What is left of a saved plan. @throws Problem (exit 1) when what it was made from has moved. */
export function stillToDo(saved: PlanDocument, snapshot: Snapshot): Plan {
  return remainingPlan(saved, snapshot, sha256);
}
