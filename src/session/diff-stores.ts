import { allCopied, differ, onlyInTarget, planMigration } from '../model/migrate.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { planJson, planText } from '../output/plan-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import type { World } from '../world.ts';
import { nextCommand, tellNext } from './next-command.ts';
import type { Args } from './options.ts';
import { loadSiteIfAny } from './site.ts';
import { directionOf, withBothStores } from './stores.ts';

/** `diff --from v2 --to v3`: in what the one store differs from the other. Exit 2 when it does. */
export async function diffStores(args: Args, world: World): Promise<ExitCode> {
  const { from, to } = directionOf(args);
  if (args.text('save') !== undefined || args.on('prune')) {
    throw new Problem('--from and --to compare stores: neither --save nor --prune goes with them', {
      exit: EXIT.usage,
    });
  }
  const loaded = await loadSiteIfAny(args, world);
  return withBothStores(args, world, loaded, async ({ site, notice, of }) => {
    const [source, target] = [of[from], of[to]];
    const migration = planMigration({
      source: source.live,
      target: target.live,
      sourceTtls: source.ttls,
      targetTtls: target.ttls,
      written: {},
    });
    const more = onlyInTarget(source.live, target.live);
    const plan = { ...migration, problems: [...migration.problems, ...more] };
    const store = `${source.store.description} beside its ${to} store`;
    const atRest = differ(plan) ? allCopied(to) : 'both stores hold the same';
    const place = { site, store, prefix: target.store.prefix, notice, atRest };
    const format = args.text('output');
    if (format === 'json' || format === 'yaml') {
      const document = { ...planJson(plan, place), inSync: !differ(plan) };
      await writeDocument(world.stdout, format, document);
    } else writeLine(world.stdout, planText(plan, place, styleOf(world.stdout, world.env)));
    const migrate = nextCommand(`migrate --from ${from} --to ${to}`, args);
    tellNext(world, args, differ(plan) ? migrate : `${migrate} --cutover`);
    return differ(plan) ? EXIT.found : EXIT.done;
  });
}
