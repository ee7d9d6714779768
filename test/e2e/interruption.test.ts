import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Running, run, start, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { v2Events, v2Index, watchV3 } from '../support/events.ts';
import { type Hand, handOf, type Keyspace } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PAIR, PREFIX, SITE } from '../support/sites.ts';
import { until } from '../support/wait.ts';
import { type Hold, startV2Proxy, startV3Proxy } from '../support/write-proxy.ts';

const LEASE = `${PREFIX}/subnets/10.244.100.0-24`;
const SECOND_LEASE = `${PREFIX}/subnets/10.244.101.0-24`;
const NODE = `${PREFIX}/subnets/10.244.23.0-24`;
const SECOND_VALUE =
  '{"PublicIP":"10.1.10.246","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:3e"}}';
const OLD_VALUE = LEASE_VALUE.replace('2e:db:2e', '2e:db:99');
const FOREIGN: Keyspace = {
  '/somebody/else': { value: 'untouched', expires: false },
  [NODE]: { value: nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'), expires: true },
};
const WANTED: Keyspace = {
  ...FOREIGN,
  [`${PREFIX}/config`]: { value: CONFIG_VALUE, expires: false },
  [LEASE]: { value: LEASE_VALUE, expires: false },
  [SECOND_LEASE]: { value: SECOND_VALUE, expires: false },
};

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** Where the process is killed: at which write, before etcd gets it or after it has stored it. */
const POINTS = [1, 2, 3].flatMap((write) =>
  (['before', 'after'] as const).map((moment) => ({ write, moment })),
);

describe.each(['v2', 'v3'] as const)('a command killed between its writes to etcd %s', (api) => {
  let hand: Hand;
  let folder: string;
  const at = (endpoint: string) => ['--endpoints', endpoint, '--etcd-api', api];
  const again = (...args: string[]) =>
    run([...args, ...at(etcd.endpoints[0] ?? '')], { cwd: folder });

  beforeEach(async () => {
    hand = handOf(etcd, api);
    folder = temporaryFolder({ 'flannel-bigip.yaml': PAIR });
    for (const key of Object.keys(await hand.all())) hand.remove(key);
    for (const [key, { value, expires }] of Object.entries(FOREIGN)) {
      hand.put(key, value, expires ? 3600 : undefined);
    }
  });

  /** Starts a command through a proxy and kills it at one of its writes. */
  async function killedAt(
    point: { readonly write: number; readonly moment: 'before' | 'after' },
    ...args: string[]
  ) {
    let running: Running | undefined;
    const hold: Hold = async (count, moment) => {
      if (count !== point.write || moment !== point.moment) return undefined;
      running?.child.kill('SIGKILL');
      await running?.result;
      return 'drop';
    };
    const startProxy = api === 'v2' ? startV2Proxy : startV3Proxy;
    const proxy = await startProxy(etcd.endpoints[0] ?? '', hold);
    running = start([...args, ...at(proxy.endpoint), '--settle', '50ms'], { cwd: folder });
    const result = await running.result;
    await proxy.stop();
    return result;
  }

  it.each(POINTS)(
    'apply killed $moment write $write leaves whole values, and a second run converges',
    async (point) => {
      hand.put(LEASE, OLD_VALUE);

      const killed = await killedAt(point, 'apply', '--yes');
      const between = await hand.all();
      const backups = readdirSync(path.join(folder, 'state/flannel-bigip/backups'));
      const second = await again('apply', '--yes');

      expect(killed.signal).toBe('SIGKILL');
      expect(backups).toHaveLength(1);
      for (const [key, value] of Object.entries(FOREIGN)) expect(between[key]).toEqual(value);
      expect([OLD_VALUE, LEASE_VALUE]).toContain(between[LEASE]?.value);
      expect([undefined, SECOND_VALUE]).toContain(between[SECOND_LEASE]?.value);
      expect(second.code).toBe(0);
      expect(await hand.all()).toEqual(WANTED);
    },
  );

  it.each(POINTS.slice(0, 4))(
    'remove killed $moment write $write loses nothing else, and a second run converges',
    async (point) => {
      expect((await again('apply', '--yes')).code).toBe(0);

      const killed = await killedAt(point, 'remove', 'bigip-1', 'bigip-2', '--yes');
      const between = await hand.all();
      const second = await again('remove', 'bigip-1', 'bigip-2', '--yes', '--ignore-not-found');

      expect(killed.signal).toBe('SIGKILL');
      for (const [key, value] of Object.entries(FOREIGN)) expect(between[key]).toEqual(value);
      expect(second.code).toBe(0);
      expect(await hand.all()).toEqual({
        ...FOREIGN,
        [`${PREFIX}/config`]: { value: CONFIG_VALUE, expires: false },
      });
    },
  );

  it('heeds SIGINT between two writes and says how far it got', async () => {
    let running: Running | undefined;
    const hold: Hold = async (count, moment) => {
      if (count === 2 && moment === 'after') {
        running?.child.kill('SIGINT');
        await until('the signal to be heeded', () => running?.stderr().includes('Stopping'));
      }
      return undefined;
    };
    const startProxy = api === 'v2' ? startV2Proxy : startV3Proxy;
    const proxy = await startProxy(etcd.endpoints[0] ?? '', hold);
    running = start(['apply', '--yes', ...at(proxy.endpoint)], { cwd: folder });
    const result = await running.result;
    await proxy.stop();

    expect(result.code).toBe(130);
    expect(result.stderr).toBe(
      `Stopping after the write in flight; once more stops at once.\nerror: interrupted: 2 of 3 changes are done (${PREFIX}/config, ${LEASE}), 1 not. Run the same command again to go on\n`,
    );
    expect(Object.keys(await hand.all())).not.toContain(SECOND_LEASE);
    expect((await again('apply', '--yes')).code).toBe(0);
    expect(await hand.all()).toEqual(WANTED);
  });
});

describe.each(['v2', 'v3'] as const)('an etcd %s that goes away after the last write', (api) => {
  it('is told, with what is written and where the values before are', async () => {
    const hand = handOf(etcd, api);
    for (const key of Object.keys(await hand.all())) hand.remove(key);
    hand.put(LEASE, OLD_VALUE);
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    let gone = false;
    const startProxy = api === 'v2' ? startV2Proxy : startV3Proxy;
    const proxy = await startProxy(
      etcd.endpoints[0] ?? '',
      (count, moment) => {
        gone ||= count === 2 && moment === 'after';
        return undefined;
      },
      () => gone,
    );
    const result = await run(
      ['apply', '--yes', '--endpoints', proxy.endpoint, '--etcd-api', api, '--timeout', '1s'],
      { cwd },
    );
    await proxy.stop();

    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(
      /^error: everything is written \(\S+\/config, \S+\/10\.244\.100\.0-24\), but could not be read back: .*; the values before are in \S+\.json\. Run diff\n$/,
    );
    expect((await hand.all())[LEASE]?.value).toBe(LEASE_VALUE);
  });
});

describe('what a flanneld that watches would see', () => {
  let folder: string;
  const command = (api: string, ...args: string[]) =>
    run([...args, '--endpoints', etcd.endpoints[0] ?? '', '--etcd-api', api], { cwd: folder });

  beforeEach(async () => {
    folder = temporaryFolder({ 'flannel-bigip.yaml': PAIR });
    for (const api of ['v2', 'v3'] as const) {
      const hand = handOf(etcd, api);
      for (const key of Object.keys(await hand.all())) hand.remove(key);
    }
  });

  it('on v2: no event that deafens it, removals included', async () => {
    const endpoint = etcd.endpoints[0] ?? '';
    const since = await v2Index(endpoint);

    for (const args of [
      ['apply', '--yes'],
      ['apply', '--yes', '--rewrite'],
      ['remove', 'bigip-1', 'bigip-2', '--yes'],
    ]) {
      expect((await command('v2', ...args)).code).toBe(0);
    }

    expect(await v2Events(endpoint, `${PREFIX}/subnets`, since)).toEqual([
      { action: 'create', key: LEASE },
      { action: 'create', key: SECOND_LEASE },
      { action: 'compareAndSwap', key: LEASE },
      { action: 'compareAndSwap', key: SECOND_LEASE },
      { action: 'compareAndSwap', key: LEASE },
      { action: 'expire', key: LEASE },
      { action: 'compareAndSwap', key: SECOND_LEASE },
      { action: 'expire', key: SECOND_LEASE },
    ]);
  });

  it('on v3: one subnet key in each response, every one of them', async () => {
    const watch = await watchV3(etcd.endpoints[0] ?? '', `${PREFIX}/subnets/`);

    for (const args of [
      ['apply', '--yes'],
      ['apply', '--yes', '--rewrite'],
      ['remove', 'bigip-1', 'bigip-2', '--yes'],
    ]) {
      expect((await command('v3', ...args)).code).toBe(0);
    }
    await until('the last event', () => watch.responses.flat().length >= 6);
    await watch.stop();

    expect(watch.responses).toEqual([
      [{ type: 'Put', key: LEASE }],
      [{ type: 'Put', key: SECOND_LEASE }],
      [{ type: 'Put', key: LEASE }],
      [{ type: 'Put', key: SECOND_LEASE }],
      [{ type: 'Delete', key: LEASE }],
      [{ type: 'Delete', key: SECOND_LEASE }],
    ]);
  });
});
