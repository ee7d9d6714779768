import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Snapshot } from '../model/snapshot.ts';
import { StoreError } from './errors.ts';
import type { Watched } from './store.ts';

/** How often the file is looked at: events of the file system get lost where it is a network's. */
const LOOK_EVERY = 250;

/** A file that cannot be read so often, one time after another, is more than just being written. */
const UNREADABLE_AFTER = 3;

/** `KeyStore.watch` for a file: what each look finds new is told. */
export async function* followFile(
  path: string,
  read: () => Promise<Snapshot>,
  from: Snapshot,
  signal: AbortSignal,
): AsyncGenerator<Watched, void> {
  let last = fingerprint(from);
  let failures = 0;
  for await (const found of looks(path, read, signal)) {
    if (found instanceof StoreError) {
      failures++;
      if (failures === UNREADABLE_AFTER) yield { kind: 'lost', error: found };
      continue;
    }
    if (failures >= UNREADABLE_AFTER) yield { kind: 'back' };
    failures = 0;
    const print = fingerprint(found);
    if (print !== last) yield { kind: 'changed', snapshot: found };
    last = print;
  }
}

/** The file's content whenever it may be another one, or why it cannot be read. */
async function* looks(
  path: string,
  read: () => Promise<Snapshot>,
  signal: AbortSignal,
): AsyncGenerator<Snapshot | StoreError, void> {
  let seen: string | null = null;
  let nextEnd = Number.POSITIVE_INFINITY;
  for (;;) {
    await pause(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const state = await stateOf(path);
    if (state === seen && Date.now() < nextEnd) continue;
    const found = await read().catch((error: unknown) => {
      if (error instanceof StoreError) return error;
      throw error;
    });
    if (!(found instanceof StoreError)) {
      seen = state;
      nextEnd = endOfFirst(found);
    }
    yield found;
  }
}

/** Another text for another content of the file; a file that is not there is one more. */
async function stateOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    return String(error);
  }
}

/** When the first of the leases that expire does, in milliseconds. */
function endOfFirst({ leases }: Snapshot): number {
  const left = leases.flatMap(({ ttl }) => (ttl === null ? [] : [ttl]));
  return Date.now() + left.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) * 1000;
}

function fingerprint({ config, leases }: Snapshot): string {
  const keys = config === null ? leases : [config, ...leases];
  return JSON.stringify(
    keys.map(({ key, value, revision, expires }) => [key, value, revision, expires]),
  );
}
