import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Result } from '../support/cli.ts';
import type { Keyspace } from '../support/keyspace.ts';
import type { Stores } from './scenarios.ts';
import type { Tally } from './tally.ts';

const same = (a: Keyspace[string] | undefined, b: Keyspace[string] | undefined) =>
  a?.value === b?.value && a?.expires === b?.expires;

/** All keys that any of these keyspaces has. */
function keysOf(...keyspaces: readonly Keyspace[]): string[] {
  return [...new Set(keyspaces.flatMap((keys) => Object.keys(keys)))];
}

/**
 * Holds what a stopped command left against what was there and what it was to make of it: every key
 * is the old one or the new one, and one it had nothing to do with is untouched.
 */
export function checkStopped(
  tally: Tally,
  where: string,
  { before, between, after }: Readonly<Record<'before' | 'between' | 'after', Stores>>,
): void {
  for (const api of ['v2', 'v3'] as const) {
    for (const key of keysOf(before[api], between[api], after[api])) {
      const [old, now, wanted] = [before[api][key], between[api][key], after[api][key]];
      if (same(now, old) || same(now, wanted)) continue;
      const told = `${where}: ${api} ${key} is ${JSON.stringify(now)}`;
      if (same(old, wanted)) tally.foreignChanged(told);
      else if (!isGoing(api, old, now, wanted)) tally.wrong(told);
    }
  }
}

/** On v2 a key is taken away by letting it expire: its own value, for a second more. */
function isGoing(
  api: string,
  old: Keyspace[string] | undefined,
  now: Keyspace[string] | undefined,
  wanted: Keyspace[string] | undefined,
): boolean {
  return api === 'v2' && wanted === undefined && now?.expires === true && now.value === old?.value;
}

/** Holds the stores against what they must be in the end. */
export function checkConverged(tally: Tally, where: string, now: Stores, wanted: Stores): void {
  for (const api of ['v2', 'v3'] as const) {
    for (const key of keysOf(now[api], wanted[api])) {
      if (same(now[api][key], wanted[api][key])) continue;
      tally.notConverged(`${where}: ${api} ${key} is ${JSON.stringify(now[api][key])} in the end`);
    }
  }
}

interface Backup {
  readonly api: 'v2' | 'v3';
  readonly config: { readonly key: string; readonly value: string } | null;
  readonly leases: readonly { readonly key: string; readonly value: string }[];
}

/** Every value that was replaced or removed so far must be in a backup that only its owner may read. */
export function checkBackups(
  tally: Tally,
  where: string,
  folder: string,
  { before, between }: Readonly<Record<'before' | 'between', Stores>>,
): void {
  const backups = readBackups(tally, where, path.join(folder, 'state/flannel-bigip/backups'));
  for (const api of ['v2', 'v3'] as const) {
    for (const [key, { value }] of Object.entries(before[api])) {
      if (between[api][key]?.value === value) continue;
      const isKept = backups
        .filter((backup) => backup.api === api)
        .flatMap(({ config, leases }) => [...(config ? [config] : []), ...leases])
        .some((one) => one.key === key && one.value === value);
      if (!isKept) tally.wrong(`${where}: ${api} ${key} is gone and in no backup`);
    }
  }
}

function readBackups(tally: Tally, where: string, folder: string): Backup[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  if (statSync(folder).mode & 0o077) tally.wrong(`${where}: others may read ${folder}`);
  return names.flatMap((name) => {
    const file = path.join(folder, name);
    if (statSync(file).mode & 0o077) tally.wrong(`${where}: others may read ${file}`);
    try {
      return [JSON.parse(readFileSync(file, 'utf8')) as Backup];
    } catch {
      tally.wrong(`${where}: ${file} is not whole`);
      return [];
    }
  });
}

/** A command that fails says so in words, and names no line of its own code. */
export function checkSaid(tally: Tally, where: string, { code, stderr }: Result): void {
  const isTold = code === 1 && /^error: /m.test(stderr) && !/^\s+at /m.test(stderr);
  if (code !== 0 && !isTold) tally.wrong(`${where}: ended with ${code}: ${stderr}`);
}
