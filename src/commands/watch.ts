import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { didYouMean } from '../model/suggest.ts';
import { preferLittleMemory } from '../runtime.ts';
import type { Args } from '../session/options.ts';
import type { World } from '../world.ts';

const KEPT = ['leases', 'annotations', 'fdb'];

/** `watch`: keeps the BIG-IPs' leases and the Nodes' annotations true until it is told to end. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const kept = args.list('keep').length > 0 ? args.list('keep') : ['leases', 'annotations'];
  const unknown = kept.find((one) => !KEPT.includes(one));
  if (unknown !== undefined) {
    throw new Problem(`--keep ${unknown} is none of ${KEPT.join(', ')}`, {
      exit: EXIT.usage,
      fix: didYouMean(unknown, KEPT),
    });
  }
  if (args.text('file') === '-') {
    throw new Problem('the site file is read again and again, so it cannot be standard input', {
      exit: EXIT.usage,
      fix: 'name a file',
    });
  }
  const [{ SiteWatch }, { logTo }, { Declared, loadQuietly }] = await Promise.all([
    import('../session/watch/watch.ts'),
    import('../session/watch/log.ts'),
    import('../session/watch/declared.ts'),
  ]);
  preferLittleMemory();
  const log = logTo(world.stderr, args.text('log-format') === 'json' ? 'json' : 'text', world.now);
  const loaded = await loadQuietly(args, world, log);
  const declared = new Declared(loaded, args, world, log);
  const keeps = {
    leases: kept.includes('leases'),
    annotations: kept.includes('annotations'),
    fdb: kept.includes('fdb'),
  };
  await world.serve(async (signal) => {
    log.info(`keeping ${kept.join(' and ')} of ${loaded.site.name}`);
    await new SiteWatch(keeps, declared, args, world, log, signal).run();
    log.info('ended');
  });
  return EXIT.done;
}
