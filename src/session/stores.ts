import { createHash } from 'node:crypto';
import { StoreError } from '../etcd/errors.ts';
import { openStore } from '../etcd/open-store.ts';
import type { KeyStore } from '../etcd/store.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { decodeSnapshot, type LiveState } from '../model/snapshot.ts';
import type { World } from '../world.ts';
import { resolveConnection } from './connection-options.ts';
import { type Args, ETCD_STORES, type EtcdStore } from './options.ts';
import type { LoadedSite } from './site.ts';

/** One of etcd's two stores, open and read. */
export interface StoreSide {
  readonly api: EtcdStore;
  readonly store: KeyStore;
  readonly live: LiveState;
  /** Seconds left of every lease that expires, by key. */
  readonly ttls: ReadonlyMap<string, number>;
}

/** Both stores of one etcd. */
export interface BothStores {
  readonly site: string | null;
  readonly notice: string | null;
  readonly of: Readonly<Record<EtcdStore, StoreSide>>;
  /** Tells this cluster and prefix from every other, fit for a file name. */
  readonly id: string;
}

/** Reads a side anew. */
export async function readSide(api: EtcdStore, store: KeyStore): Promise<StoreSide> {
  const snapshot = await store.read();
  const ttls = await store.readTtls(snapshot.leases.filter((lease) => lease.expires));
  return { api, store, live: decodeSnapshot(snapshot), ttls };
}

/**
 * Opens both of etcd's stores, hands them to the work, and closes them whatever happens.
 *
 * @throws Problem when the endpoint is a file, or one of the stores cannot be read.
 */
export async function withBothStores<T>(
  args: Args,
  world: World,
  loaded: LoadedSite | null,
  work: (stores: BothStores) => Promise<T>,
): Promise<T> {
  if (args.text('etcd-api') !== undefined) {
    throw new Problem('--etcd-api names one store, and this is about both', { exit: EXIT.usage });
  }
  const declared = loaded && { etcd: loaded.site.etcd, folder: loaded.folder };
  const { connection, notice } = await resolveConnection(args, world, declared);
  if (connection.endpoints.some((endpoint) => endpoint.startsWith('file:'))) {
    throw new Problem('a file has no two stores to go between', {
      exit: EXIT.usage,
      fix: 'name an etcd with --endpoints',
    });
  }
  const opened: KeyStore[] = [];
  try {
    const sides: StoreSide[] = [];
    for (const api of ETCD_STORES) {
      const { store } = await openStore(connection, api).catch(wantsBoth);
      opened.push(store);
      sides.push(await readSide(api, store));
    }
    const [v2, v3] = sides as [StoreSide, StoreSide];
    const { clusterId, prefix } = v3.live.snapshot;
    const digest = createHash('sha256').update(prefix).digest('hex').slice(0, 12);
    const id = `${clusterId ?? 'unknown'}-${digest}`;
    return await work({ site: loaded?.site.name ?? null, notice, of: { v2, v3 }, id });
  } finally {
    for (const store of opened) store.close();
  }
}

/** Whoever goes between two stores is not helped by naming one of them. */
function wantsBoth(error: unknown): never {
  if (!(error instanceof StoreError) || error.failure !== 'api-off') throw error;
  throw new StoreError('api-off', error.message, {
    fix: 'this is about both stores: start etcd (3.4 or 3.5) with --enable-v2',
    cause: error,
  });
}

/** The direction that `--from` and `--to` name. @throws Problem (exit 64) when they name none. */
export function directionOf(args: Args): { readonly from: EtcdStore; readonly to: EtcdStore } {
  const [from, to] = ['from', 'to'].map((flag) => args.text(flag) as EtcdStore | undefined);
  if (from !== undefined && to !== undefined && from !== to) return { from, to };
  throw new Problem(
    from === to && from !== undefined
      ? `--from ${from} --to ${to} leads nowhere`
      : 'both --from and --to are wanted',
    { exit: EXIT.usage, fix: 'pass --from v2 --to v3, or the other way round' },
  );
}
