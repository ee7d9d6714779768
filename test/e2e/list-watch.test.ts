import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { QUOTED, type Running, run, start, temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment, type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';
import { startLossyProxy } from '../support/store-proxy.ts';
import { openTerminal } from '../support/terminal.ts';
import { until } from '../support/wait.ts';

const NODE = `${PREFIX}/subnets/10.244.23.0-24`;
const BIGIP = `${PREFIX}/subnets/10.244.100.0-24`;
const NODE_VALUE = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44');

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** What it has said on stdout so far, in whole lines. */
function linesOf(running: Running): () => string[] {
  let text = '';
  running.child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  return () => text.split('\n').slice(0, -1);
}

describe.each(['v2', 'v3'] as const)('list --watch on etcd %s', (api) => {
  let hand: Hand;
  let cwd: string;
  const options = (endpoint = etcd.endpoints[0] ?? '') => [
    '--endpoints',
    endpoint,
    '--etcd-api',
    api,
  ];

  beforeEach(async () => {
    hand = handOf(etcd, api);
    cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    for (const key of Object.keys(await hand.all())) hand.remove(key);
    hand.put(`${PREFIX}/config`, CONFIG_VALUE);
    hand.put(BIGIP, LEASE_VALUE);
  });

  it('prints one JSON object a change, and ends with 130 on SIGINT', async () => {
    const running = start(['list', '--watch', '-o', 'json', ...options()], { cwd });
    const lines = linesOf(running);
    await until('the first lines', () => lines().length === 2);
    hand.put(NODE, NODE_VALUE);
    await until('the new lease', () => lines().length === 3);
    hand.put(`${PREFIX}/config`, CONFIG_VALUE.replace('10.244.99.0', '10.244.22.0'));
    await until('the config and what it does to the lease', () => lines().length === 5);
    hand.remove(NODE);
    await until('the removal', () => lines().length === 6);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.result;

    const list = await run(['list', '-o', 'json', ...options()], { cwd });
    const [bigip] = JSON.parse(list.stdout);
    const events = lines().map((line) => JSON.parse(line));
    const node = events[2].lease;
    const config = JSON.parse(CONFIG_VALUE);
    expect(events).toEqual([
      { event: 'config', config },
      { event: 'added', lease: bigip },
      {
        event: 'added',
        lease: { ...node, kind: 'reservation', key: NODE, inAllocationRange: true },
      },
      { event: 'config', config: { ...config, SubnetMax: '10.244.22.0' } },
      { event: 'changed', lease: { ...node, inAllocationRange: false } },
      { event: 'removed', lease: { ...node, inAllocationRange: false } },
    ]);
    expect([code, stderr]).toEqual([130, '']);
  });

  it('prints rows of one table in a pipe', async () => {
    const running = start(['list', '-w', ...options()], { cwd });
    const lines = linesOf(running);
    await until('the first lines', () => lines().length === 3);
    hand.put(NODE, NODE_VALUE);
    await until('the new lease', () => lines().length === 4);
    hand.remove(NODE);
    await until('the removal', () => lines().length === 5);
    running.child.kill('SIGTERM');

    expect((await running.result).code).toBe(130);
    expect(lines()).toEqual([
      'EVENT    SUBNET              PUBLIC IP        BACKEND  VTEP MAC           VNI  EXPIRES  KIND         NAME     IN RANGE  PROBLEMS',
      'config   10.244.0.0/16       -                -        -                  -    -        -            -        -         -',
      'added    10.244.100.0/24     10.1.10.245      vxlan    00:0c:29:2e:db:2e  -    never    bigip        bigip-1  no        -',
      'added    10.244.23.0/24      10.1.10.151      vxlan    5a:7d:2e:91:0c:44  1    never    reservation  -        yes       -',
      'removed  10.244.23.0/24      10.1.10.151      vxlan    5a:7d:2e:91:0c:44  1    never    reservation  -        yes       -',
    ]);
  });

  it('says on stderr that etcd has gone and that it is back, and goes on', async () => {
    const proxy = await startLossyProxy(etcd.endpoints[0] ?? '');
    const running = start(['list', '-w', '-o', 'json', ...options(proxy.endpoint)], { cwd });
    const lines = linesOf(running);
    await until('the first lines', () => lines().length === 2);
    proxy.block();
    await until('the loss', () => running.stderr().includes('lost'));
    hand.put(NODE, NODE_VALUE);
    proxy.cut();
    await until('the new lease', () => lines().length === 3);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.result;
    await proxy.stop();

    const store = `etcd ${api} at ${proxy.endpoint}`;
    const host = new URL(proxy.endpoint).host;
    expect([code, stderr]).toEqual([
      130,
      `lost ${store}, trying again: etcd at ${host} closed the connection\n${store} answers again\n`,
    ]);
  });

  it('keeps a picture current on a terminal, and leaves the last one there on Ctrl-C', async () => {
    const terminal = openTerminal(['list', '-w', '-o', 'map', ...options()], cwd);
    await terminal.shows('90 of 90 subnets left');
    hand.put(NODE, NODE_VALUE, 60);
    await terminal.shows('89 of 90 subnets left');
    terminal.types('\u0003');
    const { code, screen } = await terminal.ended;

    expect(code).toBe(130);
    expect(screen).toContain(`etcd ${api} at ${etcd.endpoints[0]}, last change at `);
  });

  it('ends without a word at the first change that nobody reads', async () => {
    const command = `${QUOTED} list -w ${options().join(' ')} | head -1`;
    const shell = spawn('bash', ['-c', `set -o pipefail; ${command}`], {
      cwd,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    const ended = new Promise((done) => shell.once('close', done));
    await until('the header', () => said.includes('PROBLEMS'));
    // The first write after head has gone shows it; head takes a moment to go.
    let changes = 0;
    await until('the end', () => {
      if (shell.exitCode === null) hand.put(NODE, NODE_VALUE, 60 + changes++);
      return shell.exitCode !== null;
    });

    expect(await ended).toBe(0);
    expect(said).toMatch(/^EVENT .*PROBLEMS\n$/);
  });
});

describe('list --watch', () => {
  it('follows a file that others replace or write', async () => {
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    const store = ['--endpoints', 'file:store.json'];
    const running = start(['list', '-w', '-o', 'json', ...store], { cwd });
    const lines = linesOf(running);
    await until('the first line', () => lines().length === 1);
    const applied = await run(['apply', '--yes', ...store], { cwd });
    await until('what apply wrote', () => lines().length >= 3);
    writeFileSync(path.join(cwd, 'new.json'), '{"flannelBigipStore":1,"revision":9,"keys":{}}');
    renameSync(path.join(cwd, 'new.json'), path.join(cwd, 'store.json'));
    await until('that all is gone', () => lines().length >= 5);
    writeFileSync(path.join(cwd, 'store.json'), 'no JSON');
    await until('the loss', () => running.stderr().includes('lost'));
    writeFileSync(path.join(cwd, 'store.json'), '{"flannelBigipStore":1,"revision":9,"keys":{}}');
    await until('that it is back', () => running.stderr().includes('again\n'));
    running.child.kill('SIGINT');
    await running.result;

    expect(applied.code).toBe(0);
    const file = path.join(cwd, 'store.json');
    const said = `file ${file} (not there yet, taken as empty)`;
    expect(lines().map((line) => JSON.parse(line).event)).toEqual([
      'config',
      'config',
      'added',
      'config',
      'removed',
    ]);
    expect(running.stderr()).toBe(
      `lost ${said}, trying again: ${file} is no JSON\n${said} answers again\n`,
    );
  });

  it.each([
    [64, ['-o', 'yaml'], 'error: list --watch has no -o yaml. Use -o json\n'],
    [
      1,
      ['--endpoints', 'http://127.0.0.1:1', '--etcd-api', 'v3'],
      'error: etcd at 127.0.0.1:1 refuses the connection: nothing listens there. Check the address and that etcd runs\n',
    ],
  ])('fails with %i at once with %j', async (code, args, stderr) => {
    const cwd = temporaryFolder();
    expect(await run(['list', '--watch', ...args], { cwd })).toEqual({
      code,
      signal: null,
      stdout: '',
      stderr,
    });
  });
});
