import { type ListedLease, listLeases } from '../model/lease-list.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import type { LiveState } from '../model/snapshot.ts';
import { listJson, listText } from '../output/list-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { nextCommand, tellNext } from '../session/next-command.ts';
import { type Session, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSiteToLook } from '../session/site.ts';
import type { World } from '../world.ts';

/** `list`: every lease of the network. Works without a site file. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const format = args.text('output') ?? 'table';
  if (args.on('watch') && format === 'yaml') {
    throw new Problem('list --watch has no -o yaml', { exit: EXIT.usage, fix: 'use -o json' });
  }
  const loaded = await loadSiteToLook(args, world);
  return withSession(args, world, loaded, async (session) => {
    const { site, store, live } = session;
    const shows = { ttl: format === 'wide' || args.on('ttl'), wide: format === 'wide' };
    const paint = await painter(format, shows, session, world);
    if (args.on('watch')) {
      const { watchList } = await import('../session/watch-list.ts');
      return watchList({ format, shows, paint }, session, world);
    }
    const expiring = live.leases.map((lease) => lease.stored).filter((stored) => stored.expires);
    const ttls = shows.ttl ? await store.readTtls(expiring) : new Map<string, number>();
    const leases = listLeases(live, site, ttls);
    if (format === 'json' || format === 'yaml') {
      await writeDocument(world.stdout, format, listJson(leases));
    } else {
      writeLine(world.stdout, paint(live, leases));
      const isWrong = leases.some(({ problems }) => problems.length > 0);
      const known = isWrong ? 'doctor' : 'diff';
      tellNext(world, args, nextCommand(site === null ? 'init --from-live' : known, args));
    }
    return EXIT.done;
  });
}

/** Makes what draws the map or the table; the table too where there is nothing to map. */
async function painter(
  format: string,
  shows: { readonly ttl: boolean; readonly wide: boolean },
  { site, store }: Session,
  world: World,
): Promise<(live: LiveState, leases: readonly ListedLease[]) => string> {
  const map = format === 'map' ? await import('../output/map-output.ts') : null;
  return (live, leases) => {
    // The terminal may have got another width since the last time.
    const style = styleOf(world.stdout, world.env);
    const drawn = map?.mapText(live, site, style);
    if (drawn != null) return drawn;
    const head = map === null ? '' : `${map.noMapText(live, store.description)}\n\n`;
    const none = live.snapshot.config === null ? 'and no network config ' : '';
    const where = `${none}under ${store.prefix} in ${store.description}`;
    return head + listText(leases, { ...shows, where }, style);
  };
}
