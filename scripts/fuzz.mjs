// Runs the fuzz targets in full, with inputs that are new each time, and says in one line how many
// they were. FUZZ_SEED repeats a run; FUZZ_RUNS says how many times the inputs of the short form.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-fuzz-'));
const report = path.join(folder, 'report.jsonl');
const env = {
  FUZZ_SEED: String(Math.floor(Math.random() * 2 ** 31)),
  FUZZ_RUNS: '30',
  ...process.env,
  FUZZ_REPORT: report,
};
console.log(`FUZZ_SEED=${env.FUZZ_SEED} FUZZ_RUNS=${env.FUZZ_RUNS}`);
const { status } = spawnSync('vitest', ['run', 'test/fuzz'], { stdio: 'inherit', env });

const tallies = talliesIn(report);
rmSync(folder, { recursive: true });
const inputs = tallies.reduce((sum, one) => sum + one.inputs, 0);
const crashes = tallies.filter((one) => one.failed).length;
const [slowest] = tallies
  .filter((one) => one.slowest !== null)
  .sort((a, b) => b.slowest - a.slowest);
if (slowest !== undefined) {
  console.log(`slowest input of "${slowest.target}": ${slowest.slowestInput}`);
}
console.log(
  `fuzz: ${inputs.toLocaleString('en')} inputs, ${crashes} crashes, slowest ${Math.round(slowest?.slowest ?? 0)} ms`,
);
process.exit(status ?? 1);

function talliesIn(file) {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
