import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';

const LEASE_KEY = `${PREFIX}/subnets/10.244.100.0-24`;
const NODE_KEY = `${PREFIX}/subnets/10.244.23.0-24`;
const NODE_VALUE = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44');

const LISTED_NODE = {
  subnet: '10.244.23.0/24',
  ipv6Subnet: null,
  publicIP: '10.1.10.151',
  publicIPv6: null,
  backendType: 'vxlan',
  vtepMAC: '5a:7d:2e:91:0c:44',
  vtepMACv6: null,
  vni: 1,
  expires: true,
  kind: 'node',
  name: null,
  inAllocationRange: true,
  key: NODE_KEY,
  problems: [],
};

const LISTED_BIGIP = {
  subnet: '10.244.100.0/24',
  ipv6Subnet: null,
  publicIP: '10.1.10.245',
  publicIPv6: null,
  backendType: 'vxlan',
  vtepMAC: '00:0c:29:2e:db:2e',
  vtepMACv6: null,
  vni: null,
  expires: false,
  ttl: null,
  kind: 'bigip',
  name: 'bigip-1',
  inAllocationRange: false,
  key: LEASE_KEY,
  problems: [],
};

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

describe.each(['v2', 'v3'] as const)('onboarding a BIG-IP on etcd %s', (api) => {
  let hand: Hand;
  let folder: string;
  const command = (...args: string[]) =>
    run([...args, '--endpoints', etcd.endpoints.join(','), '--etcd-api', api], { cwd: folder });

  beforeEach(async () => {
    hand = handOf(etcd, api);
    folder = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    for (const key of Object.keys(await hand.all())) hand.remove(key);
    hand.put('/somebody/else', 'untouched');
  });

  it('writes config and lease as flannel wants them, and then finds nothing to do', async () => {
    hand.put(NODE_KEY, NODE_VALUE, 3600);

    const before = await command('diff');
    const applied = await command('apply', '--yes');
    const after = await command('diff');
    const again = await command('apply', '--yes');

    expect([before.code, applied.code, after.code, again.code]).toEqual([2, 0, 0, 0]);
    expect([before.stderr, applied.stderr, after.stderr, again.stderr]).toEqual(['', '', '', '']);
    expect(applied.stdout).toContain('Applied and read back: 2 changes.');
    expect(again.stdout).toContain('Nothing to do: live state is as declared.');
    expect(await hand.all()).toEqual({
      '/somebody/else': { value: 'untouched', expires: false },
      [`${PREFIX}/config`]: { value: CONFIG_VALUE, expires: false },
      [LEASE_KEY]: { value: LEASE_VALUE, expires: false },
      [NODE_KEY]: { value: NODE_VALUE, expires: true },
    });
  });

  it('says in JSON what would change, and nothing else on stdout', async () => {
    const { code, stdout } = await command('diff', '-o', 'json');

    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      inSync: false,
      changes: [
        {
          action: 'create',
          kind: 'config',
          key: `${PREFIX}/config`,
          before: null,
          after: JSON.parse(CONFIG_VALUE),
        },
        {
          action: 'create',
          kind: 'lease',
          key: LEASE_KEY,
          before: null,
          after: JSON.parse(LEASE_VALUE),
        },
      ],
      problems: [
        {
          rule: 'new-network',
          severity: 'warning',
          message: `nothing is live under ${PREFIX}: this makes a new network`,
          key: `${PREFIX}/config`,
          fix: null,
        },
      ],
    });
  });

  it('lists nodes and BIG-IPs by address, with the TTL where it is asked for', async () => {
    hand.put(NODE_KEY, NODE_VALUE, 1800);
    await command('apply', '--yes');

    const plain = JSON.parse((await command('list', '-o', 'json')).stdout);
    const withTtl = JSON.parse((await command('list', '-o', 'json', '--ttl')).stdout);
    const wide = (await command('list', '-o', 'wide')).stdout;

    expect(plain).toEqual([
      { ...LISTED_NODE, ttl: api === 'v2' ? expect.any(Number) : null },
      LISTED_BIGIP,
    ]);
    expect(withTtl).toEqual([{ ...LISTED_NODE, ttl: expect.any(Number) }, LISTED_BIGIP]);
    expect(withTtl[0].ttl).toBeGreaterThan(1700);
    expect(wide).toMatch(/SUBNET .* TTL +KEY\n10\.244\.23\.0\/24 .* (29m\d\ds|30m00s) +\/coreos/);
  });

  it('calls the BIG-IP a reservation where no site file names it', async () => {
    await command('apply', '--yes');

    const elsewhere = await run(
      ['list', '-o', 'json', '--endpoints', etcd.endpoints.join(','), '--etcd-api', api],
      { cwd: temporaryFolder() },
    );

    expect(JSON.parse(elsewhere.stdout)).toEqual([
      { ...LISTED_BIGIP, kind: 'reservation', name: null },
    ]);
  });

  it('takes the TTL off a lease of the BIG-IP that would expire', async () => {
    hand.put(`${PREFIX}/config`, CONFIG_VALUE);
    hand.put(LEASE_KEY, LEASE_VALUE, 600);

    const applied = await command('apply', '--yes', '-o', 'json');

    expect(applied.code).toBe(0);
    expect(JSON.parse(applied.stdout)).toMatchObject({
      outcome: 'applied',
      changes: [
        {
          action: 'update',
          fields: [{ field: 'expires', before: true, after: false }],
          status: 'done',
        },
      ],
    });
    expect((await hand.all())[LEASE_KEY]).toEqual({ value: LEASE_VALUE, expires: false });
  });

  it('leaves a value alone that means the same in another spelling', async () => {
    const config =
      '{ "Backend": {"type":"vxlan","VNI":1}, "SubnetMax":"10.244.99.0",\n "SubnetMin":"10.244.10.0", "Network":"10.244.0.0/16" }';
    const lease =
      '{"BackendData": {"VNI":1, "VtepMAC":"00:0C:29:2E:DB:2E"}, "PublicIP": "10.1.10.245", "BackendType":"vxlan"}';
    hand.put(`${PREFIX}/config`, config);
    hand.put(LEASE_KEY, lease);

    const applied = await command('apply', '--yes');

    expect(applied.code).toBe(0);
    expect((await hand.all())[LEASE_KEY]?.value).toBe(lease);
    expect((await hand.all())[`${PREFIX}/config`]?.value).toBe(config);
  });

  it('keeps what it replaces in a file that only its owner may read', async () => {
    hand.put(`${PREFIX}/config`, '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}');
    hand.put(LEASE_KEY, LEASE_VALUE.replace('2e"}}', '99"}}'));

    const { stdout } = await command('apply', '--yes', '-o', 'json');
    const { backup } = JSON.parse(stdout);

    expect(statSync(backup).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(backup, 'utf8'))).toMatchObject({
      kind: 'Backup',
      api,
      prefix: PREFIX,
      config: { value: '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}' },
      leases: [{ key: LEASE_KEY, value: LEASE_VALUE.replace('2e"}}', '99"}}') }],
    });
  });

  it('writes an equal lease again with --rewrite, for nodes that missed it', async () => {
    await command('apply', '--yes');

    const rewritten = await command('apply', '--yes', '--rewrite', '-o', 'json');

    expect(rewritten.code).toBe(0);
    expect(JSON.parse(rewritten.stdout)).toMatchObject({
      outcome: 'applied',
      changes: [{ action: 'rewrite', key: LEASE_KEY, status: 'done' }],
    });
    expect((await hand.all())[LEASE_KEY]).toEqual({ value: LEASE_VALUE, expires: false });
  });

  it('writes nothing when the values before cannot be kept', async () => {
    hand.put(LEASE_KEY, LEASE_VALUE.replace('2e"}}', '99"}}'));
    const before = await hand.all();

    const refused = await command('apply', '--yes', '--backup-dir', '/proc/none/such');

    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^error: \/proc\/none\/such\/\S+ cannot be written \(ENOENT\), so nothing was changed\./,
    );
    expect(await hand.all()).toEqual(before);
  });

  it('writes nothing in a dry run', async () => {
    const before = await hand.all();

    const dry = await command('apply', '--dry-run');

    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('Dry run: every guard holds, nothing was written.');
    expect(await hand.all()).toEqual(before);
  });

  it('removes a reservation by subnet, by name and by key, and says that it is still declared', async () => {
    for (const word of ['10.244.100.0/24', 'bigip-1', '10.244.100.0-24', LEASE_KEY]) {
      await command('apply', '--yes');

      const removed = await command('remove', word, '--yes');

      expect([word, removed.code]).toEqual([word, 0]);
      expect(removed.stdout).toContain('the site file still declares bigip-1');
      expect(Object.keys(await hand.all()).sort()).toEqual(
        [`${PREFIX}/config`, '/somebody/else'].sort(),
      );
    }
  });

  it('reports a removal in JSON, with what became of each lease', async () => {
    await command('apply', '--yes');

    const removed = await command('remove', 'bigip-1', '--yes', '-o', 'json');

    expect(JSON.parse(removed.stdout)).toMatchObject({
      outcome: 'applied',
      site: 'site-a',
      changes: [{ action: 'delete', key: LEASE_KEY, after: null, status: 'done' }],
      problems: [{ rule: 'still-declared' }],
      backup: expect.stringContaining('backups'),
    });
  });

  it('does not remove what is not there, unless that is no matter', async () => {
    const missing = await command('remove', '10.244.100.0/24', '--yes');
    const ignored = await command('remove', '10.244.100.0/24', '--yes', '--ignore-not-found');

    const json = await command('remove', '10.244.100.0/24', '--yes', '-o', 'json');
    expect([json.code, JSON.parse(json.stdout).outcome]).toEqual([1, 'refused']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/^error: there is no lease for 10\.244\.100\.0\/24 in etcd v/);
    expect(ignored.code).toBe(0);
  });

  it('does not remove the lease of a living node, unless forced', async () => {
    hand.put(NODE_KEY, NODE_VALUE, 3600);

    const refused = await command('remove', '10.244.23.0/24', '--yes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("a lease that expires is a living node's");
    expect(Object.keys(await hand.all())).toContain(NODE_KEY);

    const forced = await command('remove', '10.244.23.0/24', '--yes', '--force');
    expect(forced.code).toBe(0);
    expect(Object.keys(await hand.all())).not.toContain(NODE_KEY);
  });

  it('removes undeclared reservations only when told to prune', async () => {
    const stray = `${PREFIX}/subnets/10.244.120.0-24`;
    const value = nodeLease('10.1.10.250', '00:0c:29:00:00:01');
    hand.put(stray, value);

    const kept = await command('apply', '--yes', '-o', 'json');
    expect(JSON.parse(kept.stdout).problems).toMatchObject([
      { rule: 'undeclared-reservation', severity: 'warning', key: stray },
    ]);
    expect(Object.keys(await hand.all())).toContain(stray);

    const pruned = await command('apply', '--yes', '--prune', '-o', 'json');
    expect(pruned.code).toBe(0);
    expect(existsSync(JSON.parse(pruned.stdout).backup)).toBe(true);
    expect(Object.keys(await hand.all())).not.toContain(stray);
  });
});

