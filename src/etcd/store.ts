import type { Snapshot, StoreApi, StoredKey } from '../model/snapshot.ts';
import type { StoreError } from './errors.ts';

/** One write of one key, guarded by what was read. */
export interface GuardedWrite {
  readonly key: string;
  /** The new value; null removes the key. */
  readonly value: string | null;
  /** Whole seconds after which the key goes by itself; without it the key is kept for ever. */
  readonly ttl?: number | null;
  /** The value that was read; null when the key did not exist. */
  readonly liveValue: string | null;
  /** The revision that was read; null when the key must not exist. */
  readonly revision: string | null;
  /** The network config that the write was planned from; null when there was none. */
  readonly configRevision: string | null;
}

/**
 * What became of a write. `stale` names the key that somebody else moved; `aborted` heeded the
 * signal; neither wrote anything.
 */
export type WriteResult =
  | { readonly outcome: 'aborted' }
  | { readonly outcome: 'done'; readonly revision: string }
  | { readonly outcome: 'stale'; readonly key: string; readonly revision: string | null };

/**
 * Where flannel keeps its state. Every adapter guards each write, and keeps to what a listening
 * flanneld survives: one subnet key at a time, with a pause on v3 and no guarded DELETE on v2.
 */
export interface KeyStore {
  readonly api: StoreApi;
  /** For the first line of a plan, e.g. `etcd v3 at https://10.1.10.151:2379`. */
  readonly description: string;
  readonly prefix: string;
  /** Milliseconds between two writes under `subnets/`, where the store's readers need them (v3). */
  settle: number;
  /** Why the store cannot be written, null when it can. */
  readonly readOnly: string | null;
  /** All of flannel's keys at one moment. Throws StoreError. */
  read(): Promise<Snapshot>;
  /** Remaining seconds of keys whose `ttl` a read leaves open. Throws StoreError. */
  readTtls(keys: readonly StoredKey[]): Promise<Map<string, number>>;
  /**
   * Writes or removes one key; the signal is heeded until the request goes out. Throws StoreError;
   * then the outcome was looked up as far as possible.
   */
  write(change: GuardedWrite, signal?: AbortSignal): Promise<WriteResult>;
  /**
   * Follows flannel's keys from a snapshot on, until the signal is aborted. No change is left out, but
   * where the store has lost its history, or is a file, only what came of the changes is told. A store
   * that goes away is waited for. Throws StoreError when waiting does not help, e.g. when a
   * permission was withdrawn.
   */
  watch(from: Snapshot, signal: AbortSignal): AsyncIterable<Watched>;
  close(): void;
}

/**
 * What a watch tells: `changed`, flannel's keys after one more change, or after several of different
 * keys that came together; `lost`, once, when the store does not answer any more; `back`, when it does.
 */
export type Watched =
  | { readonly kind: 'changed'; readonly snapshot: Snapshot }
  | { readonly kind: 'lost'; readonly error: StoreError }
  | { readonly kind: 'back' };

/** The path of flannel's network config. */
export function configKey(prefix: string): string {
  return `${prefix}/config`;
}

/** The folder of flannel's subnet leases, with its slash. */
export function subnetsFolder(prefix: string): string {
  return `${prefix}/subnets/`;
}
