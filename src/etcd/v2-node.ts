import type { StoredKey } from '../model/snapshot.ts';
import { MAX_DEPTH } from '../model/source.ts';

/** A node of etcd's v2 store as its HTTP API returns it. */
export interface V2Node {
  readonly key?: string;
  readonly value?: string;
  readonly dir?: boolean;
  readonly nodes?: readonly V2Node[];
  readonly modifiedIndex?: number;
  readonly expiration?: string;
  readonly ttl?: number;
}

/** The types of a node's members; etcd leaves out what says nothing. */
const MEMBERS = Object.entries({
  key: 'string',
  value: 'string',
  dir: 'boolean',
  modifiedIndex: 'number',
  expiration: 'string',
  ttl: 'number',
});

/** Whether a decoded document is a node of etcd's, to its last leaf. */
export function isV2Node(node: unknown, depth = 0): node is V2Node {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return false;
  if (depth > MAX_DEPTH) return false;
  const members = node as Record<string, unknown>;
  for (const [name, type] of MEMBERS) {
    const value = members[name];
    if (value === undefined) continue;
    if (typeof value !== type || (type === 'number' && !Number.isSafeInteger(value))) return false;
  }
  const { nodes } = members;
  return (
    nodes === undefined ||
    (Array.isArray(nodes) && nodes.every((child) => isV2Node(child, depth + 1)))
  );
}

/** The keys of a folder and of folders in it; folders themselves hold nothing. */
export function leaves(folder: V2Node | undefined): V2Node[] {
  return (folder?.nodes ?? []).flatMap((node) => (node.dir ? leaves(node) : [node]));
}

/** A v2 node as a stored key. */
export function storedKey(node: V2Node): StoredKey {
  return {
    key: node.key ?? '',
    value: node.value ?? '',
    revision: String(node.modifiedIndex ?? 0),
    expires: node.expiration !== undefined,
    // etcd leaves a TTL of 0 out: the key has ended and is about to go.
    ttl: node.expiration === undefined ? null : (node.ttl ?? 0),
  };
}
