import { parseLabelSelector } from '../../../src/model/label-selector.ts';
import type { NodeObject } from './node-store.ts';
import { Refused } from './status.ts';

/** Which Nodes a list or a watch is about. */
export function selector(query: URLSearchParams): (node: NodeObject) => boolean {
  const text = query.get('labelSelector');
  const labels = text ? parseLabelSelector(text) : () => true;
  if (labels === null) throw new Refused(400, `unable to parse requirement: ${text}`);
  const field = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  return ({ metadata }) =>
    labels(metadata.labels ?? {}) && (field === undefined || metadata.name === field);
}
