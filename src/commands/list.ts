import { type ListedLease, listLeases } from '../model/lease-list.ts';
import { EXIT, type ExitCode } from '../model/problem.ts';
import type { LiveState } from '../model/snapshot.ts';
import { listJson, listText } from '../output/list-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { type Session, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import type { World } from '../world.ts';

/** `list`: every lease of the network. Works without a site file. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSiteIfAny(args, world);
  return withSession(args, world, loaded, async (session) => {
    const { site, store, live } = session;
    const format = args.text('output') ?? 'table';
    const ttl = showsTtl(args);
    const expiring = live.leases.map((lease) => lease.stored).filter((stored) => stored.expires);
    const ttls = ttl ? await store.readTtls(expiring) : new Map<string, number>();
    const leases = listLeases(live, site, ttls);
    if (format === 'json' || format === 'yaml') {
      await writeDocument(world.stdout, format, listJson(leases));
    } else {
      writeLine(world.stdout, await pictureOf(session, live, leases, args, world));
    }
    return EXIT.done;
  });
}

function showsTtl(args: Args): boolean {
  return args.text('output') === 'wide' || args.on('ttl');
}

/** The map or the table, whichever is asked for; the table where there is nothing to map. */
async function pictureOf(
  { site, store }: Session,
  live: LiveState,
  leases: readonly ListedLease[],
  args: Args,
  world: World,
): Promise<string> {
  const format = args.text('output');
  const style = styleOf(world.stdout, world.env);
  let head = '';
  if (format === 'map') {
    const { mapText, noMapText } = await import('../output/map-output.ts');
    const map = mapText(live, site, style);
    if (map !== null) return map;
    head = `${noMapText(live, store.description)}\n\n`;
  }
  const none = live.snapshot.config === null ? 'and no network config ' : '';
  const where = `${none}under ${store.prefix} in ${store.description}`;
  return head + listText(leases, { wide: format === 'wide', ttl: showsTtl(args), where }, style);
}
