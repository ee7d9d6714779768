import path from 'node:path';
import type { DeviceStep } from '../model/device/step.ts';
import { writePrivateFile } from './private-file.ts';

/** Letters of a unit's name in that of a file, which may be 255 bytes long. */
const LONGEST = 50;

/**
 * Keeps what steps are about to replace or take away on a unit, in a file that only its owner may read.
 *
 * @returns its path; null when nothing is replaced
 * @throws Problem (exit 1) when it cannot be written; then nothing else must be
 */
export async function keepDevice(
  folder: string,
  unit: { readonly name: string; readonly url: string },
  steps: readonly DeviceStep[],
  now: Date,
): Promise<string | null> {
  const objects = steps.flatMap(({ target, path: at, before }) =>
    before === null ? [] : [{ kind: target, path: at, values: before }],
  );
  if (objects.length === 0) return null;
  const createdAt = now.toISOString();
  const document = {
    apiVersion: 'flannel-bigip/v1',
    kind: 'DeviceObjects',
    createdAt,
    bigip: unit.name,
    url: unit.url,
    objects,
  };
  const letters = [...unit.name.replace(/[^\p{L}\p{N}._-]/gu, '_')];
  const name = letters.slice(0, LONGEST).join('');
  const file = path.join(
    folder,
    `bigip-${name}-${createdAt.replaceAll(':', '-')}-${process.pid}.json`,
  );
  const fix = 'name a folder that can be written with --backup-dir';
  await writePrivateFile(file, `${JSON.stringify(document, null, 2)}\n`, fix);
  return file;
}
