import type { StoredKey } from '../model/snapshot.ts';
import { isV2Node, leaves, storedKey } from './v2-node.ts';

/** What etcd itself printed of its keys, at some moment. */
export interface Dump {
  readonly api: 'v2' | 'v3';
  readonly revision: string;
  readonly keys: readonly StoredKey[];
}

/** A dump that was cut off, edited or mixed up; `objection` says where and what. */
interface Damaged {
  readonly api: 'v2' | 'v3';
  readonly objection: string;
}

/**
 * Reads `etcdctl get --prefix -w json` (v3, keys and values in base64) or
 * `GET /v2/keys/...?recursive=true` (v2); null when the document is neither.
 */
export function readDump(document: unknown): Dump | Damaged | null {
  if (!isObject(document)) return null;
  const { header, kvs, node, errorCode, index } = document;
  if (isObject(header) && (kvs === undefined || Array.isArray(kvs))) {
    return readV3(header['revision'], kvs ?? []);
  }
  // etcd's answer for a prefix under which nothing is.
  if (errorCode === 100) return { api: 'v2', revision: wholeNumber(index) ?? '0', keys: [] };
  if (!isObject(node)) return null;
  if (!isV2Node(node)) return { api: 'v2', objection: 'a node in it is not as etcd writes them' };
  return { api: 'v2', revision: '0', keys: leaves({ nodes: [node] }).map(storedKey) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readV3(revision: unknown, pairs: readonly unknown[]): Dump | Damaged {
  const keys: StoredKey[] = [];
  for (const [index, pair] of pairs.entries()) {
    const read = v3Key(pair);
    if (typeof read === 'string') return { api: 'v3', objection: `kvs[${index}]${read}` };
    keys.push(read);
  }
  const at = wholeNumber(revision);
  if (at === null) return { api: 'v3', objection: 'header.revision is no number' };
  return { api: 'v3', revision: at, keys };
}

/** A pair as a stored key; a text says what is wrong with it. */
function v3Key(pair: unknown): StoredKey | string {
  if (!isObject(pair)) return ' is no pair of key and value';
  const [key, value] = [fromBase64(pair['key']), fromBase64(pair['value'] ?? '')];
  if (key === null || key === '') return '.key is not base64';
  if (value === null) return '.value is not base64';
  const [revision, lease] = [wholeNumber(pair['mod_revision']), wholeNumber(pair['lease'])];
  if (revision === null) return '.mod_revision is no number';
  if (lease === null) return '.lease is no number';
  return { key, value, revision, expires: lease !== '0', ttl: null };
}

/** Node skips what is no base64 without a word; a key or value of etcd must not come of that. */
function fromBase64(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes.toString('utf8') : null;
}

/** etcdctl writes its numbers of 64 bits as such, gateways as text; absent is 0. */
function wholeNumber(value: unknown): string | null {
  if (value === undefined) return '0';
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const text = String(value);
  return /^-?\d{1,20}$/.test(text) ? text : null;
}
