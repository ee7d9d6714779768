import { areTrue } from '../model/annotate.ts';
import { emptyPlan, isInSync, type Plan } from '../model/change.ts';
import { planSite } from '../model/plan.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { type PlanPlace, planJson, planText } from '../output/plan-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import { withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { scopeOf } from '../session/scope.ts';
import { loadSite } from '../session/site.ts';
import type { Beside } from '../session/write-command.ts';
import type { World } from '../world.ts';

/** `diff`: what `apply` would change, and what is wrong with live state. Exit 2 when something is. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  if (args.text('from') !== undefined || args.text('to') !== undefined) {
    const { diffStores } = await import('../session/diff-stores.ts');
    return diffStores(args, world);
  }
  const scope = scopeOf(args);
  const file = args.text('save');
  if (file !== undefined && (scope.nodes || !scope.etcd)) {
    throw new Problem('--save keeps a plan for etcd alone', {
      exit: EXIT.usage,
      fix: 'leave --scope out',
    });
  }
  const loaded = await loadSite(args, world);
  return withSession(args, world, loaded, async (session) => {
    const { site, live, store } = session;
    const plan = scope.etcd
      ? planSite(site, live, { prune: args.on('prune') })
      : emptyPlan(live.snapshot.config?.revision ?? null);
    // What is of Kubernetes is not loaded where nobody asks for it.
    const scoped = scope.nodes ? await import('../session/node-scope.ts') : null;
    const nodes = scoped && (await scoped.nodesInScope(args, world, session, loaded));
    const beside = scoped && nodes && scoped.nodesBeside(nodes, args, world);
    if (file !== undefined) {
      const { savePlan } = await import('../session/saved-plan.ts');
      await savePlan(plan, file, { site: site.name, live, store }, world);
    }
    await show(plan, session.place, beside, args, world);
    const isTrue = isInSync(plan) && (nodes === null || areTrue(nodes.plan));
    return isTrue ? EXIT.done : EXIT.found;
  });
}

async function show(
  plan: Plan,
  place: PlanPlace,
  beside: Beside | null,
  args: Args,
  world: World,
): Promise<void> {
  const format = args.text('output');
  if (format === 'json' || format === 'yaml') {
    const nodes = beside ? { nodes: beside.json() } : {};
    return writeDocument(world.stdout, format, { ...planJson(plan, place), ...nodes });
  }
  const style = styleOf(world.stdout, world.env);
  writeLine(world.stdout, planText(plan, place, style));
  if (beside !== null) writeLine(world.stdout, `\n${beside.text(style)}`);
}
