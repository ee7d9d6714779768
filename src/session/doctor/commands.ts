import type { Commands } from '../../model/doctor/commands.ts';
import { nextCommand } from '../next-command.ts';
import type { Args } from '../options.ts';

/** How this program is called about the same site as it was called now. */
export function commandsFor(args: Args): Commands {
  return { own: (words) => nextCommand(words, args) };
}
