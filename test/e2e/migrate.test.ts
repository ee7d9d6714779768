import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Running, run, start, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { startProtocolSwitch } from '../support/protocol-switch.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX } from '../support/sites.ts';
import { startV2Proxy, startV3Proxy } from '../support/write-proxy.ts';

const CONFIG = `${PREFIX}/config`;
const subnet = (n: number) => `${PREFIX}/subnets/10.244.${n}.0-24`;
const nodeValue = (n: number) => nodeLease(`10.1.10.${n}`, `5a:7d:2e:91:0c:${n}`);
const NODES = [21, 22, 23];
const FOREIGN = { '/somebody/else': { value: 'untouched', expires: false } };
const RESERVED = {
  [CONFIG]: { value: CONFIG_VALUE, expires: false },
  [subnet(100)]: { value: LEASE_VALUE, expires: false },
};
const EVERYTHING = {
  ...FOREIGN,
  ...RESERVED,
  ...Object.fromEntries(NODES.map((n) => [subnet(n), { value: nodeValue(n), expires: true }])),
};

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

describe.each([
  ['v2', 'v3'],
  ['v3', 'v2'],
] as const)('migrate from %s to %s', (from, to) => {
  let source: Hand;
  let target: Hand;
  let folder: string;
  const at = (endpoint: string, ...args: string[]) =>
    run([...args, '--endpoints', endpoint], { cwd: folder });
  const command = (...args: string[]) => at(etcd.endpoints[0] ?? '', ...args);
  const migrate = (...args: string[]) =>
    command('migrate', '--from', from, '--to', to, '--settle', '50ms', ...args);
  const ttlsIn = async (api: string): Promise<Record<string, number>> => {
    const { stdout } = await command('list', '--etcd-api', api, '--ttl', '-o', 'json');
    return Object.fromEntries(
      (JSON.parse(stdout) as { key: string; ttl: number | null }[]).flatMap(({ key, ttl }) =>
        ttl === null ? [] : [[key, ttl]],
      ),
    );
  };

  beforeEach(async () => {
    source = handOf(etcd, from);
    target = handOf(etcd, to);
    folder = temporaryFolder();
    for (const hand of [source, target]) {
      for (const key of Object.keys(await hand.all())) hand.remove(key);
      hand.put('/somebody/else', 'untouched');
    }
    source.put(CONFIG, CONFIG_VALUE);
    source.put(subnet(100), LEASE_VALUE);
    for (const n of NODES) source.put(subnet(n), nodeValue(n), n * 100);
  });

  it('copies config, reservations and nodes with the time they have left, once', async () => {
    const before = await source.all();

    const differing = await command('diff', '--from', from, '--to', to);
    const migrated = await migrate('--yes');
    const again = await migrate('--yes');
    const equal = await command('diff', '--from', from, '--to', to, '-o', 'json');
    const told = await command('diff', '--from', from, '--to', to);

    expect([differing.code, migrated.code, again.code, equal.code]).toEqual([2, 0, 0, 0]);
    expect(told.stdout).toContain('\n\nNothing to do: both stores hold the same.');
    expect(migrated.stdout).toContain(
      `Migrated and read back: 5 keys; the ${from} store is as it was.`,
    );
    expect(again.stdout).toContain(`Nothing to do: the ${to} store holds all that can be copied.`);
    expect(JSON.parse(equal.stdout)).toMatchObject({ inSync: true, changes: [], problems: [] });
    expect(await source.all()).toEqual(before);
    expect(await target.all()).toEqual(EVERYTHING);
    expect(await ttlsIn(to)).toEqual(
      Object.fromEntries(NODES.map((n) => [subnet(n), expect.closeTo(n * 100, -2)])),
    );
  });

  it('writes the config last: a flanneld that finds one finds its own lease too', async () => {
    const { stdout } = await migrate('--dry-run', '-o', 'json');

    const { changes } = JSON.parse(stdout) as { changes: { key: string }[] };
    expect(changes.map(({ key }) => key)).toEqual([subnet(100), ...NODES.map(subnet), CONFIG]);
    expect(await target.all()).toEqual(FOREIGN);
  });

  it('brings over what changed since, and never touches a node that is through', async () => {
    await migrate('--yes');
    const renewed = nodeValue(22).replace('10.1.10.22', '10.1.10.122');
    target.put(subnet(21), nodeValue(21).replace('0c:21', '0c:99'), 86_400);
    source.put(subnet(22), renewed, 2200);
    source.put(subnet(23), nodeValue(23), 80_000);
    const through = (await target.all())[subnet(21)];

    const { code, stdout } = await migrate('--yes');
    const ttls = await ttlsIn(to);

    expect(code).toBe(0);
    expect(stdout).toContain('10.244.21.0-24 has a newer lease in the target, which stays');
    expect(await target.all()).toEqual({
      ...EVERYTHING,
      [subnet(21)]: through,
      [subnet(22)]: { value: renewed, expires: true },
    });
    expect(ttls[subnet(23)]).toBeGreaterThan(79_000);
    expect((await migrate('--yes')).stdout).toContain('Nothing to do');
  });

  it('without its record takes every difference for somebody else’s', async () => {
    await migrate('--yes');
    rmSync(path.join(folder, 'state'), { recursive: true });
    source.put(subnet(22), nodeValue(22).replace('0c:22', '0c:77'), 2200);
    const before = await target.all();

    const { code, stdout } = await migrate('--yes');

    expect(code).toBe(0);
    expect(stdout).toContain('[newer-lease]');
    expect(await target.all()).toEqual(before);
  });

  it('leaves another config and another reservation alone, does the rest, and says so', async () => {
    const other = LEASE_VALUE.replace('10.245', '10.99');
    target.put(CONFIG, `${CONFIG_VALUE} `);
    target.put(subnet(100), other);

    const { code, stdout } = await migrate('--yes');

    expect(code).toBe(1);
    expect(stdout.match(/\[target-differs\]/g)).toHaveLength(2);
    expect(await target.all()).toEqual({
      ...EVERYTHING,
      [CONFIG]: { value: `${CONFIG_VALUE} `, expires: false },
      [subnet(100)]: { value: other, expires: false },
    });
  });

  it('gives no node a second lease, and no lease a place that is taken', async () => {
    target.put(subnet(50), nodeValue(21), 86_400);
    target.put(`${PREFIX}/subnets/10.244.22.128-25`, nodeValue(60), 86_400);

    const { code, stdout } = await migrate('--yes');

    expect(code).toBe(0);
    expect(stdout).toContain('the node of 10.244.21.0-24 has 10.244.50.0-24 in the target already');
    expect(stdout).toContain('10.244.22.128-25 of the target has addresses of 10.244.22.0-24');
    const keys = await target.all();
    expect(keys[subnet(21)]).toBeUndefined();
    expect(keys[subnet(22)]).toBeUndefined();
    expect(keys[subnet(23)]).toEqual({ value: nodeValue(23), expires: true });
  });

  it.each([1, 3, 5])('killed at its write %i goes on from there', async (write) => {
    let running: Running | undefined;
    const startProxy = to === 'v2' ? startV2Proxy : startV3Proxy;
    const proxy = await startProxy(etcd.endpoints[0] ?? '', async (count, moment) => {
      if (count !== write || moment !== 'after') return undefined;
      running?.child.kill('SIGKILL');
      await running?.result;
      return 'drop';
    });
    // The proxy speaks the target's protocol only; the source is read past it.
    const direct = etcd.endpoints[0] ?? '';
    const both =
      to === 'v2'
        ? await startProtocolSwitch(direct, proxy.endpoint)
        : await startProtocolSwitch(proxy.endpoint, direct);
    running = start(
      ['migrate', '--from', from, '--to', to, '--yes', '--endpoints', both.endpoint],
      {
        cwd: folder,
      },
    );
    const killed = await running.result;
    await both.stop();
    await proxy.stop();

    const { code } = await migrate('--yes');

    expect([killed.signal, code]).toEqual(['SIGKILL', 0]);
    expect(await target.all()).toEqual(EVERYTHING);
  });

  it('tells where each node stands, the shortest time first', async () => {
    await migrate('--yes');
    target.put(subnet(22), nodeValue(22), 86_400);

    const { code, stdout } = await migrate('--cutover', '-o', 'json');
    const text = await migrate('--cutover');

    expect([code, text.code]).toEqual([0, 0]);
    const about = (n: number) => ({
      publicIP: `10.1.10.${n}`,
      subnet: `10.244.${n}.0/24`,
      ttl: expect.closeTo(n * 100, -2),
    });
    expect(JSON.parse(stdout)).toEqual({
      from,
      to,
      prefix: PREFIX,
      prepared: true,
      shortestTtl: expect.closeTo(2100, -2),
      upgraded: 1,
      nodes: [
        { ...about(21), state: 'copied' },
        { ...about(23), state: 'copied' },
        { ...about(22), state: 'upgraded' },
      ],
    });
    for (const said of [
      '1 of 3 nodes are through.',
      'do not see each other',
      `etcd.api: ${to}`,
      `migrate --retire ${from}`,
    ]) {
      expect(text.stdout).toContain(said);
    }
  });

  it('retires the old store only when nobody can still use it, with a backup', async () => {
    await migrate('--yes');
    const before = await source.all();

    const refused = await command('migrate', '--retire', from, '--yes');
    const afterRefusal = await source.all();
    for (const n of NODES) source.remove(subnet(n));
    const retired = await command('migrate', '--retire', from, '--yes', '--settle', '0');

    expect([refused.code, retired.code]).toEqual([1, 0]);
    expect(refused.stderr).toContain('is the lease of a node that may still read this store');
    expect(afterRefusal).toEqual(before);
    expect(await source.all()).toEqual(FOREIGN);
    expect(await target.all()).toEqual(EVERYTHING);
    expect(readdirSync(path.join(folder, 'state/flannel-bigip/backups'))).toHaveLength(1);
  });

  it('does not retire a store that holds more than the other', async () => {
    for (const n of NODES) source.remove(subnet(n));
    const before = await source.all();

    const nothing = await command('migrate', '--retire', from, '--yes');
    target.put(CONFIG, CONFIG_VALUE);
    const less = await command('migrate', '--retire', from, '--yes');

    expect([nothing.code, less.code]).toEqual([1, 1]);
    expect(nothing.stderr).toContain('the other store holds no network config');
    expect(less.stderr).toContain('the other store has no reservation 10.244.100.0-24');
    expect(await source.all()).toEqual(before);
  });
});

