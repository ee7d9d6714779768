import { type CarriedOut, carryOut } from '../etcd/carry-out.ts';
import { backupFolder, backupPath, writeBackup } from '../files/backup.ts';
import { backupOf } from '../model/backup.ts';
import type { Change, Plan } from '../model/change.ts';
import { EXIT, Problem } from '../model/problem.ts';
import type { Site } from '../model/site.ts';
import { confirmationOf, type PlanPlace, placeText } from '../output/plan-output.ts';
import { Progress } from '../output/progress.ts';
import type { World } from '../world.ts';
import { askName, askYes } from './ask.ts';
import type { Session } from './open.ts';
import type { Args } from './options.ts';
import { refusalOf } from './refusal.ts';

/** Throws when the store can only be read, or when live state forbids the plan. */
export function checkGuards(plan: Plan, session: Session<Site | null>): void {
  const refusal = refusalOf(plan.problems);
  if (refusal !== null) throw refusal;
  if (plan.changes.length > 0 && session.store.readOnly !== null) {
    throw new Problem(`refused: ${session.store.readOnly}`, { exit: EXIT.failed });
  }
}

/**
 * Gets a person's consent to the question: `--yes`, for a plan that endangers living nodes
 * `--confirm NAME`, or an answer at the terminal. False is a no.
 *
 * @throws Problem (exit 64) when consent is missing and nobody can be asked.
 */
export async function consent(
  plan: Plan,
  question: string,
  place: PlanPlace,
  args: Args,
  world: World,
): Promise<boolean> {
  const name = args.text('confirm');
  const wanted = confirmationOf(place);
  if (name !== undefined && name !== wanted) {
    throw new Problem(`--confirm ${name} does not name this site, which is ${wanted}`, {
      exit: EXIT.usage,
    });
  }
  const first = placeText(place);
  const endangering = plan.dangers.length > 0;
  if (name !== undefined || (args.on('yes') && !endangering)) {
    if (place.notice !== null) world.stderr.write(`${first}\n`);
    return true;
  }
  if (!endangering) return askYes(world, `${first}\n${question}`, 'pass --yes');
  if (args.on('yes')) throw endangers(plan, place);
  const what = place.site === null ? 'the prefix' : "the site's name";
  const warning = `${first}\nThis endangers living nodes. Type ${what} to go on:`;
  return askName(world, warning, wanted, `pass --confirm ${wanted}`);
}

function endangers(plan: Plan, place: PlanPlace): Problem {
  const what = plan.dangers.join('; ');
  return new Problem(`this endangers living nodes, --yes alone is not enough: ${what}`, {
    exit: EXIT.usage,
    fix: `pass --confirm ${confirmationOf(place)}`,
  });
}

/** What a plan led to. */
export interface Executed extends CarriedOut {
  /** Path of the file with the values that were replaced; null when none were. */
  readonly backup: string | null;
}

/** Keeps everything under the prefix if anything of it goes, then writes. */
export async function execute(
  plan: Plan,
  session: Session<Site | null>,
  args: Args,
  world: World,
  written?: (change: Change, revision: string) => Promise<void>,
): Promise<Executed> {
  const unread = plan.changes.find((change) => change.awaitsMac);
  if (unread) throw new Error(`the MAC of ${unread.name} is not read yet`);
  const replaces = plan.changes.some((change) => change.liveValue !== null);
  const backup = replaces ? await keepBackup(session, args, world) : null;
  const progress = new Progress(world, 'Writing', plan.changes.length);
  let count = 0;
  const told = async (change: Change, revision: string) => {
    progress.at(++count);
    await written?.(change, revision);
  };
  const carriedOut = carryOut(plan, session.store, world.signal, told);
  return { ...(await carriedOut.finally(() => progress.end())), backup };
}

/** Keeps everything under the prefix as it was read; the path of the file. */
async function keepBackup(
  { store, live }: Session<Site | null>,
  args: Args,
  world: World,
): Promise<string> {
  const folder = backupFolder(args.text('backup-dir'), world.env, world.cwd);
  const backup = backupOf(live.snapshot, store.description, world.now());
  const file = backupPath(folder, backup);
  await writeBackup(file, backup);
  return file;
}

/** How far a plan got, in words. */
function progress({ done, uncertain, backup }: Executed, plan: Plan): string {
  const keys = done.map((change) => change.key).join(', ');
  const left = plan.changes.length - done.length;
  const unknown =
    uncertain === undefined ? '' : `, and whether ${uncertain.key} was written is not known`;
  const nothing = uncertain === undefined ? 'nothing was changed' : 'nothing else was changed';
  const sum =
    done.length === 0
      ? nothing
      : `${done.length} of ${plan.changes.length} changes are done (${keys}), ${left} not`;
  const kept = backup === null ? '' : `; the values before are in ${backup}`;
  return `${sum}${unknown}${kept}`;
}

/** The failure that ended a plan early, with how far it got; null when it is complete. */
export function failureOf(executed: Executed, plan: Plan): Problem | null {
  const sum = progress(executed, plan);
  switch (executed.ended) {
    case 'complete':
      return null;
    case 'interrupted':
      return new Problem(`interrupted: ${sum}`, {
        exit: EXIT.interrupted,
        fix: 'run the same command again to go on',
      });
    case 'stale':
      return new Problem(
        `${executed.staleKey} was changed by somebody else meanwhile, nothing of theirs was overwritten: ${sum}`,
        { exit: EXIT.failed, fix: 'run diff again, then apply' },
      );
    case 'failed': {
      const { error } = executed;
      if (!(error instanceof Problem)) throw error;
      return new Problem(`${error.message}: ${sum}`, {
        exit: EXIT.failed,
        ...(error.fix ? { fix: error.fix } : {}),
        cause: error,
      });
    }
  }
}
