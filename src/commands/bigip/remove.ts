import { readDevice, readPoolMembers } from '../../bigip/read-device.ts';
import { desiredDevice } from '../../model/device/desired.ts';
import { planDeviceRemoval } from '../../model/device/removal-plan.ts';
import type { ExitCode } from '../../model/problem.ts';
import { shellWord } from '../../model/shell-word.ts';
import { StepRun } from '../../session/bigip/step-run.ts';
import { eachUnit, namedBigips, unitsOf, withDevices } from '../../session/bigip/units.ts';
import { UnitWriter, unsavedRun } from '../../session/bigip/write-unit.ts';
import { nextCommand } from '../../session/next-command.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** `bigip remove`: takes away what `bigip apply` made. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  const units = unitsOf(namedBigips(loaded.site, args.positionals));
  const names = units.map(({ bigip }) => bigip.name);
  const { config } = loaded.site.network;
  return withDevices(loaded, args, world, async (devices) => {
    const planned = await eachUnit(units, async (unit) => {
      const client = await devices.open(unit);
      const state = await readDevice(client, unit.management.names, { withMac: false });
      const members = state.tunnel === null ? [] : await readPoolMembers(client);
      const desired = desiredDevice(unit.bigip, config);
      const network = config.ipv4?.network ?? null;
      const plan = planDeviceRemoval(desired, state, members, network, args.on('force'));
      const unsaved = unsavedRun(unit, world);
      const writer = new UnitWriter(unit, client, args, world);
      return { client, state, ...plan, unsaved, writer };
    });
    const command = {
      name: 'bigip remove',
      question: (all: string) => `Remove this from ${all}?`,
      declined: 'Not removed; nothing was changed.',
      nothing: 'Nothing to do: nothing of it is there.',
      next: nextCommand(`remove ${names.map(shellWord).join(' ')}`, args),
      why: 'so that nodes send nothing there',
    };
    return new StepRun(planned, command, args, world).run();
  });
}
