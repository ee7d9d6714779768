import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT, Problem } from '../model/problem.ts';
import { makeFolder } from './make-folder.ts';
import { stateFolder } from './state-folder.ts';

/**
 * What this program has written in a migration: one line a key, its name and the revision it got,
 * the last line of a key counting. Lines are only added, so that none is lost when it is killed.
 */
export class MigrationRecord {
  readonly #file: string;

  /** @param name which migration: cluster, prefix and direction */
  constructor(env: Readonly<Record<string, string | undefined>>, name: string) {
    this.#file = path.join(stateFolder(env), 'migrations', `${name}.jsonl`);
  }

  /** Names with their revisions; empty when there is no record, which only makes it more careful. */
  read(): Record<string, string> {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return {};
    }
    return Object.fromEntries(text.split('\n').flatMap(entryOf));
  }

  /** @throws Problem (exit 1) when it cannot be written. */
  add(name: string, revision: string): void {
    try {
      makeFolder(path.dirname(this.#file), 0o700);
      appendFileSync(this.#file, `${JSON.stringify([name, revision])}\n`, { mode: 0o600 });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new Problem(`the record ${this.#file} cannot be written (${code})`, {
        exit: EXIT.failed,
        fix: 'run it where $XDG_STATE_HOME can be written; it goes on from there',
        cause,
      });
    }
  }
}

/** A line that a kill cut off is no entry. */
function entryOf(line: string): [string, string][] {
  try {
    const [name, revision] = JSON.parse(line) as unknown[];
    return typeof name === 'string' && typeof revision === 'string' ? [[name, revision]] : [];
  } catch {
    return [];
  }
}
