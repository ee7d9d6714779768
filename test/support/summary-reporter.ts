import type { Reporter, TestModule } from 'vitest/node';

/** Closes the run with one countable line, and makes a skipped test a failure. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    );
    const count = (state: string) => states.filter((one) => one === state).length;
    const skipped = states.length - count('passed') - count('failed');
    if (skipped > 0) process.exitCode = 1;
    console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${skipped} skipped`);
  }
}
