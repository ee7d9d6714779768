import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { FdbRecord } from '../model/device/objects.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { writePrivateFile } from './private-file.ts';
import { stateFolder } from './state-folder.ts';

/** A run that changed a unit and has not saved its configuration yet. */
export interface UnsavedDevice {
  readonly url: string;
  /** Full path of the tunnel. */
  readonly tunnel: string;
  /** When it began, as in ISO 8601. */
  readonly begun: string;
  /** Whether a tunnel was there that is made anew. */
  readonly recreates: boolean;
  /** FDB records that were taken away with the tunnel and are to come back. */
  readonly records: readonly FdbRecord[];
}

/** Where it is noted that a unit's configuration is not saved: one file a tunnel. */
export function unsavedFile(
  env: Readonly<Record<string, string | undefined>>,
  url: string,
  tunnel: string,
): string {
  const id = createHash('sha256').update(`${url} ${tunnel}`).digest('hex').slice(0, 16);
  return path.join(stateFolder(env), 'unsaved', `${id}.json`);
}

/** What an earlier run left; null when none was cut off. What is no such note counts as none. */
export function readUnsaved(file: string): UnsavedDevice | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new Problem(`${file} cannot be read (${code})`, { exit: EXIT.failed, cause });
  }
  try {
    const note = JSON.parse(text) as Partial<UnsavedDevice> & { kind?: unknown };
    const { url = '', tunnel = '', begun = '', recreates = false, records = [] } = note;
    return note.kind === 'UnsavedDevice' ? { url, tunnel, begun, recreates, records } : null;
  } catch {
    return null;
  }
}

/** Notes it, before the first change. @throws Problem (exit 1) when it cannot; then nothing else must be. */
export async function writeUnsaved(file: string, unsaved: UnsavedDevice): Promise<void> {
  const document = { apiVersion: 'flannel-bigip/v1', kind: 'UnsavedDevice', ...unsaved };
  const fix = 'set XDG_STATE_HOME to a folder that can be written';
  await writePrivateFile(file, `${JSON.stringify(document, null, 2)}\n`, fix);
}

/** Takes the note away, once the configuration is saved. */
export function clearUnsaved(file: string): void {
  rmSync(file, { force: true });
}
