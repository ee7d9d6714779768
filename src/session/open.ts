import { openOther, openStore } from '../etcd/open-store.ts';
import type { KeyStore } from '../etcd/store.ts';
import type { Site } from '../model/site.ts';
import {
  decodeSnapshot,
  emptyPlace,
  holdsKeys,
  type LiveState,
  lacksSlash,
} from '../model/snapshot.ts';
import type { PlanPlace } from '../output/plan-output.ts';
import { whileWaiting } from '../output/progress.ts';
import { printable } from '../output/style.ts';
import type { World } from '../world.ts';
import { type ResolvedConnection, resolveConnection } from './connection-options.ts';
import type { Args } from './options.ts';
import type { LoadedSite } from './site.ts';

/** An open store with what it holds, and what is declared. */
export interface Session<S extends Site | null = Site | null> {
  readonly site: S;
  readonly store: KeyStore;
  readonly live: LiveState;
  readonly place: PlanPlace;
}

/** A session on one of the stores that etcd offers. */
export interface OpenSession<S extends Site | null = Site | null> extends Session<S> {
  /** What the store beside this one holds; null where etcd offers none that can be read. */
  other(): Promise<LiveState | null>;
}

/** Opens the store, hands the session to the work, and closes the store whatever happens. */
export async function withSession<S extends LoadedSite | null, T>(
  args: Args,
  world: World,
  loaded: S,
  work: (session: OpenSession<S extends LoadedSite ? Site : Site | null>) => Promise<T>,
): Promise<T> {
  const declared = loaded && { etcd: loaded.site.etcd, folder: loaded.folder };
  const resolved = await resolveConnection(args, world, declared);
  if (args.on('verbose')) world.stderr.write(originLines(resolved));
  const opening = openStore(resolved.connection, resolved.api, resolved.apiFrom);
  const { store, snapshot } = await whileWaiting(
    world,
    `Waiting for ${endpoints(resolved)}`,
    opening,
  );
  try {
    if (lacksSlash(store.prefix) && !holdsKeys(snapshot)) {
      const empty = `warning: nothing is live under ${emptyPlace(store.prefix)}`;
      world.stderr.write(`${printable(empty)}\n`);
    }
    const site = (loaded?.site ?? null) as S extends LoadedSite ? Site : Site | null;
    const place = {
      site: site?.name ?? null,
      store: store.description,
      prefix: store.prefix,
      notice: resolved.notice,
    };
    const other = async () => {
      const opening = openOther(resolved.connection, store.api);
      const opened = await whileWaiting(world, `Waiting for ${endpoints(resolved)}`, opening);
      opened?.store.close();
      return opened && decodeSnapshot(opened.snapshot);
    };
    return await work({ site, store, live: decodeSnapshot(snapshot), place, other });
  } finally {
    store.close();
  }
}

/** What the store beside holds, where a network config is to be made: nodes may live there. */
export async function besideNew({ live, other }: OpenSession): Promise<LiveState | null> {
  return live.snapshot.config === null ? other() : null;
}

function endpoints({ connection }: ResolvedConnection): string {
  return printable(connection.endpoints.join(', '));
}

/** What `--verbose` says of a connection: each value with where it came from. */
export function originLines({ origins }: ResolvedConnection): string {
  return origins
    .map(({ option, value, from }) => `${printable(`${option}: ${value} (${from})`)}\n`)
    .join('');
}
