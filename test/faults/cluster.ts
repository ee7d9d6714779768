import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result, Running } from '../support/cli.ts';
import { type PieceCounter, startCutProxy } from '../support/cut-proxy.ts';
import { type Etcd, type EtcdMember, startEtcd } from '../support/etcd.ts';
import { until } from '../support/wait.ts';
import { checkConverged, checkSaid } from './checks.ts';
import { checkRun, listen, readStores, type Stage, stage } from './rig.ts';
import { type Api, type Scenario, scenarios } from './scenarios.ts';
import { FULL, LONG, Tally } from './tally.ts';

/** What befalls members of the cluster while a command writes. */
interface Fault {
  readonly name: string;
  /** Which members it befalls, of the leader and its two followers. */
  readonly hits: (leader: EtcdMember, followers: readonly EtcdMember[]) => readonly EtcdMember[];
  readonly inject: (etcd: Etcd, members: readonly EtcdMember[]) => void;
  /** Whether it ends as soon as the command has noticed, or only after the command. */
  readonly passes?: boolean;
}

const freeze: Fault['inject'] = (_, members) => {
  for (const member of members) member.signal('SIGSTOP');
};
const kill: Fault['inject'] = (_, members) => {
  for (const member of members) member.signal('SIGKILL');
};
const memberId = (etcd: Etcd, { endpoint }: EtcdMember) =>
  statuses(etcd).find((one) => one.Endpoint === endpoint)?.Status.header.member_id ?? 0;

const FAULTS: readonly Fault[] = [
  { name: 'its leader freezes', hits: (leader) => [leader], inject: freeze },
  { name: 'a follower freezes', hits: (_, [one]) => (one ? [one] : []), inject: freeze },
  { name: 'its leader is killed', hits: (leader) => [leader], inject: kill },
  { name: 'a follower is killed', hits: (_, [one]) => (one ? [one] : []), inject: kill },
  {
    name: 'another member becomes its leader',
    hits: (_, [one]) => (one ? [one] : []),
    inject: (etcd, [member]) => {
      if (member) etcd.etcdctl(3, 'move-leader', memberId(etcd, member).toString(16));
    },
  },
  {
    name: 'most members freeze and come back',
    hits: (leader, [one]) => (one ? [leader, one] : []),
    inject: freeze,
    passes: true,
  },
  {
    name: 'most members are killed and come back',
    hits: (leader, [one]) => (one ? [leader, one] : []),
    inject: kill,
    passes: true,
  },
];

interface MemberStatus {
  readonly Endpoint: string;
  readonly Status: { readonly leader?: number; readonly header: { readonly member_id: number } };
}

function statuses(etcd: Etcd): readonly MemberStatus[] {
  // Ids are beyond what a number holds, but are only compared with one another.
  return JSON.parse(etcd.etcdctl(3, 'endpoint', 'status', '-w', 'json')) as MemberStatus[];
}

/** All members, once they have agreed on who leads. */
async function healthy(etcd: Etcd) {
  const all = await until('all members to agree on a leader', () => {
    const found = statuses(etcd);
    const leaders = new Set(found.map(({ Status }) => Status.leader));
    // One that knows of none leaves the field out.
    const isAgreed = leaders.size === 1 && [...leaders].every(Boolean);
    return found.length === etcd.members.length && isAgreed && found;
  });
  const endpoint = all.find(({ Status }) => Status.leader === Status.header.member_id)?.Endpoint;
  const leader = etcd.members.find((member) => member.endpoint === endpoint);
  if (leader === undefined) throw new Error('no member leads');
  return { leader, followers: etcd.members.filter((member) => member !== leader) };
}

async function heal(members: readonly EtcdMember[]): Promise<void> {
  for (const member of members) {
    member.signal('SIGCONT');
    await member.restart();
  }
}

/** Runs a scenario through a proxy before each member; calls back at one piece it sends. */
async function runThrough(
  etcd: Etcd,
  made: Stage,
  { args }: Scenario,
  at: number,
  callback: (counter: PieceCounter, running: Running) => void,
): Promise<{ readonly result: Result; readonly counter: PieceCounter }> {
  const counter: PieceCounter = { etcd: 0, client: 0 };
  let running: Running | undefined;
  const cut = ({ to, number }: { readonly to: string; readonly number: number }) => {
    if (to === 'etcd' && number === at && running) callback(counter, running);
    return undefined;
  };
  const proxies = await Promise.all(
    etcd.endpoints.map((endpoint) => startCutProxy(endpoint, cut, counter)),
  );
  running = made.start(
    args,
    proxies.map(({ endpoint }) => endpoint),
  );
  const result = await running.result;
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  return { result, counter };
}

/** Freezes, kills and restarts members of a real cluster while every writing command writes. */
export function clusterSuite(api: Api): void {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd({ members: 3 });
  });
  afterAll(() => etcd.stop());

  /** Of the conversation, how much has gone by when the fault comes: most of the start only reads. */
  const MOMENTS = FULL ? [0.55, 0.8] : [0.65];
  const CASES = scenarios(api).flatMap((scenario, i) =>
    (FULL ? FAULTS : FAULTS.slice(i % FAULTS.length, (i % FAULTS.length) + 1)).map((fault) => ({
      scenario,
      fault,
    })),
  );

  describe(`a cluster that fails during a write to etcd ${api}`, () => {
    it.for(CASES)(
      '$scenario.name while $fault.name loses nothing, and a second run converges',
      LONG,
      async ({ scenario, fault }, context) => {
        const tally = new Tally(context);
        const clean = await runThrough(etcd, await stage(etcd, scenario), scenario, 0, () => {});
        expect(clean.result).toMatchObject({ code: 0 });

        for (const moment of MOMENTS) {
          const { leader, followers } = await healthy(etcd);
          const hit = fault.hits(leader, followers);
          const witness = followers.find((member) => !hit.includes(member)) ?? leader;
          const at = Math.ceil(clean.counter.etcd * moment);
          const where = `${scenario.name}, ${fault.name} at piece ${at}`;
          const made = await stage(etcd, scenario);
          const heard = await listen(witness.endpoint, api);
          let passing: Promise<void> | undefined;
          const { result } = await runThrough(etcd, made, scenario, at, (counter, running) => {
            tally.injected();
            fault.inject(etcd, hit);
            if (fault.passes) passing = pass(hit, counter, running);
          });
          await passing;
          await heal(hit);
          await healthy(etcd);
          checkSaid(tally, where, result);
          if (result.code === 0)
            checkConverged(tally, where, await readStores(etcd), scenario.after);
          await checkRun(tally, where, etcd, made, scenario);
          await heard(tally, where);
        }
        expect(tally.failures).toEqual([]);
      },
    );
  });

  /** Lets members come back as soon as the command has tried again, or has ended. */
  async function pass(
    members: readonly EtcdMember[],
    counter: PieceCounter,
    running: Running,
  ): Promise<void> {
    const sent = counter.etcd;
    await until(
      'the command to notice',
      () => counter.etcd > sent || running.child.exitCode !== null,
    );
    await heal(members);
  }
}
