import { emptyPlan, type Plan } from '../model/change.ts';
import { planSite } from '../model/plan.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { type BigIp, readsDevice, type Site } from '../model/site.ts';
import { decodeSnapshot } from '../model/snapshot.ts';
import type { DeviceScope } from '../session/bigip/device-scope.ts';
import type { Executed } from '../session/execute.ts';
import { nextCommand } from '../session/next-command.ts';
import { besideNew, type OpenSession, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { bigipsInScope, scopeOf } from '../session/scope.ts';
import { type LoadedSite, loadSite, loadSiteIfAny } from '../session/site.ts';
import { readBackProblem, restartStep, runPlan } from '../session/write-command.ts';
import type { World } from '../world.ts';

/** `apply`: shows the plan, asks, keeps what it replaces, writes, reads back. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const planFile = args.text('plan');
  if (planFile !== undefined) return applySaved(planFile, args, world);
  const scope = scopeOf(args);
  const loaded = await loadSite(args, world);
  const bigips = bigipsInScope(loaded.site, args, world);
  if (bigips.length > 0) return withBigips(bigips, loaded, args, world);
  const resolved =
    scope.etcd && readsDevice(loaded.site) ? await macsRead(loaded, args, world) : loaded;
  return withSession(args, world, resolved, (session) =>
    apply(args, world, session, resolved, null),
  );
}

async function macsRead(loaded: LoadedSite, args: Args, world: World): Promise<LoadedSite> {
  const { assertMacsRead, withDeviceMacs } = await import('../session/bigip/device-macs.ts');
  const resolved = await withDeviceMacs(loaded, args, world);
  assertMacsRead(resolved.site);
  return resolved;
}

/** The units first: what they are made is what the lease has to say. */
async function withBigips(
  bigips: readonly BigIp[],
  loaded: LoadedSite,
  args: Args,
  world: World,
): Promise<ExitCode> {
  const { applyUnits, bigipsAlone, DeviceScope, siteAsRead, withDevices } = await import(
    '../session/bigip/in-scope.ts'
  );
  const { etcd, nodes } = scopeOf(args);
  // Neither etcd nor Kubernetes need be in reach of who is only about the units.
  if (!etcd && !nodes) return applyUnits(bigips, loaded, args, world, bigipsAlone);
  return withDevices(loaded, args, world, async (devices) => {
    const units = await DeviceScope.open(loaded.site, bigips, devices, args, world);
    const read = { ...loaded, site: siteAsRead(loaded.site, units) };
    return withSession(args, world, read, (session) => apply(args, world, session, loaded, units));
  });
}

/** @param units the BIG-IPs themselves, when they are part of it */
async function apply(
  args: Args,
  world: World,
  session: OpenSession<Site>,
  loaded: LoadedSite,
  units: DeviceScope | null,
): Promise<ExitCode> {
  const { live } = session;
  const scope = scopeOf(args);
  // What is of Kubernetes is not loaded where nobody asks for it.
  const scoped = scope.nodes ? await import('../session/node-scope.ts') : null;
  const nodes = scoped && (await scoped.nodesInScope(args, world, session, loaded));
  const beside = scoped && nodes && scoped.nodesBeside(nodes, args, world);
  let site = session.site;
  const other = scope.etcd ? await besideNew(session) : null;
  const options = { prune: args.on('prune'), rewrite: args.on('rewrite'), other };
  const planFor = (next: Site) => {
    site = next;
    return scope.etcd
      ? planSite(site, live, options)
      : emptyPlan(live.snapshot.config?.revision ?? null);
  };
  const plan = planFor(site);
  const before =
    units &&
    (await import('../session/bigip/in-scope.ts')).devicesBefore(
      units,
      loaded.site,
      scope.etcd,
      planFor,
    );
  const command = {
    name: 'apply',
    question: 'Apply this?',
    declined: 'Not applied; nothing was changed.',
    verify: (executed: Executed) =>
      readBackProblem(executed, async () => {
        if (!scope.etcd) return [];
        const now = decodeSnapshot(await session.store.read());
        return planSite(site, now, { prune: args.on('prune') }).changes;
      }),
    success: successLines,
    before,
    beside,
    next: (executed: Executed | null) =>
      nextStep(plan, executed, args, units === null ? 'list' : 'bigip check'),
  };
  return runPlan(plan, session, command, args, world);
}

/** Carries out a plan that was seen before: no question, but all guards. */
async function applySaved(file: string, args: Args, world: World): Promise<ExitCode> {
  for (const flag of ['prune', 'rewrite', 'scope']) {
    if (!args.on(flag) && args.list(flag).length === 0) continue;
    throw new Problem(`--${flag} is nothing for a plan that is made already`, {
      exit: EXIT.usage,
      fix: 'leave it out',
    });
  }
  const { loadPlan, stillToDo } = await import('../session/saved-plan.ts');
  const saved = await loadPlan(file, world);
  const loaded = await loadSiteIfAny(args, world);
  return withSession(args, world, loaded, async (session) => {
    const plan = stillToDo(saved, session.live.snapshot);
    const place = { ...session.place, site: saved.site };
    const command = {
      name: 'apply',
      typed: args,
      question: '',
      declined: '',
      verify: (executed: Executed) =>
        readBackProblem(executed, async () => stillToDo(saved, await session.store.read()).changes),
      success: successLines,
      next: (executed: Executed | null) => nextStep(plan, executed, args, 'list'),
    };
    const consented = { ...args, on: (flag: string) => flag === 'yes' || args.on(flag) };
    return runPlan(plan, { ...session, place }, command, consented, world);
  });
}

function successLines({ done, backup }: Executed): string[] {
  return [
    `\nApplied and read back: ${done.length} change${done.length === 1 ? '' : 's'}.`,
    ...(backup === null ? [] : [`The values before are in ${backup}`]),
  ];
}

/** @param then the command that shows what was made */
function nextStep(plan: Plan, executed: Executed | null, args: Args, then: string): string {
  return executed === null
    ? nextCommand('doctor', args)
    : (restartStep(plan, executed) ?? nextCommand(then, args));
}
