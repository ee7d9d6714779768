import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { annotationsOf } from '../../src/model/annotations.ts';
import { type Running, run, start, temporaryFolder } from '../support/cli.ts';
import { startCutProxy } from '../support/cut-proxy.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';
import { freePorts } from '../support/ports.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';
import { startLossyProxy } from '../support/store-proxy.ts';
import { until } from '../support/wait.ts';

const LEASE = `${PREFIX}/subnets/10.244.100.0-24`;
const NODE_LEASE = (n: number) => `${PREFIX}/subnets/10.244.${n}.0-24`;
const macOf = (n: number) => `5a:7d:2e:91:0c:${n}`;
const OWN = { 'node.alpha.kubernetes.io/ttl': '0' };
const wanted = (n: number, mac = macOf(n)) => ({ ...OWN, ...annotationsOf(`10.1.10.${n}`, mac) });

let etcd: Etcd;
let api: ApiServer;
let hand: Hand;
let folder: string;
let watching: Running[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());
afterEach(async () => {
  for (const one of watching) one.child.kill('SIGKILL');
  watching = [];
  await api.stop();
});

async function begin(api_: 'v2' | 'v3') {
  hand = handOf(etcd, api_);
  folder = temporaryFolder({ 'flannel-bigip.yaml': SITE });
  for (const key of Object.keys(await hand.all())) hand.remove(key);
  hand.put(`${PREFIX}/config`, CONFIG_VALUE);
  hand.put(LEASE, LEASE_VALUE);
  for (const n of [21, 22]) hand.put(NODE_LEASE(n), nodeLease(`10.1.10.${n}`, macOf(n)), 3600);
  api = await startApiServer([nodeObject(21), nodeObject(22)]);
}

function watch(
  store: 'v2' | 'v3',
  args: readonly string[] = [],
  endpoint = etcd.endpoints[0] ?? '',
) {
  const running = start(
    [
      ...['watch', '--endpoints', endpoint, '--etcd-api', store, '--settle', '100ms'],
      ...(args.includes('--timeout') ? [] : ['--timeout', '3s']),
      ...['--kubeconfig', api.kubeconfig('annotator'), ...args],
      ...(args.includes('--log-format') ? [] : ['--log-format', 'json']),
    ],
    { cwd: folder },
  );
  watching.push(running);
  return running;
}

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const logOf = (running: Running): Line[] =>
  running
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
const said = (running: Running, text: string | RegExp) =>
  logOf(running).filter(({ msg }) =>
    typeof text === 'string' ? msg.includes(text) : text.test(msg),
  );
const annotations = (name: string) => api.store.get(name).metadata.annotations;
const isAnnotated = (n: number, mac?: string) =>
  JSON.stringify(annotations(`node-${n}`)) === JSON.stringify(wanted(n, mac));
const allAnnotated = () =>
  until('both Nodes to be annotated', () => isAnnotated(21) && isAnnotated(22));

