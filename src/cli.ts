import yargs, { type Argv } from 'yargs';
import { COMMANDS } from './commands/index.ts';
import { EXIT, type ExitCode, errorText, Problem } from './model/problem.ts';
import { shellWord } from './model/shell-word.ts';
import { didYouMean } from './model/suggest.ts';
import { COMPLETE_COMMAND, completionAnswer, SHELLS } from './output/completion-output.ts';
import { printable, printableLines, styleOf } from './output/style.ts';
import { wrap } from './output/wrap.ts';
import { HOMEPAGE, PROGRAM, VERSION } from './project.ts';
import { RUNTIME } from './runtime.ts';
import {
  type CommandGroup,
  checkCommand,
  commandFirst,
  noCommand,
  usageProblem,
} from './session/command-line.ts';
import type { CommandSpec } from './session/command-spec.ts';
import { type Args, GLOBAL_OPTIONS, type OptionSpec } from './session/options.ts';
import type { World } from './world.ts';

/** Runs the program: arguments and world in, exit code out. Never throws, never exits. */
export async function main(argv: readonly string[], world: World): Promise<ExitCode> {
  try {
    return await dispatch(argv, world);
  } catch (error) {
    return report(error, world, argv.includes('--verbose'));
  }
}

async function dispatch(argv: readonly string[], world: World): Promise<ExitCode> {
  if (argv[0] === COMPLETE_COMMAND) return answerShell(argv.slice(1), world);
  const line = commandFirst(argv, COMMANDS);
  const group = COMMANDS.find(({ name }) => name === line[0]);
  if (group?.subcommands === undefined) return runAmong(TOP, line, world);
  const commands = group.subcommands;
  const inner = commandFirst(line.slice(1), [group, ...commands]);
  return group.runsAlone && !commands.some(({ name }) => name === inner[0])
    ? runAmong(TOP, line, world)
    : runAmong({ ...group, program: `${PROGRAM} ${group.name}`, commands }, inner, world);
}

const TOP: CommandGroup = {
  program: PROGRAM,
  describe: 'Declares, checks and applies what flannel on etcd must know of an F5 BIG-IP.',
  commands: COMMANDS,
  examples: [
    [`${PROGRAM} validate flannel-bigip.yaml`, 'check a site file'],
    [`${PROGRAM} apply -f flannel-bigip.yaml`, 'show the difference, ask, apply'],
  ],
};

async function runAmong(
  group: CommandGroup,
  argv: readonly string[],
  world: World,
): Promise<ExitCode> {
  // Help for a command that does not exist, or an objection to its options, would hide the misspelling.
  checkCommand(argv, group);
  const parser = baseParser(group, world);
  for (const spec of group.commands) {
    parser.command(
      spec.name,
      spec.describe,
      (y) => describeCommand(y, spec),
      (parsed) => {
        throw new Chosen(spec, argsOf(parsed, spec));
      },
    );
  }
  if (argv.length === 0) {
    world.stderr.write(`${await parser.getHelp()}\n`);
    return EXIT.usage;
  }
  const outcome = await parse(parser, argv, group);
  if (typeof outcome === 'string') {
    if (outcome === '') throw noCommand(group);
    world.stdout.write(`${outcome}\n`);
    return EXIT.done;
  }
  const { spec, args } = outcome;
  checkPositionals(spec, args, group);
  return spec.run(args, world);
}

/** Answers a completion script: `bash LINE`, or the shell's name and the words up to the cursor. */
async function answerShell([name, ...rest]: readonly string[], world: World): Promise<ExitCode> {
  const shell = SHELLS.find((one) => one === name);
  if (shell === undefined) return EXIT.usage;
  const [{ complete }, { splitShellWords }] = await Promise.all([
    import('./session/complete.ts'),
    import('./session/shell-words.ts'),
  ]);
  const words = shell === 'bash' ? splitShellWords(rest[0] ?? '').slice(1) : rest;
  const offered = await complete(words, COMMANDS, GLOBAL_OPTIONS, world);
  world.stdout.write(completionAnswer(offered, shell, words.at(-1) ?? ''));
  return EXIT.done;
}

/**
 * The command to run. It leaves yargs as an exception, since behind a handler that returns yargs
 * lays out the help text, which takes longer than the rest of parsing.
 */
class Chosen {
  constructor(
    readonly spec: CommandSpec,
    readonly args: Args,
  ) {}
}

function baseParser({ program, describe, examples }: CommandGroup, world: World): Argv {
  const parser = yargs()
    .scriptName(program)
    .usage(`$0 <command>\n\n${describe}`)
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      // -f./site.yaml names a file.
      'dot-notation': false,
    })
    .locale('en')
    .strictOptions()
    .exitProcess(false)
    .fail(false)
    .help()
    .alias('help', 'h')
    .version(versionText())
    .wrap(world.stdout.isTTY ? Math.min(world.stdout.columns ?? 80, 110) : 100)
    .epilogue(
      `${examplesText(examples)}\n\nExit codes: 0 done, 1 failed, 2 found a difference, 3 invalid input, 64 wrong usage, 130 interrupted.\nDocumentation and reports: ${HOMEPAGE}`,
    );
  return addOptions(parser, GLOBAL_OPTIONS);
}

