import { EXIT, Problem } from '../../model/problem.ts';
import { isNamed } from '../connection-options.ts';
import { FLANNELD_FILES, type FlanneldFile, findFlanneldSettings } from '../flanneld-settings.ts';
import type { Interview } from './interview.ts';

/**
 * The environment file that `--flanneld-env` names, or the one that is found where packages put it
 * and nothing else names endpoints, if it is to be used. Null when there is none.
 *
 * @throws Problem when the named file cannot be read or names no endpoints.
 */
export async function flanneldFile(
  interview: Interview,
  places: readonly string[] = FLANNELD_FILES,
): Promise<FlanneldFile | null> {
  const { args, world } = interview;
  const named = args.text('flanneld-env');
  if (named === undefined && isNamed('endpoints', args, world)) return null;
  const found = findFlanneldSettings(args, world, places);
  const endpoints = found?.settings.endpoints;
  if (found === null || endpoints === undefined) {
    if (named === undefined) return null;
    throw new Problem(`${named} names no endpoints of etcd`, {
      exit: EXIT.invalid,
      fix: 'pass --endpoints',
    });
  }
  if (named !== undefined) return found;
  const from = `the connection of ${found.file} (${endpoints})`;
  if (!interview.asks) interview.say(`Taking ${from}.`);
  return (await interview.whether(`Take ${from}?`, true)) ? found : null;
}