describe.each(['v2', 'v3'] as const)('watch on etcd %s', (store) => {
  beforeEach(() => begin(store));

  it('annotates what is there, and a Node as soon as its lease changes', async () => {
    const running = watch(store);
    await allAnnotated();
    hand.put(NODE_LEASE(21), nodeLease('10.1.10.21', '5a:7d:2e:91:0c:99'), 3600);
    await until('the Node to follow', () => isAnnotated(21, '5a:7d:2e:91:0c:99'));
    await until('it to be said', () => said(running, 'CIS keeps the ARP entries').length > 0);

    expect(said(running, 'CIS keeps the ARP entries')).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: expect.stringContaining('rollout restart deployment'),
        rule: 'stale-arp-entry',
      }),
    ]);
    expect(annotations('node-22')).toEqual(wanted(22));
  });

  it('mends annotations that somebody breaks, and annotates Nodes that join', async () => {
    watch(store);
    await allAnnotated();
    api.store.update(nodeObject(21, { annotations: { ...OWN, mine: 'x' } }));
    hand.put(NODE_LEASE(23), nodeLease('10.1.10.23', macOf(23)), 3600);
    api.store.create(nodeObject(23));

    await until(
      'both',
      () =>
        isAnnotated(23) &&
        annotations('node-21')?.['flannel.alpha.coreos.com/public-ip'] === '10.1.10.21',
    );
    expect(annotations('node-21')).toEqual({
      ...OWN,
      mine: 'x',
      ...annotationsOf('10.1.10.21', macOf(21)),
    });
  });

  it("puts the BIG-IP's lease back when it is deleted or taken, and says who has it", async () => {
    const running = watch(store, ['--keep', 'leases']);
    await until('it to listen', () => said(running, 'etcd answers').length > 0);
    hand.remove(LEASE);
    await until('it to be put back', async () => (await hand.all())[LEASE]?.value === LEASE_VALUE);
    hand.put(LEASE, nodeLease('10.1.10.22', macOf(22)), 3600);
    await until('it to be put back', async () => (await hand.all())[LEASE]?.value === LEASE_VALUE);
    await until('it to be said', () => said(running, 'is put back').length === 2);

    expect((await hand.all())[LEASE]).toEqual({ value: LEASE_VALUE, expires: false });
    expect(said(running, /^the lease of/).map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'the lease of bigip-1 is deleted'],
      ['info', 'the lease of bigip-1 is put back'],
      ['warn', 'the lease of bigip-1 is taken by the node with public IP 10.1.10.22'],
      ['info', 'the lease of bigip-1 is put back'],
    ]);
    expect(api.requests).toEqual([]);
  });

  it('does not fight over a lease that is taken again and again', async () => {
    const [port = 0] = await freePorts(1);
    const running = watch(store, ['--listen', `127.0.0.1:${port}`]);
    await allAnnotated();
    for (let times = 1; times <= 4; times++) {
      hand.put(LEASE, nodeLease('10.1.10.22', macOf(22)), 3600);
      await until('an answer to that', () => said(running, /is put back|left so/).length === times);
    }
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringContaining(
        'is taken by the node with public IP 10.1.10.22 again and again and is left so',
      ),
    ]);
    expect((await hand.all())[LEASE]?.expires).toBe(true);
    expect(metrics).toContain('flannel_bigip_leases_restored_total{bigip="bigip-1"} 3');
    expect(metrics).toContain('flannel_bigip_leases_left 1');
    // The rest goes on.
    hand.put(NODE_LEASE(21), nodeLease('10.1.10.21', '5a:7d:2e:91:0c:98'), 3600);
    await until('the Node to follow', () => isAnnotated(21, '5a:7d:2e:91:0c:98'));
    running.child.kill('SIGHUP');
    await until(
      'it to be put back after all',
      async () => (await hand.all())[LEASE]?.value === LEASE_VALUE,
    );
  });

  it('leaves a lease that would be taken over at once, until nothing is in its way', async () => {
    const running = watch(store, ['--keep', 'leases']);
    await until('it to listen', () => said(running, 'etcd answers').length > 0);
    hand.put(NODE_LEASE(23), nodeLease('10.1.10.245', macOf(23)), 3600);
    hand.remove(LEASE);
    await until('it to be left', () => said(running, 'is not put back').length > 0);
    const left = (await hand.all())[LEASE];
    hand.remove(NODE_LEASE(23));
    await until('it to be put back', async () => (await hand.all())[LEASE]?.value === LEASE_VALUE);

    expect(left).toBeUndefined();
    expect(said(running, 'is not put back')).toEqual([
      expect.objectContaining({
        level: 'error',
        msg: expect.stringContaining(
          'the public IP of bigip-1 is that of the node of 10.244.23.0-24',
        ),
      }),
    ]);
  });

  it('makes no lease where there is no network, as under a misspelt prefix', async () => {
    const running = watch(store, ['--keep', 'leases', '--prefix', '/coreos.com/netwrok']);
    await until('it to be left', () => said(running, 'is not put back').length > 0);
    const left = Object.keys(await hand.all());
    hand.put('/coreos.com/netwrok/config', CONFIG_VALUE);
    await until('it to be made', () => said(running, 'is put back').length > 0);
    const made = Object.keys(await hand.all()).filter((key) => key.includes('netwrok'));
    for (const key of made) hand.remove(key);

    expect(left.filter((key) => key.includes('netwrok'))).toEqual([]);
    expect(made).toEqual([
      '/coreos.com/netwrok/config',
      '/coreos.com/netwrok/subnets/10.244.100.0-24',
    ]);
    expect(said(running, 'is not put back')).toEqual([
      expect.objectContaining({
        level: 'error',
        msg: expect.stringContaining('there is no network config under /coreos.com/netwrok'),
      }),
    ]);
  });

  it('never undoes what a person does: the site file is read again first', async () => {
    const running = watch(store, ['--keep', 'leases']);
    await until('it to listen', () => said(running, 'etcd answers').length > 0);
    const changed = SITE.replace('2e:db:2e', '2e:db:77');
    writeFileSync(path.join(folder, 'flannel-bigip.yaml'), changed);
    const at = ['--endpoints', etcd.endpoints[0] ?? '', '--etcd-api', store];
    const applied = await run(['apply', '--yes', ...at], { cwd: folder });
    writeFileSync(path.join(folder, 'flannel-bigip.yaml'), changed.replace(/bigips:[\s\S]*/, ''));
    const removed = await run(['remove', '10.244.100.0/24', '--yes', ...at], { cwd: folder });
    // Whatever it was going to write, it would have written before this.
    writeFileSync(
      path.join(folder, 'flannel-bigip.yaml'),
      SITE.replace('100', '101').replace('100', '101'),
    );
    running.child.kill('SIGHUP');
    await until('it to go on', async () => (await hand.all())[`${PREFIX}/subnets/10.244.101.0-24`]);

    await until('it to be said', () => said(running, 'is put back').length > 0);

    expect([applied.code, removed.code]).toEqual([0, 0]);
    expect((await hand.all())[LEASE]).toBeUndefined();
    expect(said(running, 'is put back')).toHaveLength(1);
  });

  it('catches up with what happened while etcd or the API server was away', async () => {
    const proxy = await startLossyProxy(etcd.endpoints[0] ?? '');
    const running = watch(store, [], proxy.endpoint);
    await allAnnotated();
    proxy.block();
    await api.hangUp();
    hand.put(NODE_LEASE(21), nodeLease('10.1.10.21', '5a:7d:2e:91:0c:97'), 3600);
    hand.remove(LEASE);
    api.store.update(nodeObject(22));
    await until(
      'both to be missed',
      () =>
        logOf(running).some(({ source, level }) => source === 'etcd' && level === 'warn') &&
        logOf(running).some(({ source, level }) => source === 'kubernetes' && level === 'warn'),
    );
    proxy.cut();
    await api.listen();

    await until(
      'all to be true again',
      async () =>
        isAnnotated(21, '5a:7d:2e:91:0c:97') &&
        isAnnotated(22) &&
        (await hand.all())[LEASE]?.value === LEASE_VALUE,
    );
    await proxy.stop();
  });

  it('ends within a second when it is told to', async () => {
    const running = watch(store);
    await until('it to say so', () => said(running, 'annotated').length > 0);
    const told = performance.now();
    running.child.kill('SIGTERM');
    const { code } = await running.result;

    expect(code).toBe(0);
    // Twice that, for a machine that has other things to do.
    expect(performance.now() - told).toBeLessThan(2_000);
    expect(logOf(running).at(-1)?.msg).toBe('ended');
  });

  it('ends only when the writes in flight have their answers', async () => {
    const held = { patches: 0, leases: 0 };
    const going = new AbortController();
    const released = once(going.signal, 'abort').then(() => undefined);
    const proxy = await startCutProxy(etcd.endpoints[0] ?? '', async ({ to, data }) => {
      if (to !== 'etcd' || !data.includes('VtepMAC')) return undefined;
      held.leases += 1;
      return released;
    });
    api.before(({ verb }) => {
      if (verb !== 'patch') return undefined;
      held.patches += 1;
      return released;
    });
    const [port = 0] = await freePorts(1);
    const running = watch(store, ['--listen', `127.0.0.1:${port}`], proxy.endpoint);
    await until('both Nodes to be written', () => held.patches === 2);
    hand.remove(LEASE);
    await until('the lease to be written', () => held.leases === 1);
    running.child.kill('SIGTERM');
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        () => true,
        () => false,
      );
    await until('it to have heard', async () => !(await answers()));
    going.abort();
    const { code } = await running.result;
    await proxy.stop();

    expect(code).toBe(0);
    expect([isAnnotated(21), isAnnotated(22)]).toEqual([true, true]);
    expect((await hand.all())[LEASE]).toEqual({ value: LEASE_VALUE, expires: false });
    expect(said(running, /^annotated|is put back$/)).toHaveLength(2);
    expect(logOf(running).at(-1)?.msg).toBe('ended');
  });

  it('does no harm beside another one', async () => {
    const both = [watch(store), watch(store)];
    await allAnnotated();
    for (const n of [1, 2]) {
      hand.remove(LEASE);
      await until(
        `it to be put back, ${n}`,
        async () => (await hand.all())[LEASE]?.value === LEASE_VALUE,
      );
    }
    hand.put(NODE_LEASE(21), nodeLease('10.1.10.21', '5a:7d:2e:91:0c:96'), 3600);
    await until('the Node to follow', () => isAnnotated(21, '5a:7d:2e:91:0c:96'));

    expect(both.flatMap((one) => logOf(one)).filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('watch', () => {
  beforeEach(() => begin('v3'));

  it('goes on when etcd was compacted and the API server has forgotten its history', async () => {
    const running = watch('v3');
    await allAnnotated();
    const proxyless = JSON.parse(etcd.etcdctl(3, 'get', LEASE, '-w', 'json')) as {
      header: { revision: number };
    };
    hand.put(NODE_LEASE(22), nodeLease('10.1.10.22', '5a:7d:2e:91:0c:95'), 3600);
    await until('the Node to follow', () => isAnnotated(22, '5a:7d:2e:91:0c:95'));
    etcd.etcdctl(3, 'compact', String(proxyless.header.revision));
    await api.hangUp();
    api.store.update(nodeObject(21));
    api.store.compact();
    await api.listen();
    await until('the Node to be annotated again', () => isAnnotated(21));

    expect(running.child.exitCode).toBeNull();
  });

  it('serves its health and what it counts', async () => {
    const [port = 0] = await freePorts(1);
    const running = watch('v3', ['--listen', `127.0.0.1:${port}`]);
    await allAnnotated();
    const get = async (where: string) => {
      const reply = await fetch(`http://127.0.0.1:${port}${where}`);
      return [reply.status, await reply.text()] as const;
    };
    await until('it to be ready', async () => (await get('/readyz'))[0] === 200);
    await api.hangUp();
    await until(
      'it to miss the API server',
      () => said(running, 'nothing listens there').length > 0,
    );

    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect(await get('/readyz')).toEqual([503, 'kubernetes does not answer\n']);
    expect((await get('/nowhere'))[0]).toBe(404);
    const [, metrics] = await get('/metrics');
    for (const line of [
      'flannel_bigip_nodes_annotated_total 2',
      'flannel_bigip_connected{source="etcd"} 1',
      'flannel_bigip_connected{source="kubernetes"} 0',
      'flannel_bigip_nodes 2',
    ]) {
      expect(metrics).toContain(`\n${line}\n`);
    }
  });

  it('says in its log what the rules have to say of the site file', async () => {
    writeFileSync(
      path.join(folder, 'flannel-bigip.yaml'),
      SITE.replace('vxlan }', 'vxlan, Port: 4789 }'),
    );
    const running = watch('v3', ['--keep', 'annotations']);
    await allAnnotated();
    const text = running.stderr().trim().split('\n');

    expect(text.filter((line) => !line.startsWith('{'))).toEqual([]);
    expect(said(running, '[vxlan-port]').map(({ level }) => level)).toEqual(['warn']);
  });

  it('finds an API server that has stopped answering', async () => {
    const running = watch('v3', ['--timeout', '1s']);
    await allAnnotated();
    api.before(({ verb }) => (verb === 'watch' ? new Promise(() => undefined) : undefined));
    await api.hangUp();
    await api.listen();
    await until('it to be missed', () => said(running, 'did not answer in time').length > 0);
    api.before(null);
    api.store.update(nodeObject(21));
    await until('the Node to be annotated again', () => isAnnotated(21));
  });

  it('waits for an etcd that is not there yet', async () => {
    const [port = 0] = await freePorts(1);
    const running = watch('v3', [], `http://127.0.0.1:${port}`);
    await until('it to miss etcd', () => said(running, 'nothing listens there').length > 0);
    expect(running.child.exitCode).toBeNull();
  });

  it('tells in words what it does where nobody wants JSON', async () => {
    const running = watch('v3', ['--log-format', 'text']);
    await allAnnotated();
    await until('it to be said', () => /annotated/.test(running.stderr()));
    expect(running.stderr()).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z info {2}keeping leases and annotations of site-a\n/,
    );
    expect(running.stderr()).toMatch(/Z info {2}annotated node-21 and 1 more nodes=2\n/);
  });

  it.each([
    [['--keep', 'all'], 64, '--keep all is none of leases, annotations'],
    [['-f', '-'], 64, 'cannot be standard input'],
    [['--listen', 'here'], 64, '--listen here is no address'],
    [['-f', 'none.yaml'], 3, 'none.yaml is not there'],
  ])('does not begin with %j', async (args, exit, message) => {
    const { code, stderr } = await watch('v3', args).result;
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
  });
});
