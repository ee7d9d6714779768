import type { Reporter, TestModule } from 'vitest/node';
import type { FaultCount } from '../faults/tally.ts';

/** Closes the run with one countable line, and makes a skipped test a failure. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    );
    const count = (state: string) => states.filter((one) => one === state).length;
    const skipped = states.length - count('passed') - count('failed');
    if (skipped > 0) process.exitCode = 1;
    const line = faultLine(modules);
    if (line !== null) console.log(`\n${line}`);
    console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${skipped} skipped`);
  }
}

/** What came of the faults that tests injected, in one countable line; null when none did. */
function faultLine(modules: readonly TestModule[]): string | null {
  const counts = modules
    .flatMap((module) => [...module.children.allTests()])
    .flatMap((test) => test.meta().faults ?? []);
  if (counts.length === 0) return null;
  const sum = (of: keyof FaultCount) => counts.reduce((total, one) => total + one[of], 0);
  return `faults injected ${sum('injected')}, foreign keys changed ${sum('foreignChanged')}, failed to converge ${sum('notConverged')}`;
}
