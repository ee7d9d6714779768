import type { StoredKey } from '../model/snapshot.ts';

/** A pair as etcd's v3 API returns it; the build has texts made of the bytes at once. */
interface V3KeyValue {
  readonly key: Buffer | string;
  readonly value: Buffer | string;
  readonly mod_revision: string;
  readonly lease: string;
}

/**
 * The answer to a transaction of reads. Decoded messages have null where nothing was sent, whatever
 * their types say.
 */
interface Answer {
  readonly header: { readonly revision: string; readonly cluster_id: string } | null;
  readonly responses:
    | readonly ({
        readonly response_range: { readonly kvs: readonly V3KeyValue[] | null } | null;
      } | null)[]
    | null;
}

/** An answer that etcd does not give: something else speaks gRPC there. */
export class StrangeAnswer extends Error {}

/** A v3 pair as a stored key. */
export function storedKey(kv: V3KeyValue): StoredKey {
  const key = String(kv.key);
  const value = String(kv.value);
  const revision = kv.mod_revision;
  return kv.lease === '0'
    ? { key, value, revision, expires: false, ttl: null }
    : { key, value, revision, expires: true, ttl: null, leaseId: kv.lease };
}

/** The header of an answer. @throws StrangeAnswer when there is none. */
export function headerOf<H>({ header }: { readonly header: H | null }): H {
  if (header === null) throw new StrangeAnswer('an answer without header');
  return header;
}

/** The keys that each read of a transaction has found. @throws StrangeAnswer */
export function rangesOf({ responses }: Pick<Answer, 'responses'>): StoredKey[][] {
  return (responses ?? []).map((one) => {
    const range = one?.response_range ?? null;
    if (range === null) throw new StrangeAnswer('an answer that is none to a read');
    return (range.kvs ?? []).map(storedKey);
  });
}

/** What a snapshot takes from the answer to reads of config and leases. @throws StrangeAnswer */
export function readAnswer(answer: Answer) {
  const { revision, cluster_id } = headerOf(answer);
  const ranges = rangesOf(answer);
  if (ranges.length !== 2) throw new StrangeAnswer('an answer to some other question');
  const [config = [], leases = []] = ranges;
  return {
    revision,
    clusterId: BigInt.asUintN(64, BigInt(cluster_id)).toString(16),
    config: config[0] ?? null,
    leases,
  };
}

/** Where all keys that begin with the folder end: its slash raised by one. */
export function endOfFolder(folder: string): Buffer {
  const end = Buffer.from(folder);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}
