import type { NodeObject } from './node-store.ts';
import { isObject, parseObject } from './request.ts';
import { Refused } from './status.ts';

const MERGING = ['application/merge-patch+json', 'application/strategic-merge-patch+json'];

/**
 * A Node after a patch. Of the maps of `metadata`, which is all that is patched here, a strategic merge
 * makes the same as a JSON merge patch (RFC 7386).
 */
export function patched(node: NodeObject, contentType: string, body: string): NodeObject {
  const type = contentType.split(';')[0]?.trim() ?? '';
  if (!MERGING.includes(type)) {
    throw new Refused(
      415,
      `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, ${MERGING.join(', ')}`,
    );
  }
  return validated(merge(node, parseObject(body)) as NodeObject, node.metadata.name);
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** Bytes that all annotations of an object may have, keys included. */
const ANNOTATIONS_LIMIT = 256 * 1024;

/** What the API server checks of an object before it keeps it. @throws Refused 422 */
export function validated(node: NodeObject, name: string): NodeObject {
  const metadata: unknown = node.metadata;
  if (!isObject(metadata) || metadata['name'] !== name) {
    throw invalid(name, 'metadata.name', 'field is immutable');
  }
  for (const part of ['annotations', 'labels']) checkMap(name, part, metadata[part] ?? {});
  const size = Object.entries(node.metadata.annotations ?? {})
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (size > ANNOTATIONS_LIMIT) {
    const message = `Too long: must have at most ${ANNOTATIONS_LIMIT} bytes`;
    throw invalid(name, 'metadata.annotations', message, 'FieldValueTooLong');
  }
  return node;
}

/** Keys are names with a prefix or without one, values are text. */
function checkMap(name: string, part: string, map: unknown): void {
  const field = `metadata.${part}`;
  const wrong = (value: unknown) => invalid(name, field, `Invalid value: ${JSON.stringify(value)}`);
  if (!isObject(map)) throw wrong(map);
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string') throw wrong(value);
    if (!/^([\w.-]+\/)?[\w.-]{1,63}$/.test(key)) throw wrong(key);
  }
}

function invalid(
  name: string,
  field: string,
  message: string,
  reason = 'FieldValueInvalid',
): Refused {
  const details = { name, kind: 'Node', causes: [{ reason, message, field }] };
  return new Refused(422, `Node "${name}" is invalid: ${field}: ${message}`, { details });
}
