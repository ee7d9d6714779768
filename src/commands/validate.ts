import type { ExitCode } from '../model/problem.ts';
import type { Args } from '../session/options.ts';
import type { World } from '../world.ts';

/** `validate FILE...`: checks files without a network. Exit 3 when any is invalid. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  // Parsers, rules and reports are loaded only by who needs them.
  const { validate } = await import('../session/validate.ts');
  return validate(args, world);
}
