import type { DeviceClient } from '../../bigip/client.ts';
import { DeviceError } from '../../bigip/errors.ts';
import { readDevice } from '../../bigip/read-device.ts';
import { readMac } from '../../bigip/read-mac.ts';
import { pathOf } from '../../model/device/desired.ts';
import type { DeviceState } from '../../model/device/objects.ts';
import { EXIT, type ExitCode, errorText } from '../../model/problem.ts';
import { type MacNote, showJson, showText } from '../../output/bigip/show-text.ts';
import { styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import {
  eachUnit,
  exitOf,
  namedBigips,
  tellErrors,
  unitsOf,
  withDevices,
} from '../../session/bigip/units.ts';
import { nextCommand, tellNext, withArguments } from '../../session/next-command.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

interface Shown {
  readonly state: DeviceState;
  readonly macNote: MacNote;
}

/** `bigip show`: what the units of a site hold. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  const units = unitsOf(namedBigips(loaded.site, args.positionals));
  const results = await withDevices(loaded, args, world, (devices) =>
    eachUnit(units, async (unit): Promise<Shown> => {
      const client = await devices.open(unit);
      const state = await readDevice(client, unit.management.names, { withMac: false });
      return withMac(client, state);
    }),
  );
  const format = args.text('output');
  if (format === 'json' || format === 'yaml') {
    const shown = results.map((result) => {
      const { name } = result.unit.bigip;
      const { url } = result.unit.management;
      return 'error' in result
        ? { name, url, error: errorText(result.error) }
        : showJson(name, url, result.value.state, result.value.macNote);
    });
    await writeDocument(world.stdout, format, { units: shown });
    return exitOf(results, false);
  }
  const style = styleOf(world.stdout, world.env);
  const texts = results.flatMap((result) => {
    if ('error' in result) return [];
    const { bigip, management } = result.unit;
    const path = pathOf(management.names, management.names.tunnel);
    const { state, macNote } = result.value;
    return [showText(bigip.name, management.url, path, state, macNote, style)];
  });
  if (texts.length > 0) writeLine(world.stdout, texts.join('\n\n'));
  tellErrors(results, world);
  const code = exitOf(results, false);
  if (code === EXIT.done) {
    tellNext(world, args, nextCommand(withArguments('bigip diff', args), args));
  }
  return code;
}

/** A user who may not ask for the MAC sees the rest all the same. */
async function withMac(client: DeviceClient, state: DeviceState): Promise<Shown> {
  if (state.tunnel === null) return { state, macNote: null };
  try {
    return { state: { ...state, mac: await readMac(client, state.tunnel.path) }, macNote: null };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { state, macNote: error.message };
  }
}
