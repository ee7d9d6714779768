import { existsSync } from 'node:fs';
import { readFileText } from '../../files/site-file.ts';
import {
  type FlanneldSettings,
  readFlanneldEnvironment,
} from '../../model/flanneld-environment.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { isNamed } from '../connection-options.ts';
import type { Interview } from './interview.ts';

/** Where packages put flanneld's environment file: RHEL's and Debian's place. */
const PLACES = ['/etc/sysconfig/flanneld', '/etc/default/flanneld'];

/** What flanneld's own environment file says of etcd. */
export interface FlanneldFile {
  readonly file: string;
  readonly settings: FlanneldSettings;
}

/**
 * The environment file that `--flanneld-env` names, or the one that is found where packages put it
 * and nothing else names endpoints, if it is to be used. Null when there is none.
 *
 * @throws Problem when the named file cannot be read or names no endpoints.
 */
export async function flanneldFile(
  interview: Interview,
  places: readonly string[] = PLACES,
): Promise<FlanneldFile | null> {
  const { args, world } = interview;
  const named = args.text('flanneld-env');
  if (named !== undefined) {
    const settings = readFlanneldEnvironment(readFileText(named, world.cwd));
    if (settings.endpoints !== undefined) return { file: named, settings };
    throw new Problem(`${named} names no endpoints of etcd`, {
      exit: EXIT.invalid,
      fix: 'pass --endpoints',
    });
  }
  if (isNamed('endpoints', args, world)) return null;
  for (const file of places) {
    const settings = readable(file);
    if (settings?.endpoints === undefined) continue;
    const from = `the connection of ${file} (${settings.endpoints})`;
    if (!interview.asks) interview.say(`Taking ${from}.`);
    if (await interview.whether(`Take ${from}?`, true)) return { file, settings };
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
