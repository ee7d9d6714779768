import path from 'node:path';
import { writeAtomic } from '../atomic-file.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Writes a file, in one step, that only its owner may read; folders above it are made likewise.
 *
 * @param fix what to do when it cannot be written
 * @throws Problem (exit 1) when it cannot be written
 */
export async function writePrivateFile(
  file: string,
  text: string,
  fix = 'name a folder that can be written',
): Promise<void> {
  try {
    makeFolder(path.dirname(file), 0o700);
    await writeAtomic(file, text, { mode: 0o600 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Problem(`${file} cannot be written (${code}), so nothing was changed`, {
      exit: EXIT.failed,
      fix,
      cause,
    });
  }
}
