import { EXIT, Problem } from '../model/problem.ts';
import { didYouMean, suggest } from '../model/suggest.ts';
import type { CommandSpec } from './command-spec.ts';
import { GLOBAL_OPTIONS, type OptionSpec } from './options.ts';

/** Commands of which one is to be run, with the words that stand before them. */
export interface CommandGroup {
  readonly program: string;
  readonly describe: string;
  readonly commands: readonly CommandSpec[];
  readonly examples: CommandSpec['examples'];
}

type Option = Pick<OptionSpec, 'flag' | 'alias' | 'type'>;

/** What every command takes, with what the parser itself adds. */
const EVERYWHERE: readonly Option[] = [
  ...GLOBAL_OPTIONS,
  { flag: 'help', alias: 'h', type: 'switch' },
  { flag: 'version', type: 'switch' },
];

/**
 * A line with its command in front, which may stand behind its options.
 *
 * @throws Problem (exit 64) where it depends on an option which word the command is: none is guessed
 */
export function commandFirst(argv: readonly string[], commands: readonly CommandSpec[]): string[] {
  const { words, unsure } = partsOf(argv, optionsOf(commands));
  const [first] = words;
  if (first === undefined) return [...argv];
  const doubtful = unsure.find((at) => at < first);
  if (doubtful !== undefined) {
    throw new Problem(`the command must stand before ${argv[doubtful]}`, {
      exit: EXIT.usage,
      fix: 'write the command first, then its options',
    });
  }
  return [...argv.slice(first, first + 1), ...argv.slice(0, first), ...argv.slice(first + 1)];
}

/** @throws Problem (exit 64) where the first word of a line is no command, whatever stands behind it */
export function checkCommand([word]: readonly string[], group: CommandGroup): void {
  if (word === undefined || isFlag(word)) return;
  const { commands, program } = group;
  if (commands.some(({ name }) => name === word)) return;
  if (word === '') throw noCommand(group);
  const meant = meantCommand(word, commands);
  throw new Problem(`unknown command ${word}`, {
    exit: EXIT.usage,
    fix: meant === undefined ? `see ${program} --help` : `did you mean ${meant}?`,
  });
}

export function noCommand({ program }: CommandGroup): Problem {
  return new Problem('no command is given', { exit: EXIT.usage, fix: `see ${program} --help` });
}

/** By what other programs call it, by the word behind which it stands here, or by how it is spelt. */
function meantCommand(word: string, commands: readonly CommandSpec[]): string | undefined {
  const same = commands.filter(({ alsoCalled }) => alsoCalled?.includes(word));
  if (same.length > 0) return same.map(({ name }) => name).join(' or ');
  const group = commands.find(({ subcommands }) => subcommands?.some(({ name }) => name === word));
  if (group !== undefined) return `${group.name} ${word}`;
  const flags = EVERYWHERE.map(({ flag }) => flag);
  const meant = suggest(word, [...commands.map(({ name }) => name), ...flags]);
  return meant !== undefined && flags.includes(meant) ? `--${meant}` : meant;
}

/** What the parser has against a line, in this program's words. */
export function usageProblem(error: Error, argv: readonly string[], group: CommandGroup): Problem {
  if (error instanceof Problem) return error;
  const { message } = error;
  const command = group.commands.find(({ name }) => name === argv[0]);
  const options = optionsOf(command ? [command] : []);
  const { flags } = partsOf(argv, options);
  const help = `see ${group.program} ${command ? `${command.name} ` : ''}--help`;
  const problem = (what: string, fix = help) =>
    new Problem(what, { exit: EXIT.usage, fix, cause: error });

  const unknown = /^Unknown (?:argument|command)s?: (\S+?),?(?:\s|$)/.exec(message)?.[1];
  const flag = unknown && asTyped(unknown, flags);
  if (flag) {
    const isElsewhere = optionsOf(group.commands).some((one) => isNamed(flag, one));
    if (command === undefined && isElsewhere) return noCommand(group);
    const known = options.map((one) => one.flag);
    const meant = suggest(flag.replace(/^-+/, ''), known);
    return problem(`unknown option ${flag}`, meant && `did you mean --${meant}? (${help})`);
  }
  const [, wanting] = /^Not enough arguments following: (\S+)/.exec(message) ?? [];
  if (wanting !== undefined) return problem(wantsValue(wanting, flags));
  const choice = /Argument: (\S+), Given: "(.*?)", Choices: (.*)/.exec(message);
  if (choice === null) return problem(message.split('\n')[0]?.toLowerCase() ?? '');
  const [, name = '', given = '', quoted = ''] = choice;
  // Behind -oo it is the first of two that has none.
  if (given === '') return problem(wantsValue(name, flags, options));
  const choices = quoted.replaceAll('"', '').split(', ');
  const what = `--${name} ${given} is none of ${choices.join(', ')}`;
  return problem(what, didYouMean(given, choices));
}

function wantsValue(
  name: string,
  flags: readonly string[],
  options: readonly Option[] = [],
): string {
  const alias = options.find((one) => one.flag === name)?.alias;
  const flag = asTyped(name, flags) ?? (alias && asTyped(alias, flags)) ?? `--${name}`;
  return `option ${flag} wants a value`;
}

function optionsOf(commands: readonly CommandSpec[]): readonly Option[] {
  return [...EVERYWHERE, ...commands.flatMap(({ options }) => options)];
}

/** The words of a line that are no flags' values, and its flags. */
interface Parts {
  /** Where the words stand. */
  readonly words: readonly number[];
  /** As they were typed, without values. */
  readonly flags: readonly string[];
  /** Where flags stand of which nobody knows whether the next word is their value. */
  readonly unsure: readonly number[];
}

function partsOf(argv: readonly string[], options: readonly Option[]): Parts {
  const words: number[] = [];
  const flags: string[] = [];
  const unsure: number[] = [];
  for (let i = 0; i < argv.length && argv[i] !== '--'; i++) {
    const word = argv[i] ?? '';
    if (!isFlag(word)) {
      words.push(i);
      continue;
    }
    flags.push(word.replace(/=.*/s, ''));
    const next = argv[i + 1] ?? '-f';
    if (hasValue(word) || isFlag(next)) continue;
    const wants = wantsNext(word, options);
    if (wants === 'unsure') unsure.push(i);
    if (wants !== 'no' || /^(?:true|false)$/.test(next)) i++;
  }
  return { words, flags, unsure };
}

/** Whether the word behind a flag is its value; of one that several commands have in two ways nobody knows. */
function wantsNext(word: string, options: readonly Option[]): 'yes' | 'no' | 'unsure' {
  const named = options.filter((one) => isNamed(word, one));
  const switches = named.filter(({ type }) => type === 'switch').length;
  // What follows a flag that nobody knows is its value: so does the parser take it, and refuses it.
  if (switches === 0) return 'yes';
  return switches < named.length ? 'unsure' : 'no';
}

/** Behind `=`, or right behind a letter where the parser takes it: -f/etc/site.yaml. */
function hasValue(word: string): boolean {
  return word.includes('=') || /^-[a-z]+[^a-z]/i.test(word);
}

function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

/** Of several letters behind one dash the last may take a value. */
function isNamed(word: string, { flag, alias }: Option): boolean {
  return word.startsWith('--') ? word === `--${flag}` : word.at(-1) === alias;
}

/** A flag as it was typed, by the name that the parser gives it; undefined when it is none. */
function asTyped(name: string, flags: readonly string[]): string | undefined {
  return flags.find((flag) =>
    flag.startsWith('--') ? flag === `--${name}` : name.length === 1 && flag.includes(name, 1),
  );
}
