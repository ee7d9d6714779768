import path from 'node:path';
import { defaultSiteFile, readFileText } from '../files/site-file.ts';
import { formatSubnet } from '../model/address.ts';
import type { Site } from '../model/site.ts';
import type { World } from '../world.ts';
import type { CommandSpec } from './command-spec.ts';
import type { OptionSpec } from './options.ts';

/** What may stand where the cursor is. */
export interface Completion {
  /** Names of files or folders, which the shell itself knows best. */
  readonly paths: 'file' | 'folder' | null;
  readonly candidates: readonly Candidate[];
}

interface Candidate {
  readonly value: string;
  readonly about: string;
}

const NOTHING: Completion = { paths: null, candidates: [] };

/**
 * What a shell may offer for the last of the words that follow the program's name. Reads the site
 * file when it wants its names, and never anything else.
 */
export async function complete(
  words: readonly string[],
  commands: readonly CommandSpec[],
  globals: readonly OptionSpec[],
  world: World,
): Promise<Completion> {
  const typed = new Typed(commands, globals);
  for (const word of words.slice(0, -1)) typed.take(word);
  const current = words.at(-1) ?? '';
  const found = await candidatesFor(typed, current, world);
  return {
    ...found,
    candidates: found.candidates.filter(({ value }) => value.startsWith(current)),
  };
}

/** The words before the cursor as far as they are understood. */
class Typed {
  command: CommandSpec | undefined;
  readonly given = new Set<OptionSpec>();
  /** The option whose value the cursor is at. */
  pending: OptionSpec | undefined;
  /** Behind `--` everything is an argument. */
  onlyArguments = false;
  positionals = 0;
  siteFile: string | undefined;

  constructor(
    readonly commands: readonly CommandSpec[],
    readonly globals: readonly OptionSpec[],
  ) {}

  get options(): readonly OptionSpec[] {
    return [...(this.command?.options ?? []), ...this.globals];
  }

  take(word: string): void {
    if (this.pending) {
      this.setValue(this.pending, word);
      this.pending = undefined;
    } else if (this.onlyArguments || !word.startsWith('-')) {
      this.takeArgument(word);
    } else if (word === '--') {
      this.onlyArguments = true;
    } else {
      this.takeOption(word);
    }
  }

  private takeArgument(word: string): void {
    const among = this.command === undefined ? this.commands : this.command.subcommands;
    if (among === undefined) this.positionals += 1;
    else this.command = among.find((one) => one.name === word) ?? this.command;
  }

  private takeOption(word: string): void {
    const [name = '', value] = word.split(/=(.*)/s);
    const option = this.options.find(({ flag, alias }) =>
      [`--${flag}`, `-${alias}`].includes(name),
    );
    if (option === undefined) return;
    this.given.add(option);
    if (value !== undefined) this.setValue(option, value);
    else if (option.type !== 'switch') this.pending = option;
  }

  private setValue(option: OptionSpec, value: string): void {
    if (option.flag === 'file') this.siteFile = value;
  }
}

async function candidatesFor(typed: Typed, current: string, world: World): Promise<Completion> {
  const { command, commands, given, options, pending } = typed;
  if (pending) return valuesOf(pending, '', typed, world);
  if (!typed.onlyArguments && current.startsWith('-')) {
    const [, flag, prefix] = /^--([^=]+)(=)/.exec(current) ?? [];
    const assigned = prefix && options.find((one) => one.flag === flag);
    if (assigned) return valuesOf(assigned, `--${flag}=`, typed, world);
    const left = options.filter((one) => isRepeatable(one) || !given.has(one));
    const flags = left.map((one) => ({ value: `--${one.flag}`, about: one.describe }));
    return { paths: null, candidates: [...flags, { value: '--help', about: 'show help' }] };
  }
  const among = command === undefined ? commands : command.subcommands;
  if (among !== undefined || command === undefined) {
    const named = (among ?? []).map(({ name, describe }) => ({ value: name, about: describe }));
    return { paths: null, candidates: named };
  }
  return argumentsOf(command, typed, world);
}

function isRepeatable({ type }: OptionSpec): boolean {
  return type === 'list' || type === 'repeated';
}

async function valuesOf(
  { choices, completes }: OptionSpec,
  prefix: string,
  typed: Typed,
  world: World,
): Promise<Completion> {
  if (completes === 'file' || completes === 'folder') return { paths: completes, candidates: [] };
  const words = (values: readonly string[]) => ({
    paths: null,
    candidates: values.map((value) => ({ value: `${prefix}${value}`, about: '' })),
  });
  if (choices) return words(choices);
  if (completes === 'rule') return words((await import('../model/finding.ts')).FILE_RULES);
  if (completes !== 'site-name') return NOTHING;
  const site = await siteOf(typed, world);
  return site === null ? NOTHING : words([site.name]);
}

async function argumentsOf(
  { completes }: CommandSpec,
  typed: Typed,
  world: World,
): Promise<Completion> {
  if (completes === undefined) return NOTHING;
  if (completes === 'file') return { paths: 'file', candidates: [] };
  if (completes !== 'reservation' && completes !== 'bigip') {
    // A fixed word is the first argument, or there is none.
    if (typed.positionals > 0) return NOTHING;
    const candidates = completes.words.map((value) => ({ value, about: '' }));
    return { paths: null, candidates };
  }
  const site = await siteOf(typed, world);
  if (completes === 'bigip') {
    const bigips = site?.bigips ?? [];
    const named = bigips.map(({ name, ipv4 }) => ({
      value: name,
      about: formatSubnet(ipv4.subnet),
    }));
    return { paths: null, candidates: named };
  }
  const candidates = (site?.bigips ?? []).flatMap(({ name, ipv4, ipv6 }) => [
    { value: name, about: formatSubnet(ipv4.subnet) },
    { value: formatSubnet(ipv4.subnet), about: name },
    ...(ipv6 ? [{ value: formatSubnet(ipv6.subnet), about: name }] : []),
  ]);
  return { paths: null, candidates };
}

/** The site that the line names, or that lies here; null when there is none that can be read. */
async function siteOf({ siteFile }: Typed, world: World): Promise<Site | null> {
  const file = siteFile ?? defaultSiteFile(world.cwd);
  if (file === null || file === '-') return null;
  try {
    const home = world.env['HOME'];
    // Shells leave a tilde that is not at the beginning of a word as it is.
    const name = home && file.startsWith('~/') ? path.join(home, file.slice(2)) : file;
    const text = readFileText(name, world.cwd);
    const { checkDocument } = await import('../model/document.ts');
    return checkDocument(text, name).site;
  } catch {
    return null;
  }
}
