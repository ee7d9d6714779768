/** Exit codes of the program; the README documents them. */
export const EXIT = {
  done: 0,
  failed: 1,
  found: 2,
  invalid: 3,
  usage: 64,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * A failure that the user is told in one line: what failed, on what, and what to do. Anything else
 * that is thrown is a defect of this program.
 */
export class Problem extends Error {
  readonly exit: ExitCode;
  /** What to do about it. */
  readonly fix: string | undefined;

  constructor(
    message: string,
    options: {
      readonly exit: ExitCode;
      readonly fix?: string | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.exit = options.exit;
    this.fix = options.fix;
  }
}

/** A failure in one line: what failed, and what to do about it. */
export function errorText({ message, fix }: Problem): string {
  if (fix === undefined) return message;
  return `${message}${message.endsWith('?') ? '' : '.'} ${fix.charAt(0).toUpperCase()}${fix.slice(1)}`;
}
