import type { StoredKey } from '../model/snapshot.ts';
import { leaves, storedKey, type V2Node } from './v2-node.ts';

/** What etcd itself printed of its keys, at some moment. */
export interface Dump {
  readonly api: 'v2' | 'v3';
  readonly revision: string;
  readonly keys: readonly StoredKey[];
}

interface V3Pair {
  readonly key?: string;
  readonly value?: string;
  readonly mod_revision?: number | string;
  readonly lease?: number | string;
}

/**
 * Reads `etcdctl get --prefix -w json` (v3, keys and values in base64) or
 * `GET /v2/keys/...?recursive=true` (v2); null when the document is neither.
 */
export function readDump(document: unknown): Dump | null {
  if (typeof document !== 'object' || document === null) return null;
  const { header, kvs, node, errorCode, index } = document as {
    header?: { revision?: number | string };
    kvs?: V3Pair[];
    node?: V2Node;
    errorCode?: number;
    index?: number;
  };
  if (header !== undefined && (kvs === undefined || Array.isArray(kvs))) {
    const pairs = kvs ?? [];
    if (!pairs.every(isPair)) return null;
    return { api: 'v3', revision: String(header?.revision ?? 0), keys: pairs.map(v3Key) };
  }
  // etcd's answer for a prefix under which nothing is.
  if (errorCode === 100) return { api: 'v2', revision: String(index ?? 0), keys: [] };
  if (!isV2Node(node)) return null;
  return { api: 'v2', revision: '0', keys: leaves({ nodes: [node] }).map(storedKey) };
}

function isPair(pair: unknown): pair is V3Pair {
  if (typeof pair !== 'object' || pair === null) return false;
  const { key, value } = pair as Record<string, unknown>;
  return typeof key === 'string' && (value === undefined || typeof value === 'string');
}

function isV2Node(node: unknown): node is V2Node {
  if (typeof node !== 'object' || node === null) return false;
  const { key, value, nodes } = node as Record<string, unknown>;
  return (
    (key === undefined || typeof key === 'string') &&
    (value === undefined || typeof value === 'string') &&
    (nodes === undefined || (Array.isArray(nodes) && nodes.every(isV2Node)))
  );
}

function v3Key(pair: V3Pair): StoredKey {
  const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString('utf8');
  return {
    key: text(pair.key),
    value: text(pair.value),
    revision: String(pair.mod_revision ?? 0),
    expires: pair.lease !== undefined && String(pair.lease) !== '0',
    ttl: null,
  };
}
