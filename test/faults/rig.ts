import { type Result, type Running, run, start, temporaryFolder } from '../support/cli.ts';
import type { Etcd } from '../support/etcd.ts';
import { v2Events, v2Index, watchV3 } from '../support/events.ts';
import { fill } from '../support/fill.ts';
import { handOf } from '../support/keyspace.ts';
import { PREFIX } from '../support/sites.ts';
import { checkBackups, checkConverged, checkStopped } from './checks.ts';
import { type Api, type Scenario, SITE_FILE, type Stores } from './scenarios.ts';
import type { Tally } from './tally.ts';

/** Short, so that thousands of writes end; longer than what etcd needs to deliver an event. */
const PACE = ['--settle', '20ms'];

/** A folder to run one scenario in, with the stores as they are before it. */
export interface Stage {
  readonly folder: string;
  start(args: readonly string[], endpoints: readonly string[], ...more: string[]): Running;
  /** Runs it past all proxies. */
  run(args: readonly string[]): Promise<Result>;
}

/** Puts the stores into the state before the scenario. */
export async function stage(etcd: Etcd, { first, before }: Scenario): Promise<Stage> {
  const folder = temporaryFolder({ 'flannel-bigip.yaml': SITE_FILE });
  const stageArgs = (args: readonly string[], endpoints: readonly string[]) => {
    const writes = !['diff', 'backup'].includes(args[0] ?? '');
    return [...args, '--endpoints', endpoints.join(','), ...(writes ? PACE : [])];
  };
  const made: Stage = {
    folder,
    start: (args, endpoints, ...more) =>
      start([...stageArgs(args, endpoints), ...more], { cwd: folder }),
    run: (args) => run(stageArgs(args, etcd.endpoints), { cwd: folder }),
  };
  if (first?.stores) {
    await fillBoth(etcd, first.stores);
    await made.run(first.args);
  }
  await fillBoth(etcd, before);
  if (first && !first.stores) await made.run(first.args);
  return made;
}

async function fillBoth(etcd: Etcd, stores: Stores): Promise<void> {
  for (const api of ['v2', 'v3'] as const) await fill(etcd.endpoints[0] ?? '', api, stores[api]);
}

/** All keys of both stores. */
export async function readStores(etcd: Etcd): Promise<Stores> {
  const [v2, v3] = await Promise.all([handOf(etcd, 'v2').all(), handOf(etcd, 'v3').all()]);
  return { v2, v3 };
}

/**
 * Holds what a disturbed run has left against the scenario, runs the command once more, undisturbed,
 * and holds the stores against what it was to make of them.
 */
export async function checkRun(
  tally: Tally,
  where: string,
  etcd: Etcd,
  { folder, run }: Stage,
  { args, again, before, after }: Scenario,
): Promise<void> {
  const between = await readStores(etcd);
  checkStopped(tally, where, { before, between, after });
  checkBackups(tally, where, folder, { before, between });
  const second = await run(again ?? args);
  if (second.code !== 0) tally.notConverged(`${where}: ${second.code}: ${second.stderr}`);
  checkConverged(tally, where, await readStores(etcd), after);
}

/** Watches the leases as a flanneld does; ends by saying what it would not have survived. */
export async function listen(
  endpoint: string,
  api: Api,
): Promise<(tally: Tally, where: string) => Promise<void>> {
  if (api === 'v2') {
    const since = await v2Index(endpoint);
    return async (tally, where) => {
      for (const { action, key } of await v2Events(endpoint, '', since)) {
        // Only these are known to every flanneld; a compareAndDelete deafens it for good.
        const isKnown = /^(create|set|update|compareAndSwap|expire)$/.test(action);
        if (!isKnown) tally.wrong(`${where}: a flanneld on v2 saw ${action} of ${key}`);
      }
    };
  }
  const watch = await watchV3(endpoint, `${PREFIX}/subnets/`);
  return async (tally, where) => {
    await watch.stop();
    for (const response of watch.responses) {
      // All but the first event of a response are lost to flanneld 0.18.0 to 0.21.2.
      if (response.length > 1) tally.wrong(`${where}: ${response.length} events at once on v3`);
    }
  };
}
