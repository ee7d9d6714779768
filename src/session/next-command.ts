import { printable } from '../output/style.ts';
import { writeLine } from '../output/write.ts';
import type { World } from '../world.ts';
import type { Args } from './options.ts';

/** The flags that say where a command is about. */
export const PLACE = ['file', 'endpoints', 'etcd-api', 'prefix'];

/** A command for a person to run next, about the same place as this one. */
export function nextCommand(command: string, args: Args, flags: readonly string[] = PLACE): string {
  const given = flags.flatMap((flag) => {
    const value = args.list(flag).join(',');
    return value === '' ? [] : [`--${flag} ${value}`];
  });
  return ['flannel-bigip', command, ...given].join(' ');
}

/** Tells a person at a terminal what to do now; scripts, pipes and files get none of it. */
export function tellNext(world: World, what: string): void {
  if (world.stdout.isTTY === true) writeLine(world.stdout, `\n${printable(`Next: ${what}`)}`);
}
