import { readDevice } from '../../bigip/read-device.ts';
import { desiredDevice } from '../../model/device/desired.ts';
import { planFdb } from '../../model/device/fdb-plan.ts';
import { EXIT, type ExitCode, Problem } from '../../model/problem.ts';
import { StepRun } from '../../session/bigip/step-run.ts';
import { eachUnit, namedBigips, unitsOf, withDevices } from '../../session/bigip/units.ts';
import { UnitWriter, unsavedRun } from '../../session/bigip/write-unit.ts';
import { nextCommand } from '../../session/next-command.ts';
import { withSession } from '../../session/open.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** `bigip fdb sync`: keeps the tunnels' FDB what the leases say, for sites without CIS. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const [verb, ...names] = args.positionals;
  if (verb !== 'sync') {
    throw new Problem(`bigip fdb ${verb} is no command`, {
      exit: EXIT.usage,
      fix: 'write bigip fdb sync',
    });
  }
  const loaded = await loadSite(args, world);
  const units = unitsOf(namedBigips(loaded.site, names));
  // The leases are read first: without them nothing is asked of a unit.
  const live = await withSession(args, world, loaded, async (session) => session.live);
  const config = live.config ?? loaded.site.network.config;
  return withDevices(loaded, args, world, async (devices) => {
    const planned = await eachUnit(units, async (unit) => {
      const client = await devices.open(unit);
      const state = await readDevice(client, unit.management.names, { withMac: false });
      const desired = desiredDevice(unit.bigip, config);
      const plan = planFdb(desired, state, live.leases, loaded.site.bigips, args.on('force'));
      const unsaved = unsavedRun(unit, world);
      const writer = new UnitWriter(unit, client, args, world);
      return { client, state, ...plan, unsaved, writer };
    });
    const command = {
      name: 'bigip fdb sync',
      question: (all: string) => `Apply this to ${all}?`,
      declined: 'Not applied; nothing was changed.',
      nothing: 'Nothing to do: the tables are as the leases say.',
      next: nextCommand('watch --keep leases,annotations,fdb', args),
      why: 'keeps them so',
    };
    return new StepRun(planned, command, args, world).run();
  });
}
