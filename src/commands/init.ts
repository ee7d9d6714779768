import type { ExitCode } from '../model/problem.ts';
import type { NextCommands } from '../session/init/init.ts';
import type { Args } from '../session/options.ts';
import type { World } from '../world.ts';

/** `init`: writes the site file of a new site or of a live one; may go on with another command. */
export async function run(args: Args, world: World, next: NextCommands): Promise<ExitCode> {
  // Rules, parsers and etcd clients are loaded only by who needs them.
  const { init } = await import('../session/init/init.ts');
  return init(args, world, next);
}
