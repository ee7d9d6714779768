import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BigIpDevice,
  type BigIpFault,
  type BigIpOptions,
  startBigIp,
} from '../support/bigip/device.ts';
import { BigIpSite, MACS, siteText, storeText } from '../support/bigip/site.ts';
import { setUp } from '../support/bigip/started.ts';
import { LONG, some, Tally } from './tally.ts';

/** A command that changes a unit, and how the unit is before it. */
interface Scenario {
  readonly name: string;
  readonly args: readonly string[];
  readonly options?: BigIpOptions;
  before(device: BigIpDevice): void;
}

const bare = () => undefined;
const RECORDS = { '5a:7d:2e:91:0c:44': '10.1.10.151', '86:a8:e1:95:5e:cf': '10.1.10.152' };

const SCENARIOS: readonly Scenario[] = [
  { name: 'apply', args: ['bigip', 'apply', '--yes'], before: bare },
  {
    name: 'apply on a unit of a pair',
    args: ['bigip', 'apply', '--yes', '--disable-configsync'],
    options: { peer: 'bigip-2.example.com' },
    before: bare,
  },
  {
    name: 'apply in place',
    args: ['bigip', 'apply', '--yes'],
    before: (device) =>
      setUp(device, { port: 4789, address: '10.244.100.10/24', allowService: ['default'] }),
  },
  {
    name: 'apply --replace',
    args: ['bigip', 'apply', '--yes', '--replace'],
    before: (device) => setUp(device, { key: 7, floodingType: 'multipoint', records: RECORDS }),
  },
  { name: 'remove', args: ['bigip', 'remove', '--yes'], before: (device) => setUp(device) },
  { name: 'fdb sync', args: ['bigip', 'fdb', 'sync', '--yes'], before: (device) => setUp(device) },
  { name: 'apply --scope', args: ['apply', '--scope', 'bigip,etcd', '--yes'], before: bare },
];

/** What becomes of one write: whether it arrives, whether its answer does, and whether the program lives on. */
interface Fault {
  readonly name: string;
  readonly kills: boolean;
  readonly answer?: BigIpFault['answer'];
  readonly afterwards?: boolean;
}

const FAULTS: readonly Fault[] = [
  { name: 'killed before it arrived', kills: true, answer: 'reset' },
  { name: 'killed when it had arrived', kills: true },
  { name: 'dropped before it was carried out', kills: false, answer: 'reset' },
  { name: 'dropped when it was carried out', kills: false, answer: 'reset', afterwards: true },
  { name: 'met by a restart of mcpd', kills: false, answer: '500-mcpd', afterwards: true },
  { name: 'met by a busy device', kills: false, answer: '503-html' },
  { name: 'met by a forgotten token', kills: false, answer: '401-dead-token' },
  { name: 'refused', kills: false, answer: 'role' },
];

/** What belongs to others on the same unit. */
function addForeign(device: BigIpDevice): void {
  const partition = 'Common';
  device.put('net/tunnels/vxlan', {
    name: 'vx',
    partition,
    port: 4789,
    floodingType: 'multipoint',
  });
  const profile = '/Common/vx';
  device.put('net/tunnels/tunnel', {
    name: 'other',
    partition,
    profile,
    key: 9,
    localAddress: '10.1.10.245',
  });
  device.put('net/self', { name: 'o', partition, address: '10.99.0.1/16', vlan: '/Common/other' });
  device.put('net/fdb/tunnel/~Common~other/records', {
    name: '02:00:00:00:00:99',
    endpoint: '10.1.10.9',
  });
  device.put('net/arp', {
    name: 'theirs',
    partition,
    ipAddress: '10.99.0.7',
    macAddress: '02:00:00:00:00:99',
  });
}

const VOLATILE = ['generation', 'selfLink', 'ifIndex'];

/** Everything that a unit holds, by name, without what counts its changes. */
function stateOf(device: BigIpDevice): Record<string, unknown> {
  const collections = [
    'net/tunnels/vxlan',
    'net/tunnels/tunnel',
    'net/self',
    'net/arp',
    'net/fdb/tunnel/~Common~other/records',
  ];
  const has = device.list('net/tunnels/tunnel').some(({ name }) => name === 'fl-tunnel');
  const all = [...collections, ...(has ? ['net/fdb/tunnel/~Common~fl-tunnel/records'] : [])];
  const objects = all.flatMap((collection) =>
    device.list(collection).map((object) => {
      const kept = Object.entries(object).filter(
        ([name]) => !VOLATILE.includes(name) && !name.endsWith('Reference'),
      );
      return [`${collection} ${object['name']}`, Object.fromEntries(kept)] as const;
    }),
  );
  return { ...Object.fromEntries(objects), configsync: device.db('iptunnel.configsync') };
}

