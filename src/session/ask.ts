import { EXIT, Problem } from '../model/problem.ts';
import { hushed } from '../output/progress.ts';
import { printable, styleOf } from '../output/style.ts';
import { canAsk, type World } from '../world.ts';

/** Says no to asking, and which flags answer instead. */
function cannotAsk(what: string, flags: string): Problem {
  return new Problem(`${what}, and nobody can be asked here`, { exit: EXIT.usage, fix: flags });
}

/** How marks of a question are drawn; what is left out is as the library has it. */
interface Theme {
  readonly prefix?: { readonly idle: string; readonly done: string };
  readonly icon?: { readonly cursor: string };
}

function themeOf({ stderr, env }: World): Theme {
  return styleOf(stderr, env).unicode
    ? {}
    : { prefix: { idle: '?', done: '*' }, icon: { cursor: '>' } };
}

async function ask<T>(
  world: World,
  prompt: (
    prompts: typeof import('@inquirer/prompts'),
    context: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream; signal: AbortSignal },
    look: { readonly theme: Theme },
  ) => Promise<T>,
  state = 'nothing was changed',
): Promise<T> {
  const prompts = await import('@inquirer/prompts');
  const context = { input: world.stdin, output: world.stderr, signal: world.signal };
  try {
    return await hushed(() => prompt(prompts, context, { theme: themeOf(world) }));
  } catch (error) {
    if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)) {
      throw new Problem(`interrupted at the question; ${state}`, { exit: EXIT.interrupted });
    }
    throw error;
  }
}

/** Asks for the password of an etcd user, unseen. @throws Problem (64) without a terminal. */
export async function askPassword(world: World, user: string): Promise<string> {
  return askPasswordOf(world, user, 'etcd', '--password-file or ETCDCTL_PASSWORD');
}

/**
 * Asks for a password, unseen.
 *
 * @param where what it is for
 * @param instead what answers without a person
 * @throws Problem (64) without a terminal
 */
export async function askPasswordOf(
  world: World,
  user: string,
  where: string,
  instead: string,
): Promise<string> {
  if (!canAsk(world)) throw cannotAsk(`the password of ${user} is missing`, `pass ${instead}`);
  const message = `Password of ${printable(user)} for ${where}:`;
  return ask(world, ({ password }, context, look) =>
    password({ message, mask: true, ...look }, context),
  );
}

/** Asks yes or no, no being the default. @throws Problem (64) without a terminal. */
export async function askYes(world: World, message: string, flags: string): Promise<boolean> {
  if (!canAsk(world)) throw cannotAsk('this changes a live network', flags);
  return askWhether(world, message, false);
}

/** Asks to type a name. @throws Problem (64) without a terminal. */
export async function askName(
  world: World,
  message: string,
  name: string,
  flags: string,
): Promise<boolean> {
  if (!canAsk(world)) throw cannotAsk('this endangers living nodes', flags);
  const typed = await ask(world, ({ input }, context, look) =>
    input({ message, ...look }, context),
  );
  return typed.trim() === name;
}

/** A question whose answer is text. */
interface TextQuestion {
  readonly message: string;
  /** What Enter takes. */
  readonly initial?: string | undefined;
  /** Why an answer will not do; null when it will. The answer has no blanks around it. */
  check(text: string): Promise<string | null>;
}

/** Asks at a terminal until the answer will do. The caller has seen to it that one can be asked. */
export async function askText(world: World, question: TextQuestion): Promise<string> {
  const { message, initial, check } = question;
  const typed = await ask(world, ({ input }, context, look) =>
    input(
      {
        ...look,
        message,
        ...(initial === undefined ? {} : { default: initial }),
        validate: async (text) => (await check(text.trim())) ?? true,
      },
      context,
    ),
  );
  return typed.trim();
}

/** Asks yes or no at a terminal. The caller has seen to it that one can be asked. */
export async function askWhether(
  world: World,
  message: string,
  initial: boolean,
): Promise<boolean> {
  return ask(world, ({ confirm }, context, look) =>
    confirm({ message, default: initial, ...look }, context),
  );
}

/**
 * Asks at a terminal for one of several values. The caller has seen to it that one can be asked.
 *
 * @param state said after an interrupt: what is and what is not done
 */
export async function askChoice<T extends string>(
  world: World,
  message: string,
  choices: readonly { readonly value: T; readonly name: string }[],
  initial: T,
  state?: string,
): Promise<T> {
  return ask(
    world,
    ({ select }, context, look) => select({ message, choices, default: initial, ...look }, context),
    state,
  );
}
