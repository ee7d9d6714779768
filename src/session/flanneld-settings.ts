import { existsSync } from 'node:fs';
import { readFileText } from '../files/site-file.ts';
import { type FlanneldSettings, readFlanneldEnvironment } from '../model/flanneld-environment.ts';
import { Problem } from '../model/problem.ts';
import type { World } from '../world.ts';
import type { Args } from './options.ts';

/** Where packages put flanneld's environment file: RHEL's and Debian's place. */
export const FLANNELD_FILES = ['/etc/sysconfig/flanneld', '/etc/default/flanneld'];

/** What flanneld's own environment file says of etcd. */
export interface FlanneldFile {
  readonly file: string;
  readonly settings: FlanneldSettings;
}

/**
 * The environment file that `--flanneld-env` names, else the first that is found where packages put
 * it and names endpoints; null when there is none.
 *
 * @throws Problem when the named file cannot be read
 */
export function findFlanneldSettings(
  args: Args,
  world: World,
  places: readonly string[] = FLANNELD_FILES,
): FlanneldFile | null {
  const named = args.text('flanneld-env');
  if (named !== undefined) {
    return { file: named, settings: readFlanneldEnvironment(readFileText(named, world.cwd)) };
  }
  for (const file of places) {
    const settings = readable(file);
    if (settings?.endpoints !== undefined) return { file, settings };
  }
  return null;
}

/** What a file says that may well be absent, or for root's eyes only. */
function readable(file: string): FlanneldSettings | null {
  if (!existsSync(file)) return null;
  try {
    return readFlanneldEnvironment(readFileText(file, '/'));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}
