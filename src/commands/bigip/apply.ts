import { EXIT, type ExitCode } from '../../model/problem.ts';
import { writeLine } from '../../output/write.ts';
import { applyUnits } from '../../session/bigip/apply-units.ts';
import { tmshText } from '../../session/bigip/plan-output.ts';
import { namedBigips } from '../../session/bigip/units.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** `bigip apply`: makes profile, tunnel and self IP on each unit, or prints how tmsh would. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  const bigips = namedBigips(loaded.site, args.positionals);
  if (!args.on('tmsh')) return applyUnits(bigips, loaded, args, world, (units) => ({ units }));
  writeLine(world.stdout, tmshText(loaded.site, bigips, args.on('disable-configsync')));
  return EXIT.done;
}
