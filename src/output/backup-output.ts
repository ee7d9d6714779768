import type { BackupDocument } from '../model/generated/documents.ts';
import { printable, type Style } from './style.ts';
import { table } from './table.ts';

/** A file of a backup folder; `backup` is null when it cannot be read. */
interface Kept {
  readonly file: string;
  readonly size: number;
  readonly backup: BackupDocument | null;
}

function counts({ config, leases }: BackupDocument) {
  const nodes = leases.filter((lease) => lease.expires).length;
  return { config: config !== null, reservations: leases.length - nodes, nodes };
}

/** What `backup` has kept. */
export function backupText(file: string, backup: BackupDocument): string {
  const { config, reservations, nodes } = counts(backup);
  const what = [
    config ? 'the network config' : 'no network config',
    `${reservations} reservation${reservations === 1 ? '' : 's'}`,
    `${nodes} lease${nodes === 1 ? '' : 's'} of nodes`,
  ].join(', ');
  return printable(`Kept ${what} of ${backup.store} in ${file}`);
}

/** The document of `backup -o json`. */
export function backupJson(file: string, backup: BackupDocument): Record<string, unknown> {
  const { createdAt, store, api, prefix, clusterId, revision } = backup;
  return { file, createdAt, store, api, prefix, clusterId, revision, ...counts(backup) };
}

/** The document of `backup list -o json`; what cannot be read has only `file` and `size`. */
export function backupsJson(kept: readonly Kept[]): unknown {
  return kept.map(({ file, size, backup }) =>
    backup === null ? { file, size } : { size, ...backupJson(file, backup) },
  );
}

/** The table of `backup list`. */
export function backupsText(kept: readonly Kept[], folder: string, style: Style): string {
  if (kept.length === 0) return printable(`no backups in ${folder}`);
  const rows = kept.map(({ file, backup }) => {
    if (backup === null) return ['-', 'cannot be read', '-', '-', '-', '-', file];
    const { config, reservations, nodes } = counts(backup);
    return [
      backup.createdAt,
      backup.store,
      backup.prefix,
      config ? 'yes' : 'no',
      String(reservations),
      String(nodes),
      file,
    ];
  });
  return table(['MADE', 'STORE', 'PREFIX', 'CONFIG', 'RESERVATIONS', 'NODES', 'FILE'], rows, style);
}
