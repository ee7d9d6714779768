import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';

const CONFIG = `${PREFIX}/config`;
const LEASE = `${PREFIX}/subnets/10.244.100.0-24`;
const OTHER_LEASE = `${PREFIX}/subnets/10.244.101.0-24`;
const NODE = `${PREFIX}/subnets/10.244.23.0-24`;
const NODE_VALUE = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44');
const NEWER_NODE_VALUE = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:45');
const OTHER_VALUE = LEASE_VALUE.replace('10.245', '10.246').replace('2e:db:2e', '2e:db:3e');
const FOREIGN = { '/somebody/else': { value: 'untouched', expires: false } };

const validateBackup = new Ajv2020().compile(
  JSON.parse(readFileSync('schemas/backup.schema.json', 'utf8')),
);

let etcd: Etcd;
let otherEtcd: Etcd;
beforeAll(async () => {
  [etcd, otherEtcd] = await Promise.all([startEtcd(), startEtcd()]);
});
afterAll(() => Promise.all([etcd.stop(), otherEtcd.stop()]));

describe.each(['v2', 'v3'] as const)('a backup of etcd %s', (api) => {
  let hand: Hand;
  let folder: string;
  const at = (server: Etcd, ...args: string[]) => {
    const settle = args[0] === 'restore' ? ['--settle', '0'] : [];
    const connection = ['--endpoints', server.endpoints.join(','), '--etcd-api', api];
    return run([...args, ...connection, ...settle], { cwd: folder });
  };
  const command = (...args: string[]) => at(etcd, ...args);

  beforeEach(async () => {
    hand = handOf(etcd, api);
    folder = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    for (const server of [etcd, otherEtcd]) {
      const keys = handOf(server, api);
      for (const key of Object.keys(await keys.all())) keys.remove(key);
    }
    hand.put('/somebody/else', 'untouched');
    hand.put(CONFIG, CONFIG_VALUE);
    hand.put(LEASE, LEASE_VALUE);
    hand.put(NODE, NODE_VALUE, 3600);
  });

  it('holds every key with its time to live, as its schema says, for its owner only', async () => {
    const { code, stdout } = await command('backup', 'b.json');

    const file = path.join(folder, 'b.json');
    const backup = JSON.parse(readFileSync(file, 'utf8'));
    expect([code, stdout]).toEqual([
      0,
      `Kept the network config, 1 reservation, 1 lease of nodes of etcd ${api} at ${etcd.endpoints[0]} in b.json\n`,
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(validateBackup(backup)).toBe(true);
    const revision = expect.stringMatching(/^\d+$/);
    expect(backup).toEqual({
      apiVersion: 'flannel-bigip/v1',
      kind: 'Backup',
      createdAt: expect.any(String),
      store: `etcd ${api} at ${etcd.endpoints[0]}`,
      api,
      prefix: PREFIX,
      clusterId: expect.stringMatching(/^[0-9a-f]+$/),
      revision,
      config: { key: CONFIG, value: CONFIG_VALUE, revision, expires: false, ttl: null },
      leases: expect.arrayContaining([
        { key: LEASE, value: LEASE_VALUE, revision, expires: false, ttl: null },
        { key: NODE, value: NODE_VALUE, revision, expires: true, ttl: expect.closeTo(3600, -2) },
      ]),
    });
    expect(backup.leases).toHaveLength(2);
  });

  it('puts config and reservations back to the last character, and takes nothing away', async () => {
    await command('backup', 'b.json');
    const kept = await hand.all();
    hand.put(CONFIG, `${CONFIG_VALUE} `);
    hand.put(LEASE, OTHER_VALUE);
    hand.put(OTHER_LEASE, OTHER_VALUE.replace('10.246', '10.247'));
    const added = (await hand.all())[OTHER_LEASE];

    const shown = await command('restore', 'b.json', '--dry-run');
    const unchanged = await hand.all();
    const restored = await command('restore', 'b.json', '--yes');
    const again = await command('restore', 'b.json', '--yes');

    expect([shown.code, restored.code, again.code]).toEqual([0, 0, 0]);
    expect(unchanged[LEASE]).toEqual({ value: OTHER_VALUE, expires: false });
    expect(await hand.all()).toEqual({ ...kept, [OTHER_LEASE]: added });
    expect(restored.stdout).toContain('Restored and read back: 2 keys.');
    expect(restored.stdout).toContain('[not-in-backup]');
    expect(again.stdout).toContain('Nothing to do');
  });

  it('leaves leases of nodes out unless they are wanted, and then grants them a whole day', async () => {
    await command('backup', 'b.json');
    for (const key of [CONFIG, LEASE, NODE]) hand.remove(key);

    const without = await command('restore', 'b.json', '--yes');
    const keysWithout = await hand.all();
    const included = await command('restore', 'b.json', '--yes', '--include-nodes');
    const listed = await command('list', '--ttl', '-o', 'json');

    const back = {
      ...FOREIGN,
      [CONFIG]: { value: CONFIG_VALUE, expires: false },
      [LEASE]: { value: LEASE_VALUE, expires: false },
    };
    expect([without.code, included.code]).toEqual([0, 0]);
    expect(keysWithout).toEqual(back);
    expect(await hand.all()).toEqual({ ...back, [NODE]: { value: NODE_VALUE, expires: true } });
    const [node] = JSON.parse(listed.stdout);
    expect(node.ttl).toBeGreaterThan(86_000);
    expect(node.ttl).toBeLessThanOrEqual(86_400);
  });

  it('never overwrites what a living node has written since', async () => {
    await command('backup', 'b.json');
    hand.put(NODE, NEWER_NODE_VALUE, 3600);
    const before = await hand.all();

    const { code, stdout } = await command('restore', 'b.json', '--yes', '--include-nodes');

    expect(code).toBe(0);
    expect(stdout).toContain('10.244.23.0-24 is held by a newer lease, which stays [newer-lease]');
    expect(await hand.all()).toEqual(before);
  });

  it('refuses a reservation whose subnet a node holds now, and changes nothing', async () => {
    await command('backup', 'b.json');
    hand.put(CONFIG, '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}');
    hand.remove(LEASE);
    hand.put(LEASE, NODE_VALUE, 3600);
    const before = await hand.all();

    const { code, stderr } = await command('restore', 'b.json', '--yes');

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: refused, nothing was changed: 10\.244\.100\.0-24 has addresses/,
    );
    expect(await hand.all()).toEqual(before);
  });

  it('wants the name when living nodes would lose their subnet by the config that comes back', async () => {
    hand.put(CONFIG, CONFIG_VALUE.replace('10.244.10.0', '10.244.50.0'));
    await command('backup', 'b.json');
    hand.put(CONFIG, CONFIG_VALUE);
    const before = await hand.all();

    const refused = await command('restore', 'b.json', '--yes');
    const keysAfter = await hand.all();
    const confirmed = await command('restore', 'b.json', '--confirm', 'site-a');

    expect([refused.code, confirmed.code]).toEqual([64, 0]);
    expect(refused.stderr).toContain('Pass --confirm site-a');
    expect(keysAfter).toEqual(before);
  });

  it('of another cluster is refused unless that is meant', async () => {
    await command('backup', 'b.json');

    const refused = await at(otherEtcd, 'restore', 'b.json', '--yes');
    const nothing = await handOf(otherEtcd, api).all();
    const meant = await at(otherEtcd, 'restore', 'b.json', '--yes', '--other-cluster');

    expect([refused.code, meant.code]).toEqual([1, 0]);
    expect(refused.stderr).toMatch(
      /^error: the backup is of another network: cluster [0-9a-f]+, not [0-9a-f]+; nothing was changed\. Pass --other-cluster/,
    );
    expect(nothing).toEqual({});
    expect(await handOf(otherEtcd, api).all()).toEqual({
      [CONFIG]: { value: CONFIG_VALUE, expires: false },
      [LEASE]: { value: LEASE_VALUE, expires: false },
    });
  });

  it('goes under another prefix when that is meant', async () => {
    await command('backup', 'b.json');
    const before = await hand.all();

    const { code } = await command(
      'restore',
      'b.json',
      '--yes',
      '--other-cluster',
      '--prefix',
      '/n',
    );

    expect(code).toBe(0);
    expect(await hand.all()).toEqual({
      ...before,
      '/n/config': { value: CONFIG_VALUE, expires: false },
      '/n/subnets/10.244.100.0-24': { value: LEASE_VALUE, expires: false },
    });
  });

  it('brings back what apply has overwritten', async () => {
    hand.put(LEASE, OTHER_VALUE);
    const before = await hand.all();
    const applied = await command('apply', '--yes');
    const [file] = readdirSync(path.join(folder, 'state/flannel-bigip/backups'));

    const restored = await command(
      'restore',
      path.join(folder, 'state/flannel-bigip/backups', file ?? ''),
      '--yes',
    );

    expect([applied.code, restored.code]).toEqual([0, 0]);
    expect(await hand.all()).toEqual(before);
  });
});

describe('the folder of backups', () => {
  const STORE = 'file:store.json';
  let folder: string;
  let backups: string;
  const command = (...args: string[]) => run(args, { cwd: folder });
  const files = () => (existsSync(backups) ? readdirSync(backups).sort() : []);

  beforeEach(async () => {
    folder = temporaryFolder();
    backups = path.join(folder, 'state/flannel-bigip/backups');
    for (let n = 0; n < 3; n++) {
      const { code } = await command('backup', '--endpoints', STORE);
      expect(code).toBe(0);
    }
  });

  it('is listed the oldest first, with what cannot be read', async () => {
    writeFileSync(path.join(backups, '2020-01-01T00-00-00.000Z-1.json'), '{}');
    writeFileSync(path.join(backups, 'notes.txt'), 'mine');

    const { code, stdout } = await command('backup', 'list', '-o', 'json');

    const made = files().slice(1, 4);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      { file: path.join(backups, '2020-01-01T00-00-00.000Z-1.json'), size: 2 },
      ...made.map((name) => ({
        file: path.join(backups, name),
        size: expect.any(Number),
        createdAt: expect.any(String),
        store: 'file /'.concat(
          path.join(folder, 'store.json').slice(1),
          ' (not there yet, taken as empty)',
        ),
        api: 'file',
        prefix: PREFIX,
        clusterId: null,
        revision: '0',
        config: false,
        reservations: 0,
        nodes: 0,
      })),
    ]);
  });

  it('is pruned down to the newest, and nothing that is none of its own goes', async () => {
    writeFileSync(path.join(backups, 'notes.json'), 'mine');
    writeFileSync(path.join(backups, '2020-01-01T00-00-00.000Z-1.json'), 'no backup');
    const before = files();

    const dry = await command('backup', 'prune', '--keep', '1', '--dry-run');
    const afterDry = files();
    const pruned = await command('backup', 'prune', '--keep', '1');

    expect([dry.code, pruned.code]).toEqual([0, 0]);
    expect(dry.stdout).toBe(`2 of 4 backups in ${backups} would be deleted\n`);
    expect(afterDry).toEqual(before);
    expect(files()).toEqual([before[0], before[3], 'notes.json']);
  });

  it('keeps what is younger than the age given', async () => {
    const none = await command('backup', 'prune', '--older-than', '30d');
    const all = await command('backup', 'prune', '--older-than', '0', '--keep', '0');

    expect(none.stdout).toBe(`0 of 3 backups in ${backups} deleted\n`);
    expect(all.stdout).toBe(`3 of 3 backups in ${backups} deleted\n`);
    expect(files()).toEqual([]);
  });

  it.each([
    [['backup', 'prune'], 'backup prune deletes nothing without being told what'],
    [['backup', 'prune', '--keep', 'all'], '--keep all is no number'],
    [['backup', 'prune', '--older-than', 'yesterday'], '--older-than yesterday is no age'],
    [['backup', 'a.json', 'b.json'], 'backup takes one file, not also "b.json"'],
    [['restore', 'a.json', 'b.json'], 'restore takes one backup, not also "b.json"'],
    [['restore'], 'restore <FILE>: nothing is named'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stderr } = await command(...args);

    expect(code).toBe(64);
    expect(stderr).toContain(`error: ${message}`);
    expect(files()).toHaveLength(3);
  });

  it('is not what a file of your own is overwritten with', async () => {
    writeFileSync(path.join(folder, 'mine.json'), 'precious');

    const refused = await command('backup', 'mine.json', '--endpoints', STORE);
    const text = readFileSync(path.join(folder, 'mine.json'), 'utf8');
    const forced = await command('backup', 'mine.json', '--force', '--endpoints', STORE);

    expect([refused.code, forced.code]).toEqual([1, 0]);
    expect(refused.stderr).toMatch(/^error: mine\.json is there already\./);
    expect(text).toBe('precious');
  });
});

