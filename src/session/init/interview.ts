import { EXIT, Problem } from '../../model/problem.ts';
import { writeProse } from '../../output/prose.ts';
import { printable } from '../../output/style.ts';
import { canAsk, type World } from '../../world.ts';
import { askChoice, askText, askWhether } from '../ask.ts';
import type { Args } from '../options.ts';

/** What is to be known, and every way in which it can be answered. */
interface Wanted {
  /** As it is named when it is missing, e.g. `--network`. */
  readonly flag: string;
  readonly message: string;
}

export interface TextWanted extends Wanted {
  /** The flag's value. */
  readonly given: string | undefined;
  /** What Enter takes, and what counts where nobody is asked; undefined: nobody can guess it. */
  readonly initial?: string | undefined;
  /** What to go on with where it is missing, to find whatever else is. */
  readonly example?: string;
  /** Whether it may be left empty. */
  readonly optional?: boolean;
  /** Why an answer will not do; null when it will. */
  check(text: string): string | null | Promise<string | null>;
}

export interface ChoiceWanted<T extends string> extends Wanted {
  readonly given: T | undefined;
  readonly choices: readonly { readonly value: T; readonly name: string }[];
  /** What the cursor stands on. */
  readonly initial: T;
  /** Whether the initial choice counts where nobody is asked. */
  readonly guess: boolean;
}

/**
 * Gets answers from flags, from a person at the terminal, or from defaults, in this order. Where
 * nobody can be asked it goes on after a missing answer, so that `end` can name all of them.
 */
export class Interview {
  readonly asks: boolean;
  readonly #missing: string[] = [];

  constructor(
    readonly args: Args,
    readonly world: World,
  ) {
    this.asks = canAsk(world) && !args.on('yes');
  }

  /** A text, checked as it is given. @throws Problem (exit 64) when a flag's value will not do. */
  async text(wanted: TextWanted): Promise<string> {
    const { flag, given, initial } = wanted;
    const check = async (text: string) =>
      text === '' && wanted.optional ? null : wanted.check(text);
    if (given !== undefined) {
      // What it is checked against may be an example only.
      const objection = this.#missing.length > 0 ? null : await check(given);
      if (objection === null) return given;
      throw new Problem(`${flag} ${given} will not do: ${objection}`, { exit: EXIT.usage });
    }
    if (this.asks) {
      const objection = async (text: string) => printableOrNull(await check(text));
      const message = printable(wanted.message);
      // A default is shown as it would be taken: one that cannot be printed is none.
      const offered = initial === undefined || printable(initial) === initial ? initial : undefined;
      return askText(this.world, { message, initial: offered, check: objection });
    }
    if (initial !== undefined && (await check(initial)) === null) return initial;
    if (wanted.optional) return '';
    this.missing(flag);
    return wanted.example ?? '';
  }

  /** One of several values. */
  async choice<T extends string>(wanted: ChoiceWanted<T>): Promise<T> {
    const { given, message, choices, initial } = wanted;
    if (given !== undefined) return given;
    if (this.asks) {
      const shown = choices.map(({ value, name }) => ({ value, name: printable(name) }));
      return askChoice(this.world, printable(message), shown, initial);
    }
    if (!wanted.guess) this.missing(wanted.flag);
    return initial;
  }

  /** Yes or no; the initial answer where nobody is asked. */
  async whether(message: string, initial: boolean): Promise<boolean> {
    return this.asks ? askWhether(this.world, printable(message), initial) : initial;
  }

  /** Notes that an answer is missing. */
  missing(flag: string): void {
    this.#missing.push(flag);
  }

  /** Tells a person something that is no result. */
  say(text: string): void {
    writeProse(this.world.stderr, printable(text), this.world.env);
  }

  /** @throws Problem (exit 64) that names the flags of all missing answers. */
  end(): void {
    if (this.#missing.length === 0) return;
    const bigip = this.#missing.some((flag) => flag.startsWith('--bigip'));
    throw new Problem(
      `answers are missing, and nobody is asked here: ${this.#missing.join(', ')}`,
      {
        exit: EXIT.usage,
        fix: `pass them${bigip ? ', or --without-bigip for a site without BIG-IP' : ''}; nothing was written`,
      },
    );
  }
}

function printableOrNull(text: string | null): string | null {
  return text === null ? null : printable(text);
}
