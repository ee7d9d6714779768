import type { EtcdApi } from '../check-network.ts';
import type { DeviceState } from '../device/objects.ts';
import type { HostState } from '../host/state.ts';
import type { KubeNode } from '../kube-node.ts';
import type { Snapshot } from '../snapshot.ts';

/** One source as it was read, or why it was not. */
export type Reading<T> =
  | { readonly state: 'read'; readonly value: T }
  /** Nobody named the source, or it is left out by an option. */
  | { readonly state: 'skipped'; readonly why: string }
  /** It was named and cannot be reached. */
  | { readonly state: 'failed'; readonly why: string; readonly fix: string | null };

/** etcd as it was read: every store that it offers, v2 before v3. */
export interface EtcdReading {
  /** What flag or site file say of the store. */
  readonly asked: EtcdApi;
  readonly stores: readonly StoreReading[];
}

interface StoreReading {
  /** e.g. `etcd v3 at https://10.1.10.151:2379`. */
  readonly description: string;
  readonly snapshot: Snapshot;
}

/** One unit by its name in the site file. */
export interface UnitReading {
  readonly name: string;
  readonly device: Reading<DeviceState>;
}

/** Everything that `doctor` looks at, at one moment. Plain data: a bundle holds it as JSON. */
export interface Readings {
  /** ISO 8601. */
  readonly takenAt: string;
  readonly etcd: Reading<EtcdReading>;
  readonly nodes: Reading<readonly KubeNode[]>;
  readonly host: Reading<HostState>;
  readonly bigips: readonly UnitReading[];
  /** Release of CIS, e.g. `2.16.1`; null when it is not known. */
  readonly cisVersion: string | null;
}
