import { isInSync } from '../model/change.ts';
import { planSite } from '../model/plan.ts';
import { EXIT, type ExitCode } from '../model/problem.ts';
import { planJson, planText } from '../output/plan-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSite } from '../session/site.ts';
import type { World } from '../world.ts';

/** `diff`: what `apply` would change, and what is wrong with live state. Exit 2 when something is. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  if (args.text('from') !== undefined || args.text('to') !== undefined) {
    const { diffStores } = await import('../session/diff-stores.ts');
    return diffStores(args, world);
  }
  const loaded = await loadSite(args, world);
  return withSession(args, world, loaded, async ({ site, live, store, place }) => {
    const plan = planSite(site, live, { prune: args.on('prune') });
    const file = args.text('save');
    if (file !== undefined) {
      const { savePlan } = await import('../session/saved-plan.ts');
      await savePlan(plan, file, { site: site.name, live, store }, world);
    }
    const format = args.text('output');
    if (format === 'json' || format === 'yaml') {
      await writeDocument(world.stdout, format, planJson(plan, place));
    } else {
      writeLine(world.stdout, planText(plan, place, styleOf(world.stdout, world.env)));
    }
    return isInSync(plan) ? EXIT.done : EXIT.found;
  });
}
