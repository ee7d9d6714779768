import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Everything outside the program that commands may touch, so that tests can stand in for it. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable & Terminal;
  readonly stdout: Writable & Terminal;
  readonly stderr: Writable & Terminal;
  /** Aborted at the first SIGINT or SIGTERM while something is being written. */
  readonly signal: AbortSignal;
  /** Does work that an interrupt must not break off in the middle. */
  whileWriting<T>(work: () => Promise<T>): Promise<T>;
  /** Runs a service until it is told to end (SIGINT, SIGTERM), of which it hears by the signal. */
  serve<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * Has something done before an interrupt ends the program, as far as that takes no more than moments.
   *
   * @returns what takes that back
   */
  beforeExit(work: () => Promise<void>): () => void;
  /** Calls back at each SIGHUP, which ends the program otherwise. */
  onHangUp(listener: () => void): void;
  now(): Date;
}

/** Whether a person is there to be asked: both ends are terminals and this is no CI job. */
export function canAsk(world: World): boolean {
  return world.stdin.isTTY === true && world.stderr.isTTY === true && !world.env['CI'];
}
