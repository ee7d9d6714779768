import { Problem } from '../../model/problem.ts';
import type { Log } from './log.ts';

/** Does one kind of work, once at a time; what is asked for meanwhile is done together afterwards. */
export class Worker {
  #isWanted = false;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #latest: Promise<void> = Promise.resolve();

  /** @param work gets what makes it run again after so many milliseconds, at the latest */
  constructor(
    readonly work: (again: (after: number) => void) => Promise<void>,
    readonly log: Log,
    readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  wake(): void {
    this.#isWanted = true;
    if (!this.#isRunning) this.#latest = this.run();
  }

  /** Kept when what is under way is done. */
  finished(): Promise<void> {
    return this.#latest;
  }

  private async run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWanted && !this.signal.aborted) {
      this.#isWanted = false;
      clearTimeout(this.#timer);
      await this.work((after) => this.later(after)).catch((error: unknown) => {
        if (this.signal.aborted) return;
        if (!(error instanceof Problem)) throw error;
        this.log.error(error.message);
        this.later(AGAIN_AFTER);
      });
    }
    this.#isRunning = false;
  }

  private later(after: number): void {
    clearTimeout(this.#timer);
    if (!this.signal.aborted) this.#timer = setTimeout(() => this.wake(), after);
  }
}

/** Milliseconds after which work that failed is tried again. */
const AGAIN_AFTER = 5_000;
