import { spawn } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from './faults.ts';

/** A line that `scripts/lab.mjs --all` prints. */
interface Round {
  readonly fault: string | null;
  readonly flows: Readonly<Record<string, boolean>>;
  readonly doctor: Answer;
  readonly cures: readonly { readonly command: string; readonly code: number }[];
  readonly flowsCured: Readonly<Record<string, boolean>>;
  readonly doctorCured: Answer;
}

interface Answer {
  readonly code: number;
  readonly checks: readonly { readonly id: string; readonly status: string }[];
  readonly stderr: string;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const rounds = new Map<string | null, Round>();

beforeAll(async () => {
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts/lab.mjs'), '--all'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise((done) => child.once('close', done));
  for (const line of text.trim().split('\n')) {
    const round = JSON.parse(line) as Round;
    rounds.set(round.fault, round);
  }
  expect(code).toBe(0);
}, 600_000);

function roundOf(fault: string | null): Round {
  const round = rounds.get(fault);
  if (round === undefined) throw new Error(`the lab says nothing of ${fault}`);
  return round;
}

function broken(flows: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(flows)
    .filter((name) => !flows[name])
    .sort();
}

/** The ids of checks with a status, each once. */
function idsOf({ checks }: Answer, status: string): string[] {
  return [...new Set(checks.filter((one) => one.status === status).map(({ id }) => id))];
}

describe('the data-plane lab', () => {
  it('is healthy, and doctor sees nothing wrong', () => {
    const { flows, doctor } = roundOf(null);
    expect({
      broken: broken(flows),
      code: doctor.code,
      notPassed: doctor.checks.filter(({ status }) => status !== 'pass'),
      stderr: doctor.stderr,
    }).toEqual({ broken: [], code: 0, notPassed: [], stderr: '' });
  });

  it('has at least 25 faults', () => {
    expect(FAULTS.filter(({ isHarmless }) => !isHarmless).length).toBeGreaterThanOrEqual(25);
  });

  describe.each(FAULTS)('$name: $what', ({ name, check, breaks, isHarmless }) => {
    it('breaks the packets that it is said to break', () => {
      expect(broken(roundOf(name).flows)).toEqual([...breaks].sort());
    });

    it(`is named by doctor as ${check}, and nothing else is an error`, () => {
      const { doctor } = roundOf(name);
      expect({ code: doctor.code, failed: idsOf(doctor, 'fail') }).toEqual(
        isHarmless ? { code: 0, failed: [] } : { code: 2, failed: [check] },
      );
      if (isHarmless) expect(idsOf(doctor, 'warn')).toEqual([check]);
    });

    it('is mended by the commands that doctor prints', () => {
      const { cures, flowsCured, doctorCured } = roundOf(name);
      // A tunnel that is made anew has another MAC, which is told by exit code 2.
      const failed = cures.filter(
        ({ command, code }) => code !== 0 && !(code === 2 && command.includes('--replace')),
      );
      expect({
        hasCure: cures.length > 0,
        failed,
        broken: broken(flowsCured),
        faults: idsOf(doctorCured, 'fail'),
        code: doctorCured.code,
      }).toEqual({ hasCure: true, failed: [], broken: [], faults: [], code: 0 });
    });
  });
});
