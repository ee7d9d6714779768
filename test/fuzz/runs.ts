import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { it } from 'vitest';

/** How many times as many inputs as the short form, which is part of `npm test`. */
const TIMES = Number(process.env['FUZZ_RUNS'] || 1);

/** The short form tries the same inputs each time: a failure in it is no matter of luck. */
const SEED = Number(process.env['FUZZ_SEED'] || 20_240_100);

/** Longest time for one input, in milliseconds. */
const LIMIT = 1_000;

/** How many inputs one target tries in this run. */
export function runsOf(short: number): number {
  return Math.ceil(short * TIMES);
}

/** One target: what it has tried, for the line that `npm run fuzz` ends with. */
interface Tally {
  readonly target: string;
  inputs: number;
  /** Milliseconds. */
  slowest: number;
  slowestInput: string;
  crashes: number;
}

/**
 * A test that tries a judgement on many inputs. It fails when the judgement throws, and when it
 * takes longer than a second for one input.
 *
 * @param short the number of inputs in the short form
 */
export function fuzz<T>(
  target: string,
  arbitrary: fc.Arbitrary<T>,
  short: number,
  judge: (input: T) => void,
): void {
  it(target, { timeout: timeoutOf() }, () => {
    const tally = newTally(target);
    const property = fc.property(arbitrary, (input) => {
      let took = timed(() => judge(input));
      // A busy machine may have stopped the process for a while.
      if (took > LIMIT)
        took = Math.min(
          took,
          timed(() => judge(input)),
        );
      note(tally, input, took);
    });
    settle(tally, fc.check(property, { seed: SEED, numRuns: runsOf(short) }));
  });
}

/** Like `fuzz`, for what has to wait; each judgement bounds its own waiting. */
export function fuzzAsync<T>(
  target: string,
  arbitrary: fc.Arbitrary<T>,
  short: number,
  judge: (input: T) => Promise<void>,
): void {
  it(target, { timeout: timeoutOf() }, async () => {
    const tally = newTally(target);
    const property = fc.asyncProperty(arbitrary, async (input) => {
      const began = performance.now();
      await judge(input);
      note(tally, input, performance.now() - began);
    });
    settle(tally, await fc.check(property, { seed: SEED, numRuns: runsOf(short) }));
  });
}

function timeoutOf(): number {
  return TIMES > 1 ? 600_000 : 60_000;
}

function newTally(target: string): Tally {
  return { target, inputs: 0, slowest: 0, slowestInput: '', crashes: 0 };
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

function note(tally: Tally, input: unknown, took: number): void {
  tally.inputs += 1;
  if (took > tally.slowest) {
    tally.slowest = took;
    tally.slowestInput = inspect(input, { maxStringLength: 200, breakLength: Infinity });
  }
  if (took > LIMIT) throw new Error(`it took ${Math.round(took)} ms`);
}

/** Hands the tally on to `npm run fuzz`, and fails with what fast-check knows of a failure. */
function settle<T>(tally: Tally, details: fc.RunDetails<T>): void {
  if (details.failed) tally.crashes += 1;
  const file = process.env['FUZZ_REPORT'];
  if (file) appendFileSync(file, `${JSON.stringify(tally)}\n`);
  if (!details.failed) return;
  const { errorInstance: cause } = details;
  throw new Error(`${fc.defaultReportMessage(details)}\nRepeat it with FUZZ_SEED=${SEED}`, {
    cause,
  });
}
