import type { NodeObject } from './node-store.ts';
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
  let patch: unknown;
  try {
    patch = JSON.parse(body);
  } catch {
    throw new Refused(400, 'error decoding patch: invalid character');
  }
  return validated(merge(node, patch) as NodeObject, node.metadata.name);
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

/** What the API server checks of an object before it keeps it. */
export function validated(node: NodeObject, name: string): NodeObject {
  const { metadata } = node;
  if (metadata.name !== name) throw invalid(name, 'metadata.name', 'field is immutable');
  for (const part of ['annotations', 'labels'] as const) {
    const wrong = Object.entries(metadata[part] ?? {}).find(
      ([, value]) => typeof value !== 'string',
    );
    if (wrong)
      throw invalid(name, `metadata.${part}`, `Invalid value: ${JSON.stringify(wrong[1])}`);
    const bad = Object.keys(metadata[part] ?? {}).find(
      (key) => !/^([\w.-]+\/)?[\w.-]{1,63}$/.test(key),
    );
    if (bad) throw invalid(name, `metadata.${part}`, `Invalid value: ${JSON.stringify(bad)}`);
  }
  return node;
}

function invalid(name: string, field: string, message: string): Refused {
  const causes = [{ reason: 'FieldValueInvalid', message, field }];
  const details = { name, kind: 'Node', causes };
  return new Refused(422, `Node "${name}" is invalid: ${field}: ${message}`, { details });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
