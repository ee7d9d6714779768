import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run, start, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, PREFIX, SITE } from '../support/sites.ts';
import { until } from '../support/wait.ts';
import { startV2Proxy, startV3Proxy } from '../support/write-proxy.ts';

const LEASE = `${PREFIX}/subnets/10.244.100.0-24`;
const OTHER_SITE = SITE.replace('00:0c:29:2e:db:2e', '00:0c:29:2e:db:77');

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

describe.each(['v2', 'v3'] as const)('two writers at once on etcd %s', (api) => {
  let hand: Hand;
  const startProxy = api === 'v2' ? startV2Proxy : startV3Proxy;
  const at = (endpoint: string) => ['--endpoints', endpoint, '--etcd-api', api];

  beforeEach(async () => {
    hand = handOf(etcd, api);
    for (const key of Object.keys(await hand.all())) hand.remove(key);
  });

  it('let exactly one apply win; the other says which key moved, and nothing is lost', async () => {
    // Both have read the same empty store before either may write.
    let release: () => void = () => undefined;
    const bothRead = new Promise<void>((resolve) => {
      release = resolve;
    });
    const waiting = { count: 0 };
    const hold = async (count: number, moment: string) => {
      if (count === 1 && moment === 'before') {
        waiting.count += 1;
        await bothRead;
      }
      return undefined;
    };
    const proxies = await Promise.all([1, 2].map(() => startProxy(etcd.endpoints[0] ?? '', hold)));
    const running = proxies.map((proxy, i) =>
      start(['apply', '--yes', ...at(proxy.endpoint)], {
        cwd: temporaryFolder({ 'flannel-bigip.yaml': i === 0 ? SITE : OTHER_SITE }),
      }),
    );
    await until('both to stand before their first write', () => waiting.count === 2);
    release();
    const results = await Promise.all(running.map((one) => one.result));
    await Promise.all(proxies.map((proxy) => proxy.stop()));

    expect(results.map((result) => result.code).sort()).toEqual([0, 1]);
    const loser = results.find((result) => result.code === 1);
    expect(loser?.stderr).toBe(
      `error: ${PREFIX}/config was changed by somebody else meanwhile, nothing of theirs was overwritten: nothing was changed. Run diff again, then apply\n`,
    );
    const winner = results[0]?.code === 0 ? LEASE_VALUE : LEASE_VALUE.replace('db:2e', 'db:77');
    expect(await hand.all()).toEqual({
      [`${PREFIX}/config`]: { value: CONFIG_VALUE, expires: false },
      [LEASE]: { value: winner, expires: false },
    });
  });

  it.each([
    ['the config', `${PREFIX}/config`, '{"Network":"10.99.0.0/16","Backend":{"Type":"vxlan"}}'],
    [
      'the lease',
      LEASE,
      '{"PublicIP":"10.1.10.9","BackendType":"vxlan","BackendData":{"VtepMAC":"02:00:00:00:00:09"}}',
    ],
  ])(
    'do not overwrite %s that somebody changed after the plan was shown',
    async (_, key, theirs) => {
      hand.put(`${PREFIX}/config`, CONFIG_VALUE);
      hand.put(LEASE, LEASE_VALUE.replace('db:2e', 'db:99'));
      const before = await hand.all();
      const proxy = await startProxy(etcd.endpoints[0] ?? '', (count, moment) => {
        if (count === 1 && moment === 'before') hand.put(key, theirs);
        return undefined;
      });
      const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE });
      const result = await run(['apply', '--yes', ...at(proxy.endpoint)], { cwd });
      await proxy.stop();

      if (api === 'v2' && key.endsWith('/config')) {
        // One key is all that v2 can compare: the lease went out, and reading back shows the rest.
        expect(result.stderr).toContain(
          `everything is written (${LEASE}), but read back differently: ${PREFIX}/config`,
        );
      } else {
        expect(result.stderr).toContain(
          `${key} was changed by somebody else meanwhile, nothing of theirs was overwritten: nothing was changed`,
        );
        expect(await hand.all()).toEqual({ ...before, [key]: { value: theirs, expires: false } });
      }
      expect(result.code).toBe(1);
      expect((await hand.all())[key]?.value).toBe(theirs);
    },
  );
});
