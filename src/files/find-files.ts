import { lstatSync, statSync } from 'node:fs';
import path from 'node:path';

/** A file to check, or a name that leads to none. */
export type FoundFile =
  | { readonly file: string; readonly from: 'name' | 'folder' }
  | { readonly file: string; readonly problem: FindProblem };

/** Why a name leads to no file: a pattern or a folder without any, or a folder that is not gone into. */
type FindProblem = 'nothing-matches' | 'nothing-in-folder' | 'folder';

/** What a pattern holds and hardly any name does. */
const MAGIC = /[*?{}[\]!()]/;

/** Of a folder's files those that can be a site, a network config or a manifest. */
const IN_FOLDERS = '**/*.{yaml,yml,json,conf}';

/** Folders whose files are somebody else's. */
const NEVER_ENTERED = ['**/node_modules/**', '**/.git/**'];

/**
 * The files that names, glob patterns and folders stand for, in the order of the names and sorted
 * within each, every file once. A name that is there is never taken for a pattern. Links to folders
 * are not followed.
 */
export async function findFiles(
  names: readonly string[],
  cwd: string,
  recursive: boolean,
): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  const add = (one: FoundFile) => {
    const key = one.file === '-' ? '-' : path.resolve(cwd, one.file);
    if (!found.has(key)) found.set(key, one);
  };
  for (const name of names) {
    for (const one of await filesOf(name, cwd, recursive)) add(one);
  }
  return [...found.values()];
}

async function filesOf(name: string, cwd: string, recursive: boolean): Promise<FoundFile[]> {
  if (name === '-') return [{ file: name, from: 'name' }];
  const where = path.resolve(cwd, name);
  if (isFolder(where)) {
    if (!recursive) return [{ file: name, problem: 'folder' }];
    const inside = await sorted(IN_FOLDERS, where);
    if (inside.length === 0) return [{ file: name, problem: 'nothing-in-folder' }];
    return inside.map((file) => ({ file: path.join(name, file), from: 'folder' }));
  }
  if (!MAGIC.test(name) || isThere(where)) return [{ file: name, from: 'name' }];
  const matching = await sorted(name, cwd);
  if (matching.length === 0) return [{ file: name, problem: 'nothing-matches' }];
  return matching.map((file) => ({ file, from: 'name' }));
}

async function sorted(pattern: string, cwd: string): Promise<string[]> {
  const options = { followSymbolicLinks: false, expandDirectories: false, ignore: NEVER_ENTERED };
  // Most runs name files, which need no search.
  const { glob } = await import('tinyglobby');
  const files = await glob(pattern, { cwd, ...options });
  return files.sort((a, b) => (a < b ? -1 : 1));
}

/** What cannot be asked about, as a link that leads to itself, is left to whoever reads it. */
function isFolder(where: string): boolean {
  try {
    return statSync(where).isDirectory();
  } catch {
    return false;
  }
}

function isThere(where: string): boolean {
  try {
    lstatSync(where);
    return true;
  } catch {
    return false;
  }
}
