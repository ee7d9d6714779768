import yargs, { type Argv } from 'yargs';
import packageJson from '../package.json' with { type: 'json' };
import { COMMANDS, type CommandSpec } from './commands/index.ts';
import { EXIT, type ExitCode, Problem } from './model/problem.ts';
import { suggest } from './model/suggest.ts';
import { printable, styleOf } from './output/style.ts';
import { type Args, GLOBAL_OPTIONS, type OptionSpec } from './session/options.ts';
import type { World } from './world.ts';

const PROGRAM = 'flannel-bigip';

/** Runs the program: arguments and world in, exit code out. Never throws, never exits. */
export async function main(argv: readonly string[], world: World): Promise<ExitCode> {
  try {
    return await dispatch(argv, world);
  } catch (error) {
    return report(error, world, argv.includes('--verbose'));
  }
}

async function dispatch(argv: readonly string[], world: World): Promise<ExitCode> {
  let chosen: { readonly spec: CommandSpec; readonly args: Args } | undefined;
  const parser = baseParser(world);
  for (const spec of COMMANDS) {
    parser.command(
      spec.usage,
      spec.describe,
      (y) => describeCommand(y, spec),
      (parsed) => {
        chosen = { spec, args: argsOf(parsed, spec) };
      },
    );
  }
  if (argv.length === 0) {
    world.stderr.write(`${await parser.getHelp()}\n`);
    return EXIT.usage;
  }
  const printed = await parse(parser, argv);
  if (printed !== '') {
    world.stdout.write(`${printed}\n`);
    return EXIT.done;
  }
  if (chosen === undefined) throw unknownCommand(argv);
  checkPositionals(chosen.spec, chosen.args);
  const { run } = await chosen.spec.load();
  return run(chosen.args, world);
}

function baseParser(world: World): Argv {
  const parser = yargs()
    .scriptName(PROGRAM)
    .usage(
      `$0 <command>\n\nDeclares, checks and applies what flannel on etcd must know of an F5 BIG-IP.`,
    )
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false })
    .locale('en')
    .strict()
    .exitProcess(false)
    .fail(false)
    .help()
    .alias('help', 'h')
    .version(versionText())
    .wrap(world.stdout.isTTY ? Math.min(world.stdout.columns ?? 80, 110) : 100)
    .example(`${PROGRAM} validate flannel-bigip.yaml`, 'check a site file')
    .example(`${PROGRAM} apply -f flannel-bigip.yaml`, 'show the difference, ask, apply')
    .epilogue(
      `Exit codes: 0 done, 1 failed, 2 found a difference, 3 invalid input, 64 wrong usage.`,
    );
  return addOptions(parser, GLOBAL_OPTIONS);
}

function versionText(): string {
  return `${PROGRAM} ${packageJson.version} (node ${process.versions.node}; etcd v2, etcd v3, file)`;
}

function describeCommand(y: Argv, spec: CommandSpec): Argv {
  const described = addOptions(y.usage(`$0 ${spec.usage}\n\n${spec.describe}`), spec.options);
  if (spec.positionals !== 'none') {
    const name = spec.usage.replace(/^\S+ [[<]([^|.\]>]+).*$/, '$1');
    described.positional(name, { type: 'string' });
  }
  for (const [command, does] of spec.examples) described.example(command, does);
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
      ...(option.type === 'list' ? { array: false } : {}),
    });
  }
  return y;
}

/** What yargs printed (help or version), or '' when a command was chosen. */
function parse(parser: Argv, argv: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined | null, _argv: unknown, output: string) => {
      if (error) reject(usageProblem(error, argv));
      else resolve(output);
    };
    Promise.resolve(parser.parse([...argv], {}, done)).catch((error: unknown) =>
      reject(usageProblem(error as Error, argv)),
    );
  });
}

function usageProblem(error: Error, argv: readonly string[]): Problem {
  if (error instanceof Problem) return error;
  const command = COMMANDS.find((spec) => argv.includes(spec.name));
  const help = `see ${PROGRAM} ${command ? `${command.name} ` : ''}--help`;
  const unknown = /^Unknown (?:argument|command)s?: (\S+)/
    .exec(error.message)?.[1]
    ?.replace(/,$/, '');
  const first = error.message.split('\n')[0] ?? '';
  if (unknown === undefined) {
    return new Problem(first, { exit: EXIT.usage, fix: help, cause: error });
  }
  const flags = [...GLOBAL_OPTIONS, ...(command?.options ?? [])].map((option) => option.flag);
  const meant = command
    ? suggest(unknown, flags.concat('help', 'version'))
    : suggest(
        unknown,
        COMMANDS.map((spec) => spec.name),
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

function unknownCommand(argv: readonly string[]): Problem {
  const word = argv.find((one) => !one.startsWith('-')) ?? '';
  const meant = suggest(
    word,
    COMMANDS.map((spec) => spec.name),
  );
  return new Problem(word === '' ? 'no command is given' : `unknown command ${word}`, {
    exit: EXIT.usage,
    fix: meant ? `did you mean ${meant}?` : `see ${PROGRAM} --help`,
  });
}

function checkPositionals(spec: CommandSpec, args: Args): void {
  if (spec.positionals !== 'none' || args.positionals.length === 0) return;
  throw new Problem(`${spec.name} takes no ${JSON.stringify(args.positionals[0])}`, {
    exit: EXIT.usage,
    fix: `see ${PROGRAM} ${spec.name} --help`,
  });
}

function argsOf(parsed: Record<string, unknown>, spec: CommandSpec): Args {
  const name = /[[<]([^\]>.]+)\.\.[\]>]/.exec(spec.usage)?.[1]?.split('|')[0] ?? '';
  const positionals = [parsed[name] ?? []].flat().map(String);
  const values = (flag: string): string[] =>
    [parsed[flag] ?? []]
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
    on: (flag) => parsed[flag] === true,
  };
}

/** The one place where a failure becomes text and an exit code. */
function report(error: unknown, world: World, verbose: boolean): ExitCode {
  const { colour } = styleOf(world.stderr, world.env);
  const head = colour.red('error:');
  if (error instanceof Problem) {
    const fix =
      error.fix === undefined ? '' : `. ${error.fix[0]?.toUpperCase()}${error.fix.slice(1)}`;
    world.stderr.write(`${head} ${printable(`${error.message}${fix}`)}\n`);
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
  return lines.join('\ncaused by ');
}
