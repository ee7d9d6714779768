import { areTrue } from '../model/annotate.ts';
import { emptyPlan, isInSync, type Plan } from '../model/change.ts';
import { planSite } from '../model/plan.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { shellWord } from '../model/shell-word.ts';
import { readsDevice, type Site } from '../model/site.ts';
import { confirmationOf, type PlanPlace, planJson, planText } from '../output/plan-output.ts';
import { styleOf } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import type { DeviceScope } from '../session/bigip/device-scope.ts';
import { nextCommand, tellNext } from '../session/next-command.ts';
import { besideNew, type Session, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { bigipsInScope, scopeOf } from '../session/scope.ts';
import { type LoadedSite, loadSite } from '../session/site.ts';
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
  if (file !== undefined && (scope.nodes || scope.bigip || !scope.etcd)) {
    throw new Problem('--save keeps a plan for etcd alone', {
      exit: EXIT.usage,
      fix: 'leave --scope out',
    });
  }
  if (file === '-') {
    throw new Problem('--save - names no file, and standard output shows the difference', {
      exit: EXIT.usage,
      fix: 'name one, e.g. --save plan.json',
    });
  }
  const loaded = await loadSite(args, world);
  const bigips = bigipsInScope(loaded.site, args, world);
  if (bigips.length > 0) {
    const { bigipsAlone, DeviceScope, diffUnits, siteAsRead, withDevices } = await import(
      '../session/bigip/in-scope.ts'
    );
    // Neither etcd nor Kubernetes need be in reach of who is only about the units.
    if (!scope.etcd && !scope.nodes) return diffUnits(bigips, loaded, args, world, bigipsAlone);
    return withDevices(loaded, args, world, async (devices) => {
      const units = await DeviceScope.open(loaded.site, bigips, devices, args, world);
      const read = { ...loaded, site: siteAsRead(loaded.site, units) };
      return compare(read, units, args, world);
    });
  }
  const resolved =
    scope.etcd && readsDevice(loaded.site)
      ? await (await import('../session/bigip/device-macs.ts')).withDeviceMacs(loaded, args, world)
      : loaded;
  return compare(resolved, null, args, world);
}

/** @param units the BIG-IPs themselves, when they are part of it */
async function compare(
  loaded: LoadedSite,
  units: DeviceScope | null,
  args: Args,
  world: World,
): Promise<ExitCode> {
  const scope = scopeOf(args);
  const file = args.text('save');
  return withSession(args, world, loaded, async (session) => {
    const { site, live, store } = session;
    const plan = scope.etcd
      ? planSite(site, live, { prune: args.on('prune'), other: await besideNew(session) })
      : emptyPlan(live.snapshot.config?.revision ?? null);
    const { nodes, beside } = scope.nodes
      ? await nodesFor(session, loaded, args, world)
      : { nodes: null, beside: null };
    if (file !== undefined) {
      assertComplete(plan);
      const { savePlan } = await import('../session/saved-plan.ts');
      await savePlan(plan, file, { site: site.name, live, store }, world);
    }
    await show(plan, session.place, { beside, units }, args, world);
    if (units?.isUnread) return EXIT.failed;
    const isTrue =
      isInSync(plan) && (nodes === null || areTrue(nodes.plan)) && (units === null || units.isTrue);
    tellNext(world, args, ...nextStep(plan, isTrue, session.place, args));
    return isTrue ? EXIT.done : EXIT.found;
  });
}

function nextStep(
  { dangers, problems }: Plan,
  isTrue: boolean,
  place: PlanPlace,
  args: Args,
): [step: string, why?: string] {
  if (isTrue) return [nextCommand('doctor', args)];
  const shown = ['scope', 'prune', 'disable-configsync'];
  if (problems.some(({ severity }) => severity === 'error')) {
    return [`mend what is refused, then ${nextCommand('diff', args, shown)}`];
  }
  const file = args.text('save');
  // What a saved plan is about stands in it, but for the way to etcd.
  const apply =
    file === undefined
      ? nextCommand('apply', args, shown)
      : nextCommand(`apply --plan ${shellWord(file)}`, args);
  if (dangers.length > 0) {
    return [apply, `endangers living nodes, and wants --confirm ${confirmationOf(place)}`];
  }
  const rules = problems.map(({ rule }) => rule);
  if (rules.includes('other-store-in-use')) {
    return [apply, 'makes a network beside the living one: check --etcd-api first'];
  }
  const isNew = rules.includes('new-network');
  return isNew ? [apply, 'makes a new network: check --prefix first'] : [apply];
}

/** @throws Problem (exit 1) when a MAC is not read yet, so that the plan is not what is to be written */
function assertComplete({ changes }: Plan): void {
  const unread = changes.find(({ awaitsMac }) => awaitsMac);
  if (unread === undefined) return;
  throw new Problem(`the MAC of ${unread.name} is not read yet, so the plan cannot be kept`, {
    exit: EXIT.failed,
    fix: 'make the tunnel first: flannel-bigip bigip apply',
  });
}

async function nodesFor(session: Session<Site>, loaded: LoadedSite, args: Args, world: World) {
  // What is of Kubernetes is not loaded where nobody asks for it.
  const scoped = await import('../session/node-scope.ts');
  const nodes = await scoped.nodesInScope(args, world, session, loaded);
  return { nodes, beside: scoped.nodesBeside(nodes, args, world) };
}

async function show(
  plan: Plan,
  place: PlanPlace,
  { beside, units }: { readonly beside: Beside | null; readonly units: DeviceScope | null },
  args: Args,
  world: World,
): Promise<void> {
  const format = args.text('output');
  const output = units && (await import('../session/bigip/in-scope.ts'));
  if (format === 'json' || format === 'yaml') {
    const nodes = beside ? { nodes: beside.json() } : {};
    const bigips = units && output ? { bigips: output.scopeJson(units) } : {};
    const document = { ...planJson(plan, place), ...bigips, ...nodes };
    return writeDocument(world.stdout, format, document);
  }
  const style = styleOf(world.stdout, world.env);
  if (units && output) writeLine(world.stdout, `${output.scopeText(units, style)}\n`);
  writeLine(world.stdout, planText(plan, place, style));
  if (beside !== null) writeLine(world.stdout, `\n${beside.text(style)}`);
}
