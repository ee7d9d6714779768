import type { TestContext } from 'vitest';

/** What came of the faults that a test injected. */
export interface FaultCount {
  injected: number;
  foreignChanged: number;
  notConverged: number;
}

declare module 'vitest' {
  interface TaskMeta {
    faults?: FaultCount;
  }
}

/** All points in the full run (`npm run test:faults`), a few of them in `npm test`. */
export const FULL = process.env['FAULTS'] === 'full';

/** A test that injects many faults goes on after a failure, to tell all of them. */
export const LONG = { timeout: FULL ? 3_600_000 : 120_000 };

/** Counts faults for the last line of the run, and keeps what went wrong in words. */
export class Tally {
  readonly #count: FaultCount = { injected: 0, foreignChanged: 0, notConverged: 0 };
  readonly failures: string[] = [];

  constructor({ task }: TestContext) {
    task.meta.faults = this.#count;
  }

  injected(): void {
    this.#count.injected += 1;
  }

  foreignChanged(what: string): void {
    this.#count.foreignChanged += 1;
    this.failures.push(what);
  }

  notConverged(what: string): void {
    this.#count.notConverged += 1;
    this.failures.push(what);
  }

  wrong(what: string): void {
    this.failures.push(what);
  }
}

/** So many of a list as the short run takes, spread over it; all of them in the full run. */
export function some<T>(all: readonly T[], short: number): readonly T[] {
  if (FULL || all.length <= short) return all;
  const taken = new Set(
    Array.from({ length: short }, (_, i) => Math.floor(((i + 0.5) * all.length) / short)),
  );
  return all.filter((_, i) => taken.has(i));
}
