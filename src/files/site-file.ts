import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { EXIT, Problem } from '../model/problem.ts';

/** The names that are looked for when no file is named, in this order. */
const DEFAULT_NAMES = ['flannel-bigip.yaml', 'flannel-bigip.yml', 'flannel-bigip.json'];

/** Larger than any config; what is larger is some other file. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The site file in a folder that a command takes without being told; null when there is none. */
export function defaultSiteFile(folder: string): string | null {
  return DEFAULT_NAMES.find((name) => existsSync(path.join(folder, name))) ?? null;
}

/**
 * Reads a file's text, or standard input for `-`.
 *
 * @throws Problem (exit 3) when it is not there or cannot be read.
 */
export async function readText(file: string, cwd: string, stdin: Readable): Promise<string> {
  if (file === '-') return readAll(stdin);
  return readFileText(file, cwd);
}

/** Like `readText`, for a path. */
export function readFileText(file: string, cwd: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path.resolve(cwd, file));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      { ENOENT: 'is not there', EISDIR: 'is a folder', EACCES: 'may not be read' }[code ?? ''] ??
      'cannot be read';
    throw new Problem(`${file} ${reason}`, { exit: EXIT.invalid, cause });
  }
  if (bytes.length > MAX_BYTES) {
    throw new Problem(`${file} is larger than ${MAX_BYTES} bytes, so it is no config`, {
      exit: EXIT.invalid,
    });
  }
  return bytes.toString('utf8');
}
