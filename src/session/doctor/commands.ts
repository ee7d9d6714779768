import type { Commands } from '../../model/doctor/commands.ts';
import { nextCommand, PLACE } from '../next-command.ts';
import type { Args } from '../options.ts';

/** How this program is called about the same site as it was called now. */
export function commandsFor(args: Args): Commands {
  return {
    own: (words) => {
      const flags = flagsOf(words).filter((flag) => !words.includes(`--${flag}`));
      return nextCommand(words, args, flags);
    },
  };
}

/** The flags of place that a command takes. */
function flagsOf(words: string): readonly string[] {
  if (words.startsWith('annotate')) return [...PLACE, 'kubeconfig', 'context'];
  if (words.startsWith('bigip') && !words.startsWith('bigip fdb')) return ['file'];
  return PLACE;
}
