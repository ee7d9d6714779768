import { EXIT, type ExitCode, Problem } from '../model/problem.ts';
import { didYouMean } from '../model/suggest.ts';
import { completionScript, SHELLS } from '../output/completion-output.ts';
import type { Args } from '../session/options.ts';
import type { World } from '../world.ts';

/** `completion bash|zsh|fish`: prints the script that makes a shell complete commands and names. */
export function run(args: Args, world: World): Promise<ExitCode> {
  const [name, ...surplus] = args.positionals;
  const shell = SHELLS.find((one) => one === name);
  if (shell === undefined || surplus.length > 0) {
    throw new Problem(`completion is for one of ${SHELLS.join(', ')}`, {
      exit: EXIT.usage,
      fix:
        (shell === undefined && didYouMean(name ?? '', SHELLS)) ||
        'see flannel-bigip completion --help',
    });
  }
  world.stdout.write(completionScript(shell));
  return Promise.resolve(EXIT.done);
}
