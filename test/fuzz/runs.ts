import { appendFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { it } from 'vitest';

/** How many times as many inputs as in the short form, which is part of `npm test`. */
const TIMES = Number(process.env['FUZZ_RUNS'] || 1);

/** The short form tries the same inputs each time: a failure in it is no matter of luck. */
const SEED = Number(process.env['FUZZ_SEED'] || 20_240_100);

/** Longest time for one input, in milliseconds. */
const LIMIT = 1_000;

const TIMEOUT = TIMES > 1 ? 600_000 : 60_000;

/** What one target has tried: `npm run fuzz` adds them up. */
interface Tally {
  readonly target: string;
  inputs: number;
  /** Milliseconds; of a target that waits for others by design, null. */
  slowest: number | null;
  slowestInput: string;
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
  it(target, { timeout: TIMEOUT }, () => {
    const tally = newTally(target);
    const judgeAgain = (input: T) => timed(() => judge(input));
    const property = fc.property(arbitrary, (input) => {
      const took = judgeAgain(input);
      // A busy machine may have stopped the process for a while.
      note(tally, input, took > LIMIT ? Math.min(took, judgeAgain(input)) : took);
    });
    settle(tally, fc.check(property, parameters(short)));
  });
}

/** Like `fuzz`, for what reads files. */
export function fuzzAsync<T>(
  target: string,
  arbitrary: fc.Arbitrary<T>,
  short: number,
  judge: (input: T) => Promise<void>,
): void {
  it(target, { timeout: TIMEOUT }, async () => {
    const tally = newTally(target);
    const judgeAgain = async (input: T) => {
      const began = performance.now();
      await judge(input);
      return performance.now() - began;
    };
    const property = fc.asyncProperty(arbitrary, async (input) => {
      const took = await judgeAgain(input);
      note(tally, input, took > LIMIT ? Math.min(took, await judgeAgain(input)) : took);
    });
    settle(tally, await fc.check(property, parameters(short)));
  });
}

/** Like `fuzz`, for what waits for a server; the judgement bounds its own waiting. */
export function fuzzWaiting<T>(
  target: string,
  arbitrary: fc.Arbitrary<T>,
  short: number,
  judge: (input: T) => Promise<void>,
): void {
  it(target, { timeout: TIMEOUT }, async () => {
    const tally: Tally = { ...newTally(target), slowest: null };
    const property = fc.asyncProperty(arbitrary, async (input) => {
      await judge(input);
      tally.inputs += 1;
    });
    settle(tally, await fc.check(property, parameters(short)));
  });
}

function parameters(short: number) {
  return { seed: SEED, numRuns: Math.ceil(short * TIMES) };
}

function newTally(target: string): Tally {
  return { target, inputs: 0, slowest: 0, slowestInput: '' };
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

function note(tally: Tally, input: unknown, took: number): void {
  tally.inputs += 1;
  if (took > (tally.slowest ?? 0)) {
    tally.slowest = took;
    tally.slowestInput = inspect(input, { maxStringLength: 200, breakLength: Infinity });
  }
  if (took > LIMIT) throw new Error(`it took ${Math.round(took)} ms`);
}

/** Hands the tally on to `npm run fuzz`, and fails with what fast-check knows of a failure. */
function settle<T>(tally: Tally, details: fc.RunDetails<T>): void {
  const report = process.env['FUZZ_REPORT'];
  if (report) appendFileSync(report, `${JSON.stringify({ ...tally, failed: details.failed })}\n`);
  if (!details.failed) return;
  const { errorInstance: cause } = details;
  const repeat = `Repeat it with FUZZ_SEED=${SEED} FUZZ_RUNS=${TIMES} npm run fuzz`;
  throw new Error(`${fc.defaultReportMessage(details)}\n${repeat}`, { cause });
}
