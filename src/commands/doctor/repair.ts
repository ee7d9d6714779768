import { runCommand } from '../../linux/ip.ts';
import { readHost } from '../../linux/read-host.ts';
import { nodeOfHost } from '../../model/host/node-of-host.ts';
import { planRepair, type RepairStep } from '../../model/host/repair.ts';
import type { HostState } from '../../model/host/state.ts';
import { EXIT, type ExitCode, Problem } from '../../model/problem.ts';
import type { LiveState } from '../../model/snapshot.ts';
import { repairJson, repairText } from '../../output/repair-output.ts';
import { styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import { SUBNET_ENV } from '../../session/doctor/read-sources.ts';
import { nextCommand, tellNext } from '../../session/next-command.ts';
import { type Session, withSession } from '../../session/open.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** `node repair`: makes the kernel's entries what flanneld would have made of the leases. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  return withSession(args, world, loaded, async ({ site, live }) => {
    const host = await readHost({ subnetEnv: SUBNET_ENV, probes: [], port: 0 });
    const steps = planFor(host, live, site);
    const done = args.on('yes') ? await carryOut(steps, world) : null;
    const outcome = { steps, done };
    if (args.text('output') === 'json') {
      await writeDocument(world.stdout, 'json', repairJson(outcome));
    } else {
      writeLine(world.stdout, repairText(outcome, styleOf(world.stdout, world.env)));
      const isLeft = done === null && steps.length > 0;
      tellNext(world, args, nextCommand(isLeft ? 'node repair --yes' : 'doctor --host', args));
    }
    return EXIT.done;
  });
}

/** @throws Problem (exit 1) unless the node's own lease is among those that were read */
function planFor(
  host: HostState,
  live: LiveState,
  { bigips }: Session['site'] & object,
): RepairStep[] {
  const refuse = (why: string, fix: string) =>
    new Problem(`refused, nothing was changed: ${why}`, { exit: EXIT.failed, fix });
  const { config } = live;
  if (config === null) {
    throw refuse(
      'there is no network config that flannel takes',
      'flannel-bigip doctor tells more',
    );
  }
  const node = nodeOfHost(host, live, config, bigips);
  const { device, deviceName, lease } = node;
  if (device?.vxlan == null) {
    throw refuse(
      `there is no VXLAN device ${deviceName} on this host`,
      'run it on a node where flanneld runs',
    );
  }
  if (!device.isUp || device.vxlan.vni !== config.vxlan.vni) {
    throw refuse(
      `${deviceName} is down or has another VNI`,
      'flannel-bigip doctor tells how to mend it',
    );
  }
  const { local } = device.vxlan;
  // Against the leases of another network every entry here would look wrong.
  if (lease === undefined || node.publicIP !== local) {
    throw refuse(
      `the lease of this node (${local}) is not among the ${live.leases.length} that were read`,
      'check that this is the etcd and the prefix of its flanneld; restart flanneld where its lease has expired',
    );
  }
  return planRepair(host, node, live);
}

/** Runs the commands one after another; each of them may be run again. */
async function carryOut(steps: readonly RepairStep[], world: World): Promise<number> {
  return world.whileWriting(async () => {
    let done = 0;
    for (const { command } of steps) {
      if (world.signal.aborted) {
        throw new Problem(`interrupted: ${done} of ${steps.length} entries are mended`, {
          exit: EXIT.interrupted,
          fix: 'run the same command again to go on',
        });
      }
      await runCommand(command);
      done += 1;
    }
    return done;
  });
}
