import type { ExitCode } from '../../model/problem.ts';
import { styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import { DeviceScope } from '../../session/bigip/device-scope.ts';
import { scopeJson, scopeText } from '../../session/bigip/plan-output.ts';
import { exitOf, namedBigips, withDevices } from '../../session/bigip/units.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** `bigip diff`: what `bigip apply` would change on the units. Exit 2 when it would. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  const bigips = namedBigips(loaded.site, args.positionals);
  const scope = await withDevices(loaded, args, world, (devices) =>
    DeviceScope.open(loaded.site, bigips, devices, args, world),
  );
  const format = args.text('output');
  if (format === 'json' || format === 'yaml') {
    const units = scopeJson(scope);
    await writeDocument(world.stdout, format, { inSync: scope.isTrue, units });
  } else {
    writeLine(world.stdout, scopeText(scope, styleOf(world.stdout, world.env)));
  }
  return exitOf(scope.planned, !scope.isTrue);
}
