import { type Plan, planSite } from '../model/plan.ts';
import type { ExitCode } from '../model/problem.ts';
import type { Site } from '../model/site.ts';
import { decodeSnapshot } from '../model/snapshot.ts';
import type { Executed } from '../session/execute.ts';
import { type Session, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSite } from '../session/site.ts';
import { readBackProblem, runPlan } from '../session/write-command.ts';
import type { World } from '../world.ts';

/** `apply`: shows the plan, asks, keeps what it replaces, writes, reads back. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  return withSession(args, world, loaded, (session) => apply(args, world, session));
}

async function apply(args: Args, world: World, session: Session<Site>): Promise<ExitCode> {
  const { site, live } = session;
  const plan = planSite(site, live, { prune: args.on('prune'), rewrite: args.on('rewrite') });
  const command = {
    question: 'Apply this?',
    declined: 'Not applied; nothing was changed.',
    verify: (executed: Executed) =>
      readBackProblem(executed, async () => {
        const now = decodeSnapshot(await session.store.read());
        return planSite(site, now, { prune: args.on('prune') }).changes;
      }),
    success: (executed: Executed) => [
      `\nApplied and read back: ${executed.done.length} change${executed.done.length === 1 ? '' : 's'}.`,
      ...(executed.backup === null ? [] : [`The values before are in ${executed.backup}`]),
      `Next: ${next(plan, executed, args)}`,
    ],
  };
  return runPlan(plan, session, command, args, world);
}

/** What a person does now. */
function next(plan: Plan, { done }: Executed, args: Args): string {
  if (done.some((change) => change.kind === 'config') && plan.nodeCount > 0) {
    return 'restart flanneld on every node, one after another';
  }
  const given = ['file', 'endpoints', 'etcd-api', 'prefix'].flatMap((flag) => {
    const value = args.list(flag).join(',');
    return value === '' ? [] : [`--${flag} ${value}`];
  });
  return ['flannel-bigip list', ...given].join(' ');
}
