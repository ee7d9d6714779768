import path from 'node:path';
import type { BackupDocument } from '../model/generated/documents.ts';
import { printable, type Style } from './style.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

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

const HEADER = ['MADE', 'STORE', 'PREFIX', 'CONFIG', 'RESERVATIONS', 'NODES', 'FILE'];
const KEYS = ['MADE', 'FILE'];

/** What a narrow terminal does without. */
const SPARE = ['PREFIX', 'CONFIG', 'RESERVATIONS', 'NODES'];

/** The table of `backup list`; a terminal has the folder below it, and what was made to the minute. */
export function backupsText(kept: readonly Kept[], folder: string, style: Style): string {
  if (kept.length === 0) return wrap(printable(`no backups in ${folder}`), style, 2);
  const isForPeople = style.width !== null;
  const rows = kept.map(({ file, backup }) => {
    const name = isForPeople ? path.basename(file) : file;
    if (backup === null) return ['-', 'cannot be read', '-', '-', '-', '-', name];
    const { config, reservations, nodes } = counts(backup);
    return [
      isForPeople ? minuteOf(backup.createdAt) : backup.createdAt,
      backup.store,
      backup.prefix,
      config ? 'yes' : 'no',
      String(reservations),
      String(nodes),
      name,
    ];
  });
  const listed = table(HEADER, rows, style, { keys: KEYS, spare: SPARE });
  if (!isForPeople) return listed;
  const count = `${kept.length} backup${kept.length === 1 ? '' : 's'}`;
  return `${listed}\n\n${wrap(printable(`${count} in ${folder}`), style, 2)}`;
}

/** @param time e.g. `2026-11-28T13:16:22.123Z` */
function minuteOf(time: string): string {
  return time.replace(/^(\S{10})T(\d\d:\d\d):.*Z$/, '$1 $2Z');
}
