import yargs, { type Argv } from 'yargs';
import { COMMANDS } from './commands/index.ts';
import { EXIT, type ExitCode, errorText, Problem } from './model/problem.ts';
import { suggest } from './model/suggest.ts';
import { COMPLETE_COMMAND, completionAnswer, SHELLS } from './output/completion-output.ts';
import { printable, printableLines, styleOf } from './output/style.ts';
import { HOMEPAGE, PROGRAM, VERSION } from './project.ts';
import { RUNTIME } from './runtime.ts';
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
  const group = COMMANDS.find(
    ({ name, subcommands, runsAlone }) =>
      name === argv[0] &&
      subcommands !== undefined &&
      (!runsAlone || subcommands.some((one) => one.name === argv[1])),
  );
  return group === undefined
    ? runAmong(TOP, argv, world)
    : runAmong(
        { ...group, program: `${PROGRAM} ${group.name}`, commands: group.subcommands ?? [] },
        argv.slice(1),
        world,
      );
}

/** Commands of which one is to be run, with the words that stand before them. */
interface CommandGroup {
  readonly program: string;
  readonly describe: string;
  readonly commands: readonly CommandSpec[];
  readonly examples: CommandSpec['examples'];
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
    // Help for a command that does not exist would hide the misspelling.
    if (outcome === '' || namesUnknown(argv, group)) throw unknownCommand(argv, group);
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
    })
    .locale('en')
    .strictOptions()
    .exitProcess(false)
    .fail(false)
    .help()
    .alias('help', 'h')
    .version(versionText())
    .wrap(world.stdout.isTTY ? Math.min(world.stdout.columns ?? 80, 110) : 100)
    .example([...examples.map(([command, does]): [string, string] => [command, does])])
    .epilogue(
      `Exit codes: 0 done, 1 failed, 2 found a difference, 3 invalid input, 64 wrong usage, 130 interrupted.\nDocumentation and reports: ${HOMEPAGE}`,
    );
  return addOptions(parser, GLOBAL_OPTIONS);
}

function versionText(): string {
  return `${PROGRAM} ${VERSION} (${RUNTIME}; etcd v2, etcd v3, file)`;
}

function describeCommand(y: Argv, spec: CommandSpec): Argv {
  const described = addOptions(y.usage(`$0 ${spec.usage}\n\n${spec.describe}`), spec.options);
  // yargs lays examples out in columns and breaks long ones, which cannot be pasted.
  const examples = spec.examples.map(([command, does]) => `  # ${does}\n  ${command}`);
  described.epilogue(`Examples:\n${examples.join('\n')}`);
  return described;
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

function usageProblem(
  error: Error,
  argv: readonly string[],
  { commands, program }: CommandGroup,
): Problem {
  if (error instanceof Problem) return error;
  const command = commands.find((spec) => argv.includes(spec.name));
  const help = `see ${program} ${command ? `${command.name} ` : ''}--help`;
  const unknown = /^Unknown (?:argument|command)s?: (\S+)/
    .exec(error.message)?.[1]
    ?.replace(/,$/, '');
  if (unknown === undefined) {
    return new Problem(usageText(error.message), { exit: EXIT.usage, fix: help, cause: error });
  }
  const flags = [...GLOBAL_OPTIONS, ...(command?.options ?? [])].map((option) => option.flag);
  const meant = command
    ? suggest(unknown, flags.concat('help', 'version'))
    : suggest(
        unknown,
        commands.map((spec) => spec.name),
      );
  const isFlag = argv.some((word) => word.startsWith(`--${unknown}`) || word === `-${unknown}`);
  const what =
    command === undefined && !isFlag
      ? `unknown command ${unknown}`
      : `unknown option or argument ${isFlag ? '--' : ''}${unknown}`;
  const hint =
    meant === undefined ? help : `did you mean ${command ? '--' : ''}${meant}? (${help})`;
  return new Problem(what, { exit: EXIT.usage, fix: hint });
}

/** yargs' own messages, the one that runs over several lines in one. */
function usageText(message: string): string {
  const choice = /Argument: (\S+), Given: "(.*?)", Choices: (.*)/.exec(message);
  if (choice === null) return message.split('\n')[0]?.toLowerCase() ?? '';
  return `--${choice[1]} ${choice[2]} is none of ${choice[3]?.replaceAll('"', '')}`;
}

function namesUnknown([first = '']: readonly string[], { commands }: CommandGroup): boolean {
  return !first.startsWith('-') && !commands.some((spec) => spec.name === first);
}

function unknownCommand(argv: readonly string[], { commands, program }: CommandGroup): Problem {
  const word = argv.find((one) => !one.startsWith('-')) ?? '';
  const meant = suggest(
    word,
    commands.map((spec) => spec.name),
  );
  return new Problem(word === '' ? 'no command is given' : `unknown command ${word}`, {
    exit: EXIT.usage,
    fix: meant ? `did you mean ${meant}?` : `see ${program} --help`,
  });
}

function checkPositionals(
  spec: CommandSpec,
  { positionals }: Args,
  { program }: CommandGroup,
): void {
  const help = `see ${program} ${spec.name} --help`;
  if (spec.positionals === 'none' && positionals.length > 0) {
    const surplus = JSON.stringify(positionals[0]);
    throw new Problem(`${spec.name} takes no ${surplus}`, { exit: EXIT.usage, fix: help });
  }
  if (spec.positionals === 'some' && positionals.filter(Boolean).length === 0) {
    throw new Problem(`${spec.usage}: nothing is named`, { exit: EXIT.usage, fix: help });
  }
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
  const { colour } = styleOf(world.stderr, world.env);
  const head = colour.red('error:');
  if (error instanceof Problem) {
    world.stderr.write(`${head} ${printable(errorText(error))}\n`);
    if (verbose) world.stderr.write(`${causes(error)}\n`);
    return error.exit;
  }
  const message = error instanceof Error ? error.message : String(error);
  world.stderr.write(
    `${head} unexpected: ${printable(message)}. This is a defect of ${PROGRAM}; --verbose shows where\n`,
  );
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
