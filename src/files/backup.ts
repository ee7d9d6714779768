import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { EXIT, Problem } from '../model/problem.ts';
import type { Snapshot, StoredKey } from '../model/snapshot.ts';
import { makeFolder } from './make-folder.ts';

/** Where backups go: `--backup-dir`, else under the XDG state folder. */
export function backupFolder(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string {
  if (flag !== undefined) return path.resolve(cwd, flag);
  const state = env['XDG_STATE_HOME'] || path.join(env['HOME'] || '/root', '.local', 'state');
  return path.join(state, 'flannel-bigip', 'backups');
}

/**
 * Keeps all of flannel's keys as they were read, in a new file that only its owner may read.
 *
 * @returns the path of the file
 * @throws Problem when it cannot be written; then nothing else must be.
 */
export async function writeBackup(
  snapshot: Snapshot,
  store: string,
  folder: string,
  now: Date,
): Promise<string> {
  const name = `${now.toISOString().replaceAll(':', '-')}-${process.pid}.json`;
  const file = path.join(folder, name);
  const document = {
    apiVersion: 'flannel-bigip/v1',
    kind: 'Backup',
    createdAt: now.toISOString(),
    store,
    api: snapshot.api,
    prefix: snapshot.prefix,
    clusterId: snapshot.clusterId,
    revision: snapshot.revision,
    config: snapshot.config && keyDocument(snapshot.config),
    leases: snapshot.leases.map(keyDocument),
  };
  try {
    makeFolder(folder, 0o700);
    await writeFileAtomic(file, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new Problem(`the backup ${file} cannot be written, so nothing was changed`, {
      exit: EXIT.failed,
      fix: 'name a folder that can be written with --backup-dir',
      cause,
    });
  }
  return file;
}

function keyDocument({ key, value, revision, expires, ttl }: StoredKey) {
  return { key, value, revision, expires, ttl };
}
