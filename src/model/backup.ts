import { validateBackup } from './generated/backup-validator.js';
import type { BackupDocument, BackupKey } from './generated/documents.ts';
import { parseKeptJson } from './json-source.ts';
import { isInside } from './key-path.ts';
import { EXIT, Problem } from './problem.ts';
import { schemaObjection } from './schema-objection.ts';
import { decodeSnapshot, type LiveState, type Snapshot, type StoredKey } from './snapshot.ts';

/**
 * The document that keeps a snapshot.
 *
 * @param store where it was read, in words
 * @param ttls seconds left of keys whose own `ttl` a read leaves open
 */
export function backupOf(
  snapshot: Snapshot,
  store: string,
  now: Date,
  ttls: ReadonlyMap<string, number> = new Map(),
): BackupDocument {
  const keyOf = ({ key, value, revision, expires, ttl }: StoredKey): BackupKey => ({
    key,
    value,
    revision,
    expires,
    ttl: ttl ?? ttls.get(key) ?? null,
  });
  return {
    apiVersion: 'flannel-bigip/v1',
    kind: 'Backup',
    createdAt: now.toISOString(),
    store,
    api: snapshot.api,
    prefix: snapshot.prefix,
    clusterId: snapshot.clusterId,
    revision: snapshot.revision,
    config: snapshot.config && keyOf(snapshot.config),
    leases: snapshot.leases.map(keyOf),
  };
}

/**
 * Reads a backup's text.
 *
 * @param file its name, for messages
 * @throws Problem (exit 3) when it is none, or holds a key outside its own prefix
 */
export function readBackup(text: string, file: string): BackupDocument {
  const invalid = (why: string) =>
    new Problem(`${file} is no backup: ${why}`, {
      exit: EXIT.invalid,
      fix: '`flannel-bigip backup list` names those that were kept',
    });
  const document = parseKeptJson(text, invalid);
  if (!validateBackup(document)) {
    throw invalid(schemaObjection(validateBackup.errors));
  }
  const { prefix, config, leases } = document;
  const folder = `${prefix}/subnets/`;
  const outside = leases.find(({ key }) => !isInside(key, folder));
  if (outside) throw invalid(`${JSON.stringify(outside.key)} is not under ${folder}`);
  if (config && config.key !== `${prefix}/config`) {
    throw invalid(`its config is ${JSON.stringify(config.key)}, not ${prefix}/config`);
  }
  const keys = new Set(leases.map(({ key }) => key));
  if (keys.size < leases.length) throw invalid('it holds a key twice');
  return document;
}

/** A backup as the state it was made of, its keys under the prefix where they are to go. */
export function stateOf(backup: BackupDocument, prefix: string): LiveState {
  const moved = (one: BackupKey): StoredKey => ({
    ...one,
    key: `${prefix}${one.key.slice(backup.prefix.length)}`,
  });
  return decodeSnapshot({
    api: backup.api,
    prefix,
    revision: backup.revision,
    clusterId: backup.clusterId,
    config: backup.config && moved(backup.config),
    leases: backup.leases.map(moved),
  });
}
