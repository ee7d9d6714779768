import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeAtomic } from '../atomic-file.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { MARK, type Unit } from '../model/systemd-units.ts';

/** The text of a unit; null when there is none. */
export function readUnit(folder: string, name: string): string | null {
  try {
    return readFileSync(path.join(folder, name), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new Problem(`${path.join(folder, name)} cannot be read (${code})`, {
      exit: EXIT.failed,
      cause,
    });
  }
}

/**
 * Writes a unit, in one step.
 *
 * @throws Problem (exit 1) when it cannot be written, or somebody else's has the name
 */
export async function writeUnit(folder: string, { name, text }: Unit): Promise<void> {
  refuseOthers(folder, name);
  try {
    await writeAtomic(path.join(folder, name), text, { mode: 0o644 });
  } catch (cause) {
    throw failure(folder, name, 'written', cause);
  }
}

/** Takes a unit away. @throws Problem (exit 1) when it cannot be, or is somebody else's. */
export function removeUnit(folder: string, name: string): void {
  refuseOthers(folder, name);
  try {
    rmSync(path.join(folder, name), { force: true });
  } catch (cause) {
    throw failure(folder, name, 'removed', cause);
  }
}

function refuseOthers(folder: string, name: string): void {
  const text = readUnit(folder, name);
  if (text === null || text.startsWith(MARK)) return;
  throw new Problem(`${path.join(folder, name)} was not written by this program; it stays`, {
    exit: EXIT.failed,
    fix: 'move it away, or name another folder with --unit-dir',
  });
}

function failure(folder: string, name: string, what: string, cause: unknown): Problem {
  const { code } = cause as NodeJS.ErrnoException;
  return new Problem(`${path.join(folder, name)} cannot be ${what} (${code})`, {
    exit: EXIT.failed,
    fix: 'run it as root, or name another folder with --unit-dir',
    cause,
  });
}