describe.each([
  ['v3', 'v2', 'flannel up to v0.17'],
  ['v2', 'v3', 'flannel from v0.18 on'],
] as const)('a site file for etcd %s beside nodes that live in %s', (api, there, readers) => {
  it('warns in the plan, and of nothing once the nodes are where it says', async () => {
    const [here, other] = [handOf(etcd, api), handOf(etcd, there)];
    for (const hand of [here, other]) {
      for (const key of Object.keys(await hand.all())) hand.remove(key);
    }
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': `${SITE}etcd: { api: ${api} }\n` });
    const diff = async () => {
      const at = ['--endpoints', etcd.endpoints.join(','), '-o', 'json'];
      const { code, stdout, stderr } = await run(['diff', ...at], { cwd });
      const { problems } = JSON.parse(stdout) as { problems: { rule: string }[] };
      return { code, stderr, found: problems.filter(({ rule }) => rule === 'other-store-in-use') };
    };
    other.put(NODE_KEY, NODE_VALUE, 3600);
    const wrong = await diff();
    here.put(NODE_KEY, NODE_VALUE, 3600);
    const right = await diff();

    expect(wrong).toEqual({
      code: 2,
      stderr: '',
      found: [
        {
          rule: 'other-store-in-use',
          severity: 'warning',
          message: `1 living node has its lease in the ${there} store, which ${readers} reads: no flanneld there sees what this makes in ${api}`,
          key: null,
          fix: `--etcd-api ${there}, or etcd.api: ${there} in the site file, is for those`,
        },
      ],
    });
    expect(right).toEqual({ code: 2, stderr: '', found: [] });
  });
});

