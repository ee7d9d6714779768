import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Running, run, start, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PAIR, PREFIX } from '../support/sites.ts';
import { startV2Proxy, startV3Proxy } from '../support/write-proxy.ts';

const CONFIG = `${PREFIX}/config`;
const LEASE = `${PREFIX}/subnets/10.244.100.0-24`;
const SECOND_LEASE = `${PREFIX}/subnets/10.244.101.0-24`;
const NODE = `${PREFIX}/subnets/10.244.23.0-24`;
const OLD_CONFIG = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';
const SECOND_VALUE = LEASE_VALUE.replace('10.245', '10.246').replace('2e:db:2e', '2e:db:3e');
const NODE_VALUE = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44');

const validatePlan = new Ajv2020({ allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schemas/plan.schema.json', 'utf8')),
);

let etcd: Etcd;
let otherEtcd: Etcd;
beforeAll(async () => {
  [etcd, otherEtcd] = await Promise.all([startEtcd(), startEtcd()]);
});
afterAll(() => Promise.all([etcd.stop(), otherEtcd.stop()]));

describe.each(['v2', 'v3'] as const)('a plan saved from etcd %s', (api) => {
  let hand: Hand;
  let folder: string;
  const at = (endpoint: string, ...args: string[]) => {
    const settle = args[0] === 'apply' ? ['--settle', '50ms'] : [];
    return [...args, '--endpoints', endpoint, '--etcd-api', api, ...settle];
  };
  const command = (...args: string[]) => run(at(etcd.endpoints[0] ?? '', ...args), { cwd: folder });
  const wanted = {
    '/somebody/else': { value: 'untouched', expires: false },
    [CONFIG]: { value: CONFIG_VALUE, expires: false },
    [LEASE]: { value: LEASE_VALUE, expires: false },
    [SECOND_LEASE]: { value: SECOND_VALUE, expires: false },
    [NODE]: { value: NODE_VALUE, expires: true },
  };

  beforeEach(async () => {
    hand = handOf(etcd, api);
    folder = temporaryFolder({ 'flannel-bigip.yaml': PAIR });
    for (const key of Object.keys(await hand.all())) hand.remove(key);
    hand.put('/somebody/else', 'untouched');
    hand.put(CONFIG, OLD_CONFIG);
    hand.put(NODE, NODE_VALUE, 3600);
    const { code } = await command('diff', '--save', 'plan.json');
    expect(code).toBe(2);
  });

  it('tells a script what it holds, as its schema says, and only its owner may read it', () => {
    const file = path.join(folder, 'plan.json');
    const plan = JSON.parse(readFileSync(file, 'utf8'));

    expect(validatePlan(plan)).toBe(true);
    expect(plan.summary).toEqual({
      inSync: false,
      add: 2,
      change: 1,
      remove: 0,
      rewrite: 0,
      errors: 0,
      dangers: 0,
    });
    expect(Object.keys(plan.read).toSorted()).toEqual([CONFIG, NODE]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is carried out exactly, without a question and whatever the site file says now', async () => {
    writeFileSync(
      path.join(folder, 'flannel-bigip.yaml'),
      PAIR.replace('10.1.10.245', '10.1.10.9'),
    );

    const applied = await command('apply', '--plan', 'plan.json');
    const keys = await hand.all();
    const again = await command('apply', '--plan', 'plan.json');

    expect([applied.code, again.code]).toEqual([0, 0]);
    expect(applied.stdout).toContain('Applied and read back: 3 changes.');
    expect(again.stdout).toContain('Nothing to do');
    expect(keys).toEqual(wanted);
    expect(await hand.all()).toEqual(wanted);
  });

  it('is still good when a node has only renewed its lease', async () => {
    hand.put(NODE, NODE_VALUE, 7200);

    const { code } = await command('apply', '--plan', 'plan.json');

    expect(code).toBe(0);
    expect(await hand.all()).toEqual(wanted);
  });

  it.each([
    ['the config was written again', () => hand.put(CONFIG, OLD_CONFIG), CONFIG],
    ['somebody made the lease', () => hand.put(LEASE, SECOND_VALUE), LEASE],
    [
      'a node came',
      () => hand.put(SECOND_LEASE.replace('101', '24'), NODE_VALUE, 3600),
      '10.244.24.0-24',
    ],
    ['a node went', () => hand.remove(NODE), NODE],
    [
      'a node has another MAC',
      () => hand.put(NODE, NODE_VALUE.replace('0c:44', '0c:45'), 3600),
      NODE,
    ],
    ['a lease has lost its expiry', () => hand.put(NODE, NODE_VALUE), NODE],
  ])('is refused when %s, and nothing is changed', async (_, move, key) => {
    move();
    const before = await hand.all();

    const { code, stdout, stderr } = await command('apply', '--plan', 'plan.json');

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(key);
    expect(stderr).toContain('moved since the plan was made; nothing was changed. Make a new plan');
    expect(await hand.all()).toEqual(before);
  });

  it('is refused at another cluster', async () => {
    const { code, stderr } = await run(
      at(otherEtcd.endpoints[0] ?? '', 'apply', '--plan', 'plan.json'),
      { cwd: folder },
    );

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: the plan is for another network: cluster [0-9a-f]+, not/);
    expect(await handOf(otherEtcd, api).all()).toEqual({});
  });

  it.each([1, 2, 3])('killed at its write %i goes on from there', async (write) => {
    let running: Running | undefined;
    const startProxy = api === 'v2' ? startV2Proxy : startV3Proxy;
    const proxy = await startProxy(etcd.endpoints[0] ?? '', async (count, moment) => {
      if (count !== write || moment !== 'after') return undefined;
      running?.child.kill('SIGKILL');
      await running?.result;
      return 'drop';
    });
    running = start(at(proxy.endpoint, 'apply', '--plan', 'plan.json'), { cwd: folder });
    const killed = await running.result;
    await proxy.stop();

    const { code } = await command('apply', '--plan', 'plan.json');

    expect([killed.signal, code]).toEqual(['SIGKILL', 0]);
    expect(await hand.all()).toEqual(wanted);
  });

  it('that endangers nodes still wants the name', async () => {
    hand.put(CONFIG, CONFIG_VALUE.replace('}}', ',"VNI":7}}'));
    await command('diff', '--save', 'plan.json');
    const before = await hand.all();

    const refused = await command('apply', '--plan', 'plan.json');
    const keysAfter = await hand.all();
    const confirmed = await command('apply', '--plan', 'plan.json', '--confirm', 'site-a');

    expect([refused.code, confirmed.code]).toEqual([64, 0]);
    expect(refused.stderr).toContain('VNI changes from 7 to 1 under 1 living node');
    expect(keysAfter).toEqual(before);
    expect(await hand.all()).toEqual(wanted);
  });
});

describe('apply --plan', () => {
  it.each([
    ['text', 'hello', 'it is no JSON'],
    ['another document', '{"kind":"Site"}', "it must have required property 'apiVersion'"],
  ])('refuses %s', async (_, text, why) => {
    const folder = temporaryFolder({ 'plan.json': text });

    const { code, stderr } = await run(['apply', '--plan', 'plan.json'], { cwd: folder });

    expect(code).toBe(3);
    expect(stderr).toBe(`error: plan.json is no saved plan: ${why}. Make one with diff --save\n`);
  });

  it('is made with a name: standard output has the difference already', async () => {
    const folder = temporaryFolder({ 'flannel-bigip.yaml': PAIR });
    const args = ['diff', '--save', '-', '--endpoints', 'file:etcd.json'];

    expect(await run(args, { cwd: folder })).toEqual({
      code: 64,
      signal: null,
      stdout: '',
      stderr:
        'error: --save - names no file, and standard output shows the difference. Name one, e.g. --save plan.json\n',
    });
    expect(existsSync(path.join(folder, '-'))).toBe(false);
  });

  it.each([
    '/somebody/else',
    `${PREFIX}/subnets/../../../somebody/else`,
    `${PREFIX}/subnets/./10.244.100.0-24`,
    `${PREFIX}/subnets/`,
    `${PREFIX}/config`,
  ])('refuses to write a lease to %s', async (key) => {
    const folder = temporaryFolder({ 'flannel-bigip.yaml': PAIR });
    const at = ['--endpoints', 'file:etcd.json'];
    await run(['diff', '--save', 'plan.json', ...at], { cwd: folder });
    const file = path.join(folder, 'plan.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(LEASE, key));

    const { code, stderr } = await run(['apply', '--plan', 'plan.json', ...at], { cwd: folder });

    expect(code).toBe(3);
    expect(stderr).toBe(
      `error: plan.json is no saved plan: "${key}" is none of its network's keys. Make one with diff --save\n`,
    );
    expect(existsSync(path.join(folder, 'etcd.json'))).toBe(false);
  });

  it.each(['--prune', '--rewrite'])(
    'takes no %s, which is decided when the plan is made',
    async (flag) => {
      const { code, stderr } = await run(['apply', '--plan', 'plan.json', flag]);

      expect(code).toBe(64);
      expect(stderr).toContain(`${flag} is nothing for a plan that is made already`);
    },
  );
});
