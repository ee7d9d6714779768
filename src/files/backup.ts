import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { readBackup } from '../model/backup.ts';
import type { BackupDocument } from '../model/generated/documents.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { writePrivateFile } from './private-file.ts';
import { readFileText } from './site-file.ts';
import { stateFolder } from './state-folder.ts';

/** Where backups go: `--backup-dir`, else under the XDG state folder. */
export function backupFolder(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  if (flag !== undefined) return path.resolve(cwd, flag);
  return path.join(stateFolder(env), 'backups');
}

/** The file of a backup that a command keeps without being asked: sorts by time. */
export function backupPath(folder: string, backup: BackupDocument): string {
  return path.join(folder, `${backup.createdAt.replaceAll(':', '-')}-${process.pid}.json`);
}

/**
 * Writes a backup, in one step, to a file that only its owner may read.
 *
 * @param fix what to do when it cannot be written
 * @throws Problem (exit 1) when it cannot be written; then nothing else must be.
 */
export async function writeBackup(
  file: string,
  backup: BackupDocument,
  fix = 'name a folder that can be written with --backup-dir',
): Promise<void> {
  await writePrivateFile(file, `${JSON.stringify(backup, null, 2)}\n`, fix);
}

/** A file of a backup folder. */
export interface KeptBackup {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Null when the file is no backup that can be read. */
  readonly backup: BackupDocument | null;
}

/** What commands have kept in a folder, the oldest first. */
export function listBackups(folder: string): KeptBackup[] {
  return namesIn(folder).map((name) => {
    const file = path.join(folder, name);
    const { size } = statSync(file);
    try {
      return { file, size, backup: readBackup(readFileText(file, folder), file) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { file, size, backup: null };
    }
  });
}

/** Only names that `backupPath` gives: other files are somebody else's. */
const KEPT_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-\d+\.json$/;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => KEPT_NAME.test(name))
      .sort();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new Problem(`${folder} cannot be read (${code})`, { exit: EXIT.failed, cause });
  }
}

/** Deletes backups. @throws Problem (exit 1) naming the first that cannot be deleted. */
export function deleteBackups(files: readonly string[]): void {
  for (const file of files) {
    try {
      rmSync(file);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new Problem(`${file} cannot be deleted (${code})`, { exit: EXIT.failed, cause });
    }
  }
}
