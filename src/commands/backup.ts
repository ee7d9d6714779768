import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  backupFolder,
  backupPath,
  deleteBackups,
  type KeptBackup,
  listBackups,
  writeBackup,
} from '../files/backup.ts';
import { backupOf } from '../model/backup.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';

import { shellWord } from '../model/shell-word.ts';

import { didYouMean } from '../model/suggest.ts';

import { backupJson, backupsJson, backupsText, backupText } from '../output/backup-output.ts';
import { writeProse } from '../output/prose.ts';
import { printable, styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { nextCommand, sameCommand, tellNext } from '../session/next-command.ts';
import { withSession } from '../session/open.ts';
import { type Args, parseDays } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import type { World } from '../world.ts';

/** `backup [FILE]`, `backup list`, `backup prune`: keeps flannel's keys, and tidies what is kept. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const [word, surplus] = args.positionals;
  if (surplus !== undefined) {
    throw new Problem(`backup takes one file, not also ${JSON.stringify(surplus)}`, {
      exit: EXIT.usage,
    });
  }
  if (word === 'list') return list(args, world);
  if (word === 'prune') return prune(args, world);
  if (word !== undefined && !/[./]/.test(word)) refuseMisspelt(word);
  return backup(word, args, world);
}

/** @throws Problem (exit 64) for a bare name that is near one of the words */
function refuseMisspelt(word: string): void {
  const meant = didYouMean(word, ['list', 'prune']);
  if (meant === undefined) return;
  throw new Problem(`backup ${word} would write a file of that name`, {
    exit: EXIT.usage,
    fix: `${meant} (./${word} writes the file)`,
  });
}

async function backup(file: string | undefined, args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSiteIfAny(args, world);
  return withSession(args, world, loaded, async ({ store, live }) => {
    const { snapshot } = live;
    const ttls = await store.readTtls(snapshot.leases.filter((lease) => lease.expires));
    const document = backupOf(snapshot, store.description, world.now(), ttls);
    if (file === '-') {
      await writeDocument(world.stdout, 'json', document);
      return EXIT.done;
    }
    if (file !== undefined && !args.on('force') && existsSync(path.resolve(world.cwd, file))) {
      throw new Problem(`${file} is there already`, {
        exit: EXIT.failed,
        fix: 'give another name, or --force to replace it',
      });
    }
    const target =
      file === undefined
        ? backupPath(backupFolder(args.text('backup-dir'), world.env, world.cwd), document)
        : path.resolve(world.cwd, file);
    const fix = file === undefined ? undefined : 'name a file that can be written';
    await writeBackup(target, document, fix);
    if (args.text('output') === 'json') {
      await writeDocument(world.stdout, 'json', backupJson(target, document));
    } else {
      const text = backupText(file ?? target, document);
      writeProse(world.stdout, text, world.env);
    }
    tellNext(world, args, ...restoring(file ?? target, args));
    return EXIT.done;
  });
}

function restoring(file: string, args: Args): [step: string, why: string] {
  const step = nextCommand(`restore ${shellWord(file)} --dry-run`, args);
  return [step, 'shows what would go back'];
}

async function list(args: Args, world: World): Promise<ExitCode> {
  const folder = backupFolder(args.text('backup-dir'), world.env, world.cwd);
  const kept = listBackups(folder);
  if (args.text('output') === 'json') {
    await writeDocument(world.stdout, 'json', backupsJson(kept));
  } else {
    writeLine(world.stdout, backupsText(kept, folder, styleOf(world.stdout, world.env)));
    const newest = kept.findLast(({ backup }) => backup !== null);
    if (newest === undefined) tellNext(world, args, nextCommand('backup', args));
    else tellNext(world, args, ...restoring(newest.file, args));
  }
  return EXIT.done;
}

async function prune(args: Args, world: World): Promise<ExitCode> {
  const folder = backupFolder(args.text('backup-dir'), world.env, world.cwd);
  const kept = listBackups(folder);
  const old = outdated(kept, args, world.now());
  if (!args.on('dry-run')) deleteBackups(old.map(({ file }) => file));
  if (args.text('output') === 'json') {
    await writeDocument(world.stdout, 'json', backupsJson(old));
  } else {
    const did = args.on('dry-run') ? 'would be deleted' : 'deleted';
    writeLine(
      world.stdout,
      printable(`${old.length} of ${kept.length} backups in ${folder} ${did}`),
    );
    const again = args.on('dry-run') && old.length > 0;
    tellNext(
      world,
      args,
      again ? sameCommand('backup', args, ['dry-run']) : nextCommand('backup list', args),
    );
  }
  return EXIT.done;
}

/** What `--keep` newest and `--older-than` days leave over; one of them must be given. */
function outdated(kept: readonly KeptBackup[], args: Args, now: Date): readonly KeptBackup[] {
  const [count, age] = [args.text('keep'), args.text('older-than')];
  if (count === undefined && age === undefined) {
    throw new Problem('backup prune deletes nothing without being told what', {
      exit: EXIT.usage,
      fix: 'pass --keep NUMBER, --older-than DAYS, or both',
    });
  }
  if (count !== undefined && !/^\d{1,6}$/.test(count)) {
    throw new Problem(`--keep ${count} is no number`, { exit: EXIT.usage });
  }
  const spared = new Set(count === undefined ? [] : kept.slice(-Number(count) || kept.length));
  const limit = age === undefined ? null : now.getTime() - parseDays(age, 'older-than');
  return kept.filter((one) => {
    // What cannot be read is never deleted: somebody may still make sense of it.
    if (one.backup === null || spared.has(one)) return false;
    return limit === null || Date.parse(one.backup.createdAt) < limit;
  });
}