describe('a file that is no backup', () => {
  const BACKUP = {
    apiVersion: 'flannel-bigip/v1',
    kind: 'Backup',
    createdAt: '2026-11-23T21:00:00.000Z',
    store: 'file store.json',
    api: 'file',
    prefix: PREFIX,
    clusterId: null,
    revision: '1',
    config: { key: CONFIG, value: CONFIG_VALUE, revision: '1', expires: false, ttl: null },
    leases: [{ key: LEASE, value: LEASE_VALUE, revision: '1', expires: false, ttl: null }],
  };
  const [lease] = BACKUP.leases;

  it.each([
    ['text', 'hello', 'it is no JSON'],
    ['another document', '{}', "it must have required property 'apiVersion'"],
    ['a list', '[]', 'it must be object'],
    [
      'a key outside',
      { ...BACKUP, leases: [{ ...lease, key: '/etc/passwd' }] },
      '"/etc/passwd" is not under',
    ],
    [
      'a way out',
      { ...BACKUP, leases: [{ ...lease, key: `${PREFIX}/subnets/../../other` }] },
      `"${PREFIX}/subnets/../../other" is not under`,
    ],
    ['a key twice', { ...BACKUP, leases: [lease, lease] }, 'it holds a key twice'],
    [
      'another config',
      { ...BACKUP, config: { ...BACKUP.config, key: '/x' } },
      'its config is "/x"',
    ],
    ['more than it should', { ...BACKUP, password: 'x' }, 'it has the unknown key "password"'],
  ])('with %s is refused, and nothing is written', async (_, content, why) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const folder = temporaryFolder({ 'b.json': text });

    const { code, stderr } = await run(
      ['restore', 'b.json', '--yes', '--endpoints', 'file:store.json'],
      { cwd: folder },
    );

    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: b\.json is no backup: /);
    expect(stderr).toContain(why);
    expect(existsSync(path.join(folder, 'store.json'))).toBe(false);
  });
});
