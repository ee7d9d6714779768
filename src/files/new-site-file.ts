import { constants, copyFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeAtomicSync } from '../atomic-file-sync.ts';
import { EXIT, Problem } from '../model/problem.ts';

/**
 * Whether a file is there already that a new site file would replace.
 *
 * @throws Problem when the path can hold no file.
 */
export function isThere(file: string, cwd: string): boolean {
  const target = path.resolve(cwd, file);
  const folder = path.dirname(target);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem(`${file} cannot be written: there is no folder ${folder}`, {
      exit: EXIT.failed,
      fix: 'make the folder, or name another file with --file',
    });
  }
  const found = statSync(target, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    throw new Problem(`${file} is a folder`, { exit: EXIT.failed, fix: 'name a file with --file' });
  }
  return found !== undefined;
}

/**
 * Keeps the file that a new one replaces, comments and all, beside it: names count up, none is written over.
 *
 * @returns its path, like the file's own; null when there is none
 */
export function keepReplaced(file: string, cwd: string): string | null {
  if (!isThere(file, cwd)) return null;
  for (let count = 0; ; count++) {
    const kept = `${file}.old${count === 0 ? '' : `-${count}`}`;
    try {
      copyFileSync(path.resolve(cwd, file), path.resolve(cwd, kept), constants.COPYFILE_EXCL);
      return kept;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      throw new Problem(`${file} cannot be kept as ${kept} (${code}); it was not changed`, {
        exit: EXIT.failed,
        fix: 'name another file with --file',
        cause,
      });
    }
  }
}

/**
 * Writes a site file whole or not at all. In one go without a pause in which a signal could be
 * heeded, so that nothing half-written is left behind.
 *
 * @param options `secret`: only the owner may read it; `replace`: a file there may go
 * @throws Problem when it cannot be written, or has come to be there meanwhile.
 */
export function writeSiteFile(
  file: string,
  cwd: string,
  text: string,
  options: { readonly secret: boolean; readonly replace: boolean },
): void {
  if (!options.replace && isThere(file, cwd)) {
    throw new Problem(`${file} is there already; it was not changed`, {
      exit: EXIT.failed,
      fix: 'pass --force to replace it, or name another file with --file',
    });
  }
  try {
    const mode = options.secret ? { mode: 0o600 } : {};
    writeAtomicSync(path.resolve(cwd, file), text, mode);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Problem(`${file} cannot be written (${code})`, {
      exit: EXIT.failed,
      fix: 'name a file that can be written with --file',
      cause,
    });
  }
}