const isForeign = (key: string) => / (vx|other|o|theirs|02:00:00:00:00:99)$/.test(key);

function foreignOf(device: BigIpDevice): string {
  const all = Object.entries(stateOf(device)).filter(([key]) => isForeign(key));
  return JSON.stringify(all.toSorted());
}

const isWrite = ({ method, path: at }: { method: string; path: string }) =>
  method !== 'GET' && !/authn|authz|util\/bash/.test(at);

interface Staged {
  readonly device: BigIpDevice;
  readonly site: BigIpSite;
}

async function stage({ options, before }: Scenario): Promise<Staged> {
  const device = await startBigIp({ macs: MACS, macDelay: 0, ...options });
  addForeign(device);
  before(device);
  const files = {
    'flannel-bigip.yaml': siteText([device], { management: ['tunnel: fl-tunnel'] }),
    'store.json': storeText(),
  };
  return { device, site: new BigIpSite([device], files) };
}

/** Runs a scenario in which one write, counted from 0, meets a fault. */
async function runWith({ device, site }: Staged, { args }: Scenario, number: number, fault: Fault) {
  let seen = 0;
  const running = site.start([...args, '--timeout', '5s']);
  device.before(async ({ method, path: at }) => {
    if (!isWrite({ method, path: at }) || seen++ !== number) return;
    const { answer, afterwards = false, kills } = fault;
    if (answer !== undefined) device.fail({ method, path: at, answer, afterwards });
    if (!kills) return;
    running.child.kill('SIGKILL');
    await running.result;
  });
  const result = await running.result;
  device.before(null);
  return result;
}

/** The unit after a reboot, and the lease, which must be those of an undisturbed run. */
function endOf({ device, site }: Staged): string {
  device.reboot();
  const store = JSON.parse(readFileSync(path.join(site.folder, 'store.json'), 'utf8'));
  const leases = Object.keys(store.keys).toSorted();
  return JSON.stringify([Object.entries(stateOf(device)).toSorted(), leases]);
}

interface Point {
  readonly number: number;
  readonly fault: Fault;
}

async function checkPoint(
  tally: Tally,
  where: string,
  scenario: Scenario,
  { number, fault }: Point,
  wanted: string,
): Promise<void> {
  const made = await stage(scenario);
  const foreign = foreignOf(made.device);
  const first = await runWith(made, scenario, number, fault);
  tally.injected();
  // Who is killed gives nothing back; a token that the device forgot is not there to be given back.
  const keeps = fault.kills || fault.answer === '401-dead-token';
  if (!keeps && made.device.tokens.size > 0) tally.wrong(`${where}: a token is left`);
  if (first.stderr.includes('unexpected')) tally.wrong(`${where}: ${first.stderr}`);
  const again = await made.site.run(scenario.args);
  if (foreignOf(made.device) !== foreign) tally.foreignChanged(where);
  const end = endOf(made);
  if (end !== wanted || ![0, 2].includes(again.code ?? 1)) {
    tally.notConverged(`${where}: ${again.code} ${again.stderr}${differing(end, wanted)}`);
  }
  await made.device.stop();
}

/** Where two texts begin to differ. */
function differing(one: string, other: string): string {
  const at = [...one].findIndex((letter, i) => letter !== other[i]);
  return at < 0 ? '' : `${one.slice(at, at + 200)} instead of ${other.slice(at, at + 200)}`;
}

describe('a BIG-IP whose write goes wrong', () => {
  it.for(SCENARIOS)(
    '$name converges when it is run again, others untouched',
    LONG,
    async (scenario, context) => {
      const tally = new Tally(context);
      const clean = await stage(scenario);
      expect((await clean.site.run(scenario.args)).code).toBeOneOf([0, 2]);
      const writes = clean.device.requests.filter(isWrite).length;
      const wanted = endOf(clean);
      await clean.device.stop();
      const points = Array.from({ length: writes }, (_, number) =>
        FAULTS.map((fault) => ({ number, fault })),
      ).flat();
      for (const point of some(points, 4)) {
        const where = `${scenario.name}: write ${point.number + 1} of ${writes} ${point.fault.name}`;
        await checkPoint(tally, where, scenario, point, wanted);
      }
      expect(tally.failures).toEqual([]);
    },
  );
});
