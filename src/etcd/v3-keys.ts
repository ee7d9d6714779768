import type { StoredKey } from '../model/snapshot.ts';

/** A pair as etcd's v3 API returns it. */
interface V3KeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod_revision: string;
  readonly lease: string;
}

/** A v3 pair as a stored key. */
export function storedKey(kv: V3KeyValue): StoredKey {
  const expires = kv.lease !== '0';
  return {
    key: kv.key.toString('utf8'),
    value: kv.value.toString('utf8'),
    revision: kv.mod_revision,
    expires,
    ttl: null,
    ...(expires ? { leaseId: kv.lease } : {}),
  };
}

/** Where all keys that begin with the folder end: its slash raised by one. */
export function endOfFolder(folder: string): Buffer {
  const end = Buffer.from(folder);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}
