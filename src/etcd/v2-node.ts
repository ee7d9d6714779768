import type { StoredKey } from '../model/snapshot.ts';

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
