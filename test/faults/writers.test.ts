import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { fill } from '../support/fill.ts';
import { handOf, type Keyspace } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';
import { checkSaid } from './checks.ts';
import { listen } from './rig.ts';
import { FULL, LONG, Tally } from './tally.ts';

const WRITERS = 8;
const DURATION = FULL ? 30_000 : 4_000;

const CONFIG = `${PREFIX}/config`;
const LEASE = `${PREFIX}/subnets/10.244.100.0-24`;
const OTHER_SITE = SITE.replace('2e:db:2e', '2e:db:77').replace(
  'SubnetMin: 10.244.10.0',
  'SubnetMin: 10.244.11.0',
);
const OTHER_CONFIG = CONFIG_VALUE.replace('10.244.10.0', '10.244.11.0');
const OTHER_LEASE = LEASE_VALUE.replace('2e:db:2e', '2e:db:77');
const FOREIGN: Keyspace = {
  '/somebody/else': { value: 'untouched', expires: false },
  [`${PREFIX}/subnets/10.244.23.0-24`]: {
    value: nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'),
    expires: true,
  },
};
const WANTED: Keyspace = {
  ...FOREIGN,
  [CONFIG]: { value: CONFIG_VALUE, expires: false },
  [LEASE]: { value: LEASE_VALUE, expires: false },
};
/** What anybody's command may leave. */
const POSSIBLE: Readonly<Record<string, readonly (string | undefined)[]>> = {
  [CONFIG]: [CONFIG_VALUE, OTHER_CONFIG],
  [LEASE]: [undefined, LEASE_VALUE, OTHER_LEASE],
};

function checkLeft(tally: Tally, left: Keyspace): void {
  for (const key of new Set([...Object.keys(left), ...Object.keys(FOREIGN)])) {
    const value = left[key]?.value;
    const told = `${key} is ${value}`;
    const possible = POSSIBLE[key];
    if (possible === undefined && value !== FOREIGN[key]?.value) tally.foreignChanged(told);
    if (possible !== undefined && !possible.includes(value)) tally.wrong(told);
  }
}

const COMMANDS: readonly (readonly string[])[] = [
  ['apply', '--yes', '-f', 'a.yaml'],
  ['apply', '--yes', '-f', 'b.yaml'],
  ['apply', '--rewrite', '--yes', '-f', 'a.yaml'],
  ['remove', '10.244.100.0/24', '--yes', '--ignore-not-found'],
  ['apply', '--prune', '--yes', '-f', 'b.yaml'],
  ['restore', 'kept.json', '--yes'],
];

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

describe.each(['v2', 'v3'] as const)(`${WRITERS} writers at once on etcd %s`, (api) => {
  it('lose nothing of anybody, and leave whole values', LONG, async (context) => {
    const tally = new Tally(context);
    const endpoint = etcd.endpoints[0] ?? '';
    const cwd = temporaryFolder({ 'a.yaml': SITE, 'b.yaml': OTHER_SITE });
    const command = (args: readonly string[], writer = 0) => {
      const paced = args[0] === 'backup' ? [] : ['--settle', '20ms'];
      const state = { XDG_STATE_HOME: `${cwd}/state-${writer}` };
      const at = ['--endpoints', endpoint, '--etcd-api', api, ...paced];
      return run([...args, ...at], { cwd, env: state });
    };
    await fill(endpoint, api, WANTED);
    await command(['backup', 'kept.json']);
    const heard = await listen(endpoint, api);
    const won = new Set<number>();
    const end = performance.now() + DURATION;

    async function write(writer: number): Promise<void> {
      for (let i = writer; performance.now() < end; i += 5) {
        const args = COMMANDS[i % COMMANDS.length] ?? [];
        const result = await command(args, writer);
        tally.injected();
        if (result.code === 0) won.add(i % COMMANDS.length);
        checkSaid(tally, args.join(' '), result);
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));

    checkLeft(tally, await handOf(etcd, api).all());
    const last = await command(['apply', '--yes', '-f', 'a.yaml']);
    const converged = await handOf(etcd, api).all();
    if (last.code !== 0) tally.notConverged(`${last.code}: ${last.stderr}`);
    await heard(tally, `${WRITERS} writers`);

    expect(tally.failures).toEqual([]);
    expect(converged).toEqual(WANTED);
    // Every command came through at least once: they hinder one another, but not for ever.
    expect(won.size).toBeGreaterThanOrEqual(FULL ? COMMANDS.length : 1);
  });
});
