import type { ExitCode } from '../../model/problem.ts';
import { diffUnits } from '../../session/bigip/apply-units.ts';
import { namedBigips } from '../../session/bigip/units.ts';
import type { Args } from '../../session/options.ts';
import { loadSite } from '../../session/site.ts';
import type { World } from '../../world.ts';

/** `bigip diff`: what `bigip apply` would change on the units. Exit 2 when it would. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const loaded = await loadSite(args, world);
  const bigips = namedBigips(loaded.site, args.positionals);
  return diffUnits(bigips, loaded, args, world, (units) => ({ units }));
}