describe('a dual-stack site on etcd v3', () => {
  const KEY = `${PREFIX}/subnets/10.244.100.0-24&fd00:10:244:64::-64`;
  const VALUE =
    '{"PublicIP":"10.1.10.245","PublicIPv6":"2001:db8:1::245","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"},"BackendV6Data":{"VtepMAC":"00:0c:29:2e:db:2f"}}';

  it('gets a lease with both families, key and value as flannel wants them', async () => {
    for (const api of ['v2', 'v3'] as const) {
      const hand = handOf(etcd, api);
      for (const key of Object.keys(await hand.all())) hand.remove(key);
    }
    const hand = handOf(etcd, 'v3');
    const site = path.resolve('examples/dual-stack.yaml');
    const command = (...args: string[]) =>
      run([...args, '-f', site, '--endpoints', etcd.endpoints.join(',')], {
        cwd: temporaryFolder(),
      });

    const applied = await command('apply', '--yes');
    const listed = await command('list', '-o', 'json');
    const after = await command('diff');

    expect([applied.code, after.code]).toEqual([0, 0]);
    expect((await hand.all())[KEY]).toEqual({ value: VALUE, expires: false });
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        subnet: '10.244.100.0/24',
        ipv6Subnet: 'fd00:10:244:64::/64',
        publicIPv6: '2001:db8:1::245',
        vtepMACv6: '00:0c:29:2e:db:2f',
        kind: 'bigip',
        key: KEY,
      },
    ]);
    expect((await command('remove', 'fd00:10:244:64::/64', '--yes')).code).toBe(0);
    expect(Object.keys(await hand.all())).toEqual([`${PREFIX}/config`]);
  });
});
