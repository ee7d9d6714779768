import { comesOnce } from '../files/site-file.ts';
import { shellWord } from '../model/shell-word.ts';
import { printable, styleOf } from '../output/style.ts';
import { widthOf } from '../output/width.ts';
import { writeLine } from '../output/write.ts';
import type { World } from '../world.ts';
import type { Args } from './options.ts';

/** Flags that say where a command is about and how it gets there: the next one wants them too. */
const PLACE: ReadonlySet<string> = new Set([
  'file',
  'endpoints',
  'cacert',
  'cert',
  'key',
  'user',
  'password-file',
  'prefix',
  'use-env-proxy',
  'etcd-api',
  'kubeconfig',
  'context',
  'bigip-password-file',
  'insecure',
  'backup-dir',
]);

/**
 * A command for a person to run next, about the same place as this one.
 *
 * @param words the command as it is typed, with arguments and flags of its own
 * @param more flags that it is to have of this one besides, as far as it takes them
 */
export function nextCommand(words: string, args: Args, more: readonly string[] = []): string {
  const flags = args
    .takenBy(words)
    .filter((flag) => (PLACE.has(flag) || more.includes(flag)) && !words.includes(`--${flag}`));
  return withFlags(words, args, flags);
}

/** This very command again, arguments and all, without some of its flags. */
export function sameCommand(command: string, args: Args, without: readonly string[]): string {
  const flags = args.takenBy(command).filter((flag) => !without.includes(flag));
  return withFlags(withArguments(command, args), args, flags);
}

/** The words of a command with this one's arguments behind them. */
export function withArguments(words: string, { positionals }: Args): string {
  return [words, ...positionals.map(shellWord)].join(' ');
}

function withFlags(words: string, args: Args, flags: readonly string[]): string {
  const given = flags.flatMap((flag) =>
    args.on(flag)
      ? [`--${flag}`]
      : args.each(flag).map((value) => `--${flag} ${shellWord(withoutSecret(flag, value))}`),
  );
  return ['flannel-bigip', words, ...given].join(' ');
}

/** Passwords that should not have been typed are not repeated: this ends up in reports. */
function withoutSecret(flag: string, value: string): string {
  if (flag === 'user') return value.replace(/:.*/s, '');
  return flag === 'endpoints' ? value.replace(/\/\/[^/,]*@/g, '//') : value;
}

/** Formats that people read; others go into files and programs. */
const FOR_PEOPLE: ReadonlySet<string> = new Set(['text', 'table', 'wide', 'map']);

/**
 * Tells a person at a terminal what to do now, as the last line of a command; scripts, pipes and files get
 * none of it.
 *
 * @param step a command that can be pasted, or what is to be done by hand
 * @param why behind a command, as a comment of the shell
 */
export function tellNext(world: World, args: Args, step: string, why?: string): void {
  if (world.stdout.isTTY !== true || !FOR_PEOPLE.has(args.text('output') ?? 'text')) return;
  const read = [args.text('file'), args.text('plan'), ...args.positionals];
  if (read.some((file) => file !== undefined && comesOnce(file, world.cwd))) return;
  const command = printable(`Next: ${step}`);
  const comment = why === undefined ? '' : `# ${why}`;
  const { width } = styleOf(world.stdout, world.env);
  const isRoomy = width === null || widthOf(`${command}   ${comment}`) <= width;
  const gap = comment === '' ? '' : isRoomy ? '   ' : '\n  ';
  writeLine(world.stdout, `\n${command}${gap}${comment}`);
}