function versionText(): string {
  return `${PROGRAM} ${VERSION} (${RUNTIME}; etcd v2, etcd v3, file)`;
}

function describeCommand(y: Argv, spec: CommandSpec): Argv {
  const described = addOptions(y.usage(`$0 ${spec.usage}\n\n${spec.describe}`), spec.options);
  described.epilogue(examplesText(spec.examples));
  return described;
}

/** yargs lays examples out in columns and breaks long ones, which cannot be pasted. */
function examplesText(examples: CommandSpec['examples']): string {
  return `Examples:\n${examples.map(([command, does]) => `  # ${does}\n  ${command}`).join('\n')}`;
}

function addOptions(y: Argv, options: readonly OptionSpec[]): Argv {
  for (const option of options) {
    const env = option.env ? ` [${option.env.join(', ')}]` : '';
    y.option(option.flag, {
      ...(option.alias ? { alias: option.alias } : {}),
      ...(option.choices ? { choices: option.choices } : {}),
      describe: `${option.placeholder ? `${option.placeholder}: ` : ''}${option.describe}${env}`,
      ...(option.type === 'switch'
        ? { type: 'boolean' as const }
        : { type: 'string' as const, requiresArg: true }),
      ...(option.type === 'list' || option.type === 'repeated' ? { array: false } : {}),
    });
  }
  return y;
}

/** The command that was chosen, or what yargs printed: help, version, or nothing. */
async function parse(
  parser: Argv,
  argv: readonly string[],
  group: CommandGroup,
): Promise<Chosen | string> {
  let printed = '';
  try {
    await parser.parse([...argv], {}, (error: unknown, _argv: unknown, output: string) => {
      if (error) throw error;
      printed = output;
    });
  } catch (error) {
    if (error instanceof Chosen) return error;
    throw usageProblem(error as Error, argv, group);
  }
  return printed;
}

function checkPositionals(
  spec: CommandSpec,
  { positionals }: Args,
  { program }: CommandGroup,
): void {
  const help = `see ${program} ${spec.name} --help`;
  const [surplus] = positionals;
  if (spec.positionals === 'none' && surplus !== undefined) {
    const known = spec.subcommands?.map(({ name }) => name) ?? [];
    throw new Problem(`${spec.name} takes no ${JSON.stringify(surplus)}`, {
      exit: EXIT.usage,
      fix: didYouMean(surplus, known) ?? fileMeant(surplus, spec) ?? help,
    });
  }
  if (spec.positionals === 'some' && positionals.filter(Boolean).length === 0) {
    throw new Problem(`${spec.usage}: nothing is named`, { exit: EXIT.usage, fix: help });
  }
}

/** Of one command files are arguments, of others the site file is an option. */
function fileMeant(word: string, { options }: CommandSpec): string | undefined {
  const takesFile = options.some(({ flag }) => flag === 'file');
  return takesFile && /\.(ya?ml|json)$/i.test(word)
    ? `name the site file with --file ${shellWord(word)}`
    : undefined;
}

function argsOf(parsed: { readonly _: readonly (string | number)[] }, spec: CommandSpec): Args {
  const options = parsed as unknown as Record<string, unknown>;
  const positionals = parsed._.slice(1).map(String);
  const values = (flag: string): string[] =>
    [options[flag] ?? []]
      .flat()
      .map(String)
      .filter((value) => value !== '');
  for (const option of spec.options) {
    if (option.type !== 'text' || values(option.flag).length < 2) continue;
    throw new Problem(`--${option.flag} is given twice`, { exit: EXIT.usage });
  }
  return {
    positionals,
    text: (flag) => values(flag)[0],
    list: (flag) =>
      values(flag)
        .flatMap((value) => value.split(','))
        .filter(Boolean),
    each: values,
    on: (flag) => options[flag] === true,
    takenBy: flagsOf,
  };
}

function flagsOf(words: string): readonly string[] {
  const [first, second] = words.split(' ');
  const command = COMMANDS.find(({ name }) => name === first);
  const spec = command?.subcommands?.find(({ name }) => name === second) ?? command;
  return (spec?.options ?? []).map(({ flag }) => flag);
}

/** The one place where a failure becomes text and an exit code. */
function report(error: unknown, world: World, verbose: boolean): ExitCode {
  const style = styleOf(world.stderr, world.env);
  const head = style.colour.red('error:');
  const tell = (text: string) =>
    world.stderr.write(`${wrap(`${head} ${printable(text)}`, style, 2)}\n`);
  if (error instanceof Problem) {
    tell(errorText(error));
    if (verbose) world.stderr.write(`${causes(error)}\n`);
    return error.exit;
  }
  const message = error instanceof Error ? error.message : String(error);
  tell(`unexpected: ${message}. This is a defect of ${PROGRAM}; --verbose shows where`);
  if (verbose) world.stderr.write(`${causes(error)}\n`);
  return EXIT.failed;
}

function causes(error: unknown): string {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    lines.push(at.stack ?? at.message);
  }
  return printableLines(lines.join('\ncaused by '));
}