describe('the pause between writes to v3', () => {
  it('is kept as soon as somebody renews a lease there, and not before', async () => {
    const [v2, v3] = [handOf(etcd, 'v2'), handOf(etcd, 'v3')];
    for (const hand of [v2, v3]) {
      for (const key of Object.keys(await hand.all())) hand.remove(key);
    }
    v2.put(CONFIG, CONFIG_VALUE);
    for (const n of NODES) v2.put(subnet(n), nodeValue(n), 3600);
    const migrate = async () => {
      const began = performance.now();
      const { code } = await run([
        'migrate',
        '--from',
        'v2',
        '--to',
        'v3',
        '--yes',
        '--settle',
        '2s',
        '--endpoints',
        etcd.endpoints[0] ?? '',
      ]);
      expect(code).toBe(0);
      return performance.now() - began;
    };

    const alone = await migrate();
    for (const n of NODES) v3.remove(subnet(n));
    v3.put(subnet(60), nodeValue(60), 3600);
    const listenedTo = await migrate();

    expect(alone).toBeLessThan(2_000);
    expect(listenedTo).toBeGreaterThan(4_000);
  });
});

describe('an etcd without its v2 store', () => {
  it.each(['migrate', 'diff'])(
    'is no help to %s, which says how to switch that on',
    async (command) => {
      const etcd = await startEtcd({ v2: false });
      const [endpoint = ''] = etcd.endpoints;
      const args = [command, '--from', 'v2', '--to', 'v3', '--endpoints', endpoint];
      const { code, stdout, stderr } = await run(args);
      await etcd.stop();

      expect({ code, stdout, stderr }).toEqual({
        code: 1,
        stdout: '',
        stderr: `error: etcd at ${new URL(endpoint).host} does not offer the v2 API. This is about both stores: start etcd (3.4 or 3.5) with --enable-v2\n`,
      });
    },
  );
});

describe('migrate', () => {
  it.each([
    [['migrate'], 'both --from and --to are wanted'],
    [['migrate', '--from', 'v2'], 'both --from and --to are wanted'],
    [['migrate', '--from', 'v2', '--to', 'v2'], '--from v2 --to v2 leads nowhere'],
    [['migrate', '--from', 'v1', '--to', 'v3'], '--from v1 is none of v2, v3'],
    [['migrate', '--retire', 'v2', '--from', 'v2'], '--retire stands alone'],
    [['migrate', '--from', 'v2', '--to', 'v3', '--etcd-api', 'v3'], '--etcd-api names one store'],
    [
      ['migrate', '--from', 'v2', '--to', 'v3', '--endpoints', 'file:x.json'],
      'a file has no two stores',
    ],
    [['diff', '--from', 'v2', '--to', 'v3', '--save', 'x'], '--from and --to compare stores'],
  ])('is told apart from wrong usage: %j', async (args, message) => {
    const { code, stderr } = await run(args);

    expect(code).toBe(64);
    expect(stderr).toContain(`error: ${message}`);
  });
});
