import type { Subnet } from './address.ts';
import { parseJsonText } from './json-source.ts';
import { type LeaseKey, parseLeaseKey } from './lease-key.ts';
import { type LeaseValue, parseLeaseValue } from './lease-value.ts';
import { judgeConfig, type NetworkConfig } from './network-config.ts';

/** Which store a snapshot came from; `file` is the embedded one. */
export type StoreApi = 'v2' | 'v3' | 'file';

/** One key as a store holds it. */
export interface StoredKey {
  /** Full path, e.g. `/coreos.com/network/subnets/10.244.100.0-24`. */
  readonly key: string;
  readonly value: string;
  /** v3: mod revision; v2: modifiedIndex; compared for equality only. */
  readonly revision: string;
  /** Whether the key goes away by itself unless somebody renews it. */
  readonly expires: boolean;
  /** Seconds left, where the store told. */
  readonly ttl: number | null;
  /** v3: id of the attached etcd lease, as a decimal string. */
  readonly leaseId?: string;
}

/** flannel's keys, read at one moment. */
export interface Snapshot {
  readonly api: StoreApi;
  /** Without a slash at its end. */
  readonly prefix: string;
  /** The store's revision at that moment, where it has one. */
  readonly revision: string;
  readonly clusterId: string | null;
  readonly config: StoredKey | null;
  /** Everything directly or deeper under `PREFIX/subnets/`. */
  readonly leases: readonly StoredKey[];
}

/** Whether there is anything of flannel's. */
export function holdsKeys({ config, leases }: Snapshot): boolean {
  return config !== null || leases.length > 0;
}

/**
 * Whether a prefix lacks its slash in front. flannel takes it as it is: in etcd's v3 store the two are
 * different places, in v2 they are one, whose snapshots have the slash.
 */
export function lacksSlash(prefix: string): boolean {
  return /^[^/]/.test(prefix);
}

/** A prefix under which nothing is, with the other one that may be meant. */
export function emptyPlace(prefix: string): string {
  return lacksSlash(prefix)
    ? `${prefix} (/${prefix}, with a slash in front, is another place)`
    : prefix;
}

/** A key under `subnets/` as flannel would read it. */
export interface LiveLease {
  readonly stored: StoredKey;
  /** The part of the key behind `subnets/`. */
  readonly name: string;
  /** Null when flannel cannot read the key. */
  readonly subnet: Subnet | null;
  readonly ipv6Subnet: Subnet | null;
  /** A string says why flannel cannot read the value. */
  readonly value: LeaseValue | string;
}

/** A snapshot with its keys and values decoded. */
export interface LiveState {
  readonly snapshot: Snapshot;
  /** What a flanneld works with; null when there is no config or it would be refused. */
  readonly config: NetworkConfig | null;
  readonly leases: readonly LiveLease[];
}

/** Decodes a snapshot the way the flannel that reads this store does. */
export function decodeSnapshot(snapshot: Snapshot): LiveState {
  const start = `${snapshot.prefix}/subnets/`.length;
  return {
    snapshot,
    config: snapshot.config === null ? null : decodeLiveConfig(snapshot.config.value, snapshot.api),
    leases: snapshot.leases.map((stored) => {
      const name = stored.key.slice(start);
      const key = readKey(name, snapshot.api);
      return {
        stored,
        name,
        subnet: key?.subnet ?? null,
        ipv6Subnet: key?.ipv6Subnet ?? null,
        value: parseLeaseValue(stored.value),
      };
    }),
  };
}

/** On v2 both kinds of reader are about: up to v0.14, and v0.15 to v0.17 that know IPv6. */
function readKey(name: string, api: StoreApi): LeaseKey | null {
  const modern = parseLeaseKey(name, 'v0.20.0');
  return modern !== null || api !== 'v2' ? modern : parseLeaseKey(name, 'v0.12.0');
}

function decodeLiveConfig(text: string, api: StoreApi): NetworkConfig | null {
  const parsed = parseJsonText(text);
  if (!parsed.ok) return null;
  const modern = judgeConfig(parsed.root, 'v0.20.0').config;
  return modern !== null || api !== 'v2' ? modern : judgeConfig(parsed.root, 'v0.12.0').config;
}

/** Whether the lease belongs to a living node: only what expires is renewed by somebody. */
export function isNode(lease: LiveLease): boolean {
  return lease.stored.expires;
}
