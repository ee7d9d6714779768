import { listLeases } from '../model/lease-list.ts';
import { EXIT, type ExitCode } from '../model/problem.ts';
import { listJson, listText } from '../output/list-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import type { World } from '../world.ts';

/** `list`: every lease of the network. Works without a site file. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSiteIfAny(args, world);
  return withSession(args, world, loaded, async ({ site, store, live }) => {
    const format = args.text('output') ?? 'table';
    const wide = format === 'wide';
    const ttl = wide || args.on('ttl');
    const expiring = live.leases.map((lease) => lease.stored).filter((stored) => stored.expires);
    const ttls = ttl ? await store.readTtls(expiring) : new Map<string, number>();
    const leases = listLeases(live, site, ttls);
    if (format === 'json' || format === 'yaml') {
      await writeDocument(world.stdout, format, listJson(leases));
    } else {
      const none = live.snapshot.config === null ? 'and no network config ' : '';
      const where = `${none}under ${store.prefix} in ${store.description}`;
      const style = styleOf(world.stdout, world.env);
      writeLine(world.stdout, listText(leases, { wide, ttl, where }, style));
    }
    return EXIT.done;
  });
}
