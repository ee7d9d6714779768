import type { ExitCode } from '../model/problem.ts';
import type { World } from '../world.ts';
import type { Args, OptionSpec } from './options.ts';

/** One command: what help shows, how shells complete it, and the file that runs it. */
export interface CommandSpec {
  readonly name: string;
  /** As in help, e.g. `remove <SUBNET|NAME..>`. */
  readonly usage: string;
  readonly describe: string;
  /** What other programs call the like; whoever types it is told the name. */
  readonly alsoCalled?: readonly string[];
  readonly positionals: 'none' | 'any' | 'some';
  /** What positional arguments are: files, what the site file reserves, its BIG-IPs, or one of fixed words. */
  readonly completes?: 'file' | 'reservation' | 'bigip' | { readonly words: readonly string[] };
  readonly options: readonly OptionSpec[];
  /** Commands behind this word, which then runs nothing by itself, unless `runsAlone`. */
  readonly subcommands?: readonly CommandSpec[];
  /** Whether the word without any of its subcommands is a command too. */
  readonly runsAlone?: boolean;
  readonly examples: readonly (readonly [command: string, does: string])[];
  run(args: Args, world: World): Promise<ExitCode>;
}
