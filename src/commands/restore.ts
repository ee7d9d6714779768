import { existsSync } from 'node:fs';
import path from 'node:path';
import { backupFolder } from '../files/backup.ts';
import { readText } from '../files/site-file.ts';
import { readBackup, stateOf } from '../model/backup.ts';
import type { BackupDocument } from '../model/generated/documents.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { planRestore } from '../model/restore.ts';
import type { Site } from '../model/site.ts';
import { decodeSnapshot } from '../model/snapshot.ts';
import type { Executed } from '../session/execute.ts';
import { nextCommand } from '../session/next-command.ts';
import { type Session, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import { readBackProblem, restartStep, runPlan } from '../session/write-command.ts';
import type { World } from '../world.ts';

/** `restore FILE`: shows what differs from a backup, asks, and puts config and reservations back. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const [file = '', surplus] = args.positionals;
  if (surplus !== undefined) {
    throw new Problem(`restore takes one backup, not also ${JSON.stringify(surplus)}`, {
      exit: EXIT.usage,
    });
  }
  const found = whereIs(file, args, world);
  const backup = readBackup(await readText(found, world), found);
  const loaded = await loadSiteIfAny(args, world);
  return withSession(args, world, loaded, (session) => restore(backup, args, world, session));
}

/** A bare name that is none here is one that `backup list` shows. */
function whereIs(file: string, args: Args, world: World): string {
  if (file === '-' || file.includes('/') || existsSync(path.resolve(world.cwd, file))) return file;
  const kept = path.join(backupFolder(args.text('backup-dir'), world.env, world.cwd), file);
  return existsSync(kept) ? kept : file;
}

async function restore(
  backup: BackupDocument,
  args: Args,
  world: World,
  session: Session<Site | null>,
): Promise<ExitCode> {
  const { store, live } = session;
  if (!args.on('other-cluster')) refuseOthers(backup, session);
  const kept = stateOf(backup, store.prefix);
  const options = { includeNodes: args.on('include-nodes') };
  const plan = planRestore(kept, live, options);
  const command = {
    name: 'restore',
    question: 'Restore this?',
    declined: 'Not restored; nothing was changed.',
    verify: (executed: Executed) =>
      readBackProblem(executed, async () => {
        const now = decodeSnapshot(await store.read());
        return planRestore(kept, now, options).changes;
      }),
    success: ({ done, backup: replaced }: Executed) => [
      `\nRestored and read back: ${done.length} key${done.length === 1 ? '' : 's'}.`,
      ...(replaced === null ? [] : [`The values before are in ${replaced}`]),
    ],
    next: (executed: Executed | null) =>
      (executed && restartStep(plan, executed)) ?? nextCommand('list', args),
  };
  const place = { ...session.place, atRest: 'live state is as in the backup' };
  return runPlan(plan, { ...session, place }, command, args, world);
}

/** A backup goes back where it came from, unless somebody says otherwise. */
function refuseOthers(backup: BackupDocument, { live }: Session<Site | null>): void {
  const { api, prefix, clusterId } = live.snapshot;
  const differences = [
    ['cluster', backup.clusterId, clusterId],
    ['store', backup.api, api],
    ['prefix', backup.prefix, prefix],
  ].filter(([, kept, now]) => kept !== now);
  if (differences.length === 0) return;
  const what = differences.map(([name, kept, now]) => `${name} ${kept ?? '-'}, not ${now ?? '-'}`);
  throw new Problem(`the backup is of another network: ${what.join('; ')}; nothing was changed`, {
    exit: EXIT.failed,
    fix: 'pass --other-cluster if that is meant',
  });
}
