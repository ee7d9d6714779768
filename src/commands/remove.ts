import { parseSubnet, sameSubnet } from '../model/address.ts';
import { leaseKeyOf, nodesOf } from '../model/bigip-lease.ts';
import type { Plan } from '../model/change.ts';
import type { LiveFinding } from '../model/finding.ts';
import { planRemoval } from '../model/lease-change.ts';
import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import type { Site } from '../model/site.ts';
import { isNode, type LiveLease } from '../model/snapshot.ts';
import { didYouMean } from '../model/suggest.ts';
import { reportJson } from '../output/plan-output.ts';
import { printable } from '../output/style.ts';
import { writeDocument, writeLine } from '../output/write.ts';
import type { Executed } from '../session/execute.ts';
import { nextCommand, tellNext } from '../session/next-command.ts';
import { type Session, withSession } from '../session/open.ts';
import type { Args } from '../session/options.ts';
import { loadSiteIfAny } from '../session/site.ts';
import { runPlan } from '../session/write-command.ts';
import type { World } from '../world.ts';

/** `remove SUBNET|NAME|KEY...`: removes reservations after showing them. Needs no site file. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSiteIfAny(args, world);
  return withSession(args, world, loaded, (session) => remove(args, world, session));
}

async function remove(args: Args, world: World, session: Session<Site | null>): Promise<ExitCode> {
  let plan: Plan;
  try {
    const leases = chosenLeases(args, world, session);
    refuseNodes(leases, args);
    plan = planRemovals(leases, session);
  } catch (error) {
    if (args.text('output') === 'json') {
      const nothing = reportJson(planRemovals([], session), session.place, 'refused', null);
      await writeDocument(world.stdout, 'json', nothing);
    }
    throw error;
  }
  if (plan.changes.length === 0 && args.text('output') !== 'json') {
    writeLine(world.stdout, 'Nothing to do.');
    tellNext(world, args, nextCommand('list', args));
    return EXIT.done;
  }
  const command = {
    name: 'remove',
    question: 'Remove this?',
    declined: 'Not removed; nothing was changed.',
    // Every removal is guarded by the value that was shown, and seen to be gone on v2.
    verify: () => Promise.resolve(null),
    success: ({ done, backup }: Executed) => [
      `\nRemoved ${done.length} lease${done.length === 1 ? '' : 's'}.`,
      ...(backup === null ? [] : [`The values before are in ${backup}`]),
    ],
    next: () => nextCommand('list', args),
  };
  return runPlan(plan, session, command, args, world);
}

/** The leases the arguments name. @throws Problem when one is not there. */
function chosenLeases(args: Args, world: World, session: Session<Site | null>): LiveLease[] {
  const chosen = new Set<LiveLease>();
  const missing: string[] = [];
  for (const word of args.positionals) {
    const found = session.live.leases.filter((lease) => isMeant(word, lease, session.site));
    if (found.length === 0) missing.push(word);
    for (const lease of found) chosen.add(lease);
  }
  if (missing.length === 0) return [...chosen];
  const { store } = session;
  const what = `there is no lease for ${missing.join(', ')} in ${store.description} under ${store.prefix}`;
  if (!args.on('ignore-not-found')) {
    const known = session.site?.bigips.map(({ name }) => name) ?? [];
    const misspelt = missing.filter((word) => !known.includes(word));
    throw new Problem(`${what}; nothing was changed`, {
      exit: EXIT.failed,
      fix:
        misspelt.map((word) => didYouMean(word, known)).find(Boolean) ??
        '`flannel-bigip list` shows what is there; a name must stand in the site file',
    });
  }
  writeLine(world.stderr, printable(what));
  return [...chosen];
}

/** A BIG-IP's name, a subnet of either family, or a key with or without its path. */
function isMeant(word: string, lease: LiveLease, site: Site | null): boolean {
  if (word === lease.name || word === lease.stored.key) return true;
  const bigip = site?.bigips.find((one) => one.name === word);
  if (bigip) return lease.name === leaseKeyOf(bigip);
  const subnet = parseSubnet(word);
  if (subnet === null) return false;
  return [lease.subnet, lease.ipv6Subnet].some((one) => one !== null && sameSubnet(one, subnet));
}

function refuseNodes(leases: readonly LiveLease[], args: Args): void {
  const nodes = leases.filter(isNode);
  if (nodes.length === 0 || args.on('force')) return;
  const names = nodes.map((node) => node.name).join(', ');
  throw new Problem(`${names}: a lease that expires is a living node's; nothing was changed`, {
    exit: EXIT.failed,
    fix: 'a lease of a node that is gone ends by itself within 24 hours; --force removes it now',
  });
}

function planRemovals(leases: readonly LiveLease[], session: Session<Site | null>): Plan {
  const { site, live } = session;
  const bigipOf = (lease: LiveLease) => site?.bigips.find((one) => leaseKeyOf(one) === lease.name);
  const declared = leases.flatMap((lease): LiveFinding[] => {
    const bigip = bigipOf(lease);
    if (bigip === undefined) return [];
    const message = `the site file still declares ${bigip.name}: the next apply would put ${lease.name} back`;
    const fix = 'take it out of the site file first';
    return [{ rule: 'still-declared', severity: 'warning', message, fix, key: lease.stored.key }];
  });
  return {
    changes: leases.map((lease) => planRemoval(lease, bigipOf(lease)?.name ?? null)),
    problems: declared,
    dangers: [],
    nodeCount: nodesOf(live.leases, site?.bigips ?? []).filter((node) => !leases.includes(node))
      .length,
    configRevision: live.snapshot.config?.revision ?? null,
  };
}
