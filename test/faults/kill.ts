import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from '../support/cli.ts';
import { type Piece, startCutProxy } from '../support/cut-proxy.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { checkConverged } from './checks.ts';
import { checkRun, listen, readStores, type Stage, stage } from './rig.ts';
import { type Api, type Scenario, scenarios } from './scenarios.ts';
import { LONG, some, Tally } from './tally.ts';

/**
 * Where a command is killed: at which piece of its conversation with etcd, and how much of that piece
 * still arrives. Between two of these points it makes one system call at most that writes to etcd.
 */
interface Point {
  readonly to: Piece['to'];
  readonly number: number;
  readonly arrives: 'none' | 'half';
}

const nameOf = ({ to, number, arrives }: Point) =>
  `${arrives === 'half' ? 'in the middle of' : 'before'} piece ${number} to ${to}`;

/** Runs a scenario through a proxy; kills it when the proxy comes to the point. */
async function runThrough(etcd: Etcd, made: Stage, { args }: Scenario, point: Point | null) {
  const pieces: Piece[] = [];
  let running: Running | undefined;
  const proxy = await startCutProxy(etcd.endpoints[0] ?? '', async (piece) => {
    pieces.push(piece);
    if (piece.to !== point?.to || piece.number !== point.number) return undefined;
    running?.child.kill('SIGKILL');
    await running?.result;
    return point.arrives === 'half' ? Math.ceil(piece.data.length / 2) : 0;
  });
  running = made.start(args, [proxy.endpoint]);
  const result = await running.result;
  await proxy.stop();
  return { result, pieces };
}

/**
 * Every point at which the conversation of an undisturbed run can be cut off. A question that is asked
 * again and again, until a key has expired, is cut off the first time only.
 */
function pointsOf(pieces: readonly Piece[]): Point[] {
  let asked: Buffer | undefined;
  let isRepeated = false;
  return pieces.flatMap(({ to, number, data }): Point[] => {
    if (to === 'etcd') {
      isRepeated = asked?.equals(data) ?? false;
      asked = data;
    }
    if (isRepeated) return [];
    const arrivals = to === 'etcd' ? (['none', 'half'] as const) : (['none'] as const);
    return arrivals.map((arrives) => ({ to, number, arrives }));
  });
}

/** Kills every writing command at every point of its conversation with etcd. */
export function killSuite(api: Api): void {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  describe(`killed at any point of its conversation with etcd ${api}`, () => {
    it.for(scenarios(api))(
      '$name leaves old or new values, and a second run converges',
      LONG,
      async (scenario, context) => {
        const tally = new Tally(context);
        const clean = await runThrough(etcd, await stage(etcd, scenario), scenario, null);
        expect(clean.result).toMatchObject({ code: 0 });
        checkConverged(tally, 'undisturbed', await readStores(etcd), scenario.after);

        const points = pointsOf(clean.pieces);
        // Most of the conversation up to the first write only reads.
        for (const point of some(points, 4)) {
          const where = `${scenario.name}, killed ${nameOf(point)}`;
          const made = await stage(etcd, scenario);
          const heard = await listen(etcd.endpoints[0] ?? '', api);
          const { result } = await runThrough(etcd, made, scenario, point);
          // A run may need a piece less than the one before it, and come through.
          if (result.signal === 'SIGKILL') tally.injected();
          await checkRun(tally, where, etcd, made, scenario);
          await heard(tally, where);
        }
        expect(tally.failures).toEqual([]);
      },
    );
  });
}
