import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomic } from '../atomic-file.ts';
import { EXIT, Problem } from '../model/problem.ts';

/**
 * Puts a new text in the place of the one that was read, in one step, mode and owner kept.
 *
 * @throws Problem (exit 1) when it cannot be written, or when the file has changed meanwhile.
 */
export async function replaceFile(
  file: string,
  cwd: string,
  before: string,
  after: string,
): Promise<void> {
  const where = path.resolve(cwd, file);
  try {
    if (readFileSync(where, 'utf8') === before) {
      await writeAtomic(where, after);
      return;
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Problem(`${file} cannot be written (${code}); it is as it was`, {
      exit: EXIT.failed,
      fix: 'check the permissions of the file and of its folder',
      cause,
    });
  }
  throw new Problem(`${file} was changed by somebody else meanwhile; it was not written`, {
    exit: EXIT.failed,
    fix: 'run it again',
  });
}
