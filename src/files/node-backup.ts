import path from 'node:path';
import type { NodeChange } from '../model/annotate.ts';
import { writePrivateFile } from './private-file.ts';

/**
 * Keeps the annotations that are about to be replaced, in a file that only its owner may read.
 *
 * @returns its path; null when nothing is replaced
 * @throws Problem (exit 1) when it cannot be written; then nothing else must be
 */
export async function keepAnnotations(
  folder: string,
  server: string,
  changes: readonly NodeChange[],
  now: Date,
): Promise<string | null> {
  const nodes = changes.flatMap(({ name, changes: all }) => {
    const replaced = all.filter(({ before }) => before !== null);
    const annotations = replaced.map(({ annotation, before }) => [annotation, before]);
    return replaced.length === 0 ? [] : [{ name, annotations: Object.fromEntries(annotations) }];
  });
  if (nodes.length === 0) return null;
  const createdAt = now.toISOString();
  const document = {
    apiVersion: 'flannel-bigip/v1',
    kind: 'NodeAnnotations',
    createdAt,
    server,
    nodes,
  };
  const file = path.join(folder, `nodes-${createdAt.replaceAll(':', '-')}-${process.pid}.json`);
  const fix = 'name a folder that can be written with --backup-dir';
  await writePrivateFile(file, `${JSON.stringify(document, null, 2)}\n`, fix);
  return file;
}
