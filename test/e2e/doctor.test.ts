import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { storeText } from '../support/bigip/site.ts';
import { run, start, temporaryFolder } from '../support/cli.ts';

const MAC = '00:0c:29:2e:db:2e';
const SITE = `apiVersion: flannel-bigip/v1
kind: Site
name: site-a
etcd: { endpoints: ["file:store.json"] }
network: { Network: 10.244.0.0/16, SubnetMin: 10.244.10.0, SubnetMax: 10.244.99.0, SubnetLen: 24, Backend: { Type: vxlan } }
bigips:
  - { name: bigip-1, subnet: 10.244.100.0/24, publicIP: 10.1.10.245, vtepMAC: "${MAC}", selfIP: 10.244.100.10 }
`;

interface Told {
  readonly ok: boolean;
  readonly checks: readonly { readonly id: string; readonly status: string }[];
}

function folderOf(leases: Readonly<Record<string, string>> = { '10.244.100.0': MAC }): string {
  return temporaryFolder({ 'flannel-bigip.yaml': SITE, 'store.json': storeText(leases) });
}

async function doctor(cwd: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await run(['doctor', '-o', 'json', ...args], { cwd });
  const { ok, checks } = JSON.parse(stdout) as Told;
  return { code, ok, stderr, failed: checks.filter(({ status }) => status === 'fail'), checks };
}

describe('doctor without a node, a cluster or a BIG-IP in reach', () => {
  it('checks etcd, and says why it skipped the rest', async () => {
    const { code, ok, failed, checks } = await doctor(folderOf());
    const statuses = new Set(checks.map(({ id, status }) => `${id.split('-')[0]} ${status}`));
    expect({ code, ok, failed, statuses }).toEqual({
      code: 0,
      ok: true,
      failed: [],
      statuses: new Set(['etcd pass', 'linux skip', 'bigip skip', 'nodes skip']),
    });
  });

  it('exits with 2 when a check fails', async () => {
    const { code, ok, failed } = await doctor(folderOf({}));
    expect({ code, ok, failed }).toMatchObject({
      code: 2,
      ok: false,
      failed: [{ id: 'etcd-bigip-lease', fix: ['flannel-bigip apply'] }],
    });
  });

  it('fails on this host when it must be a node', async () => {
    const { code, failed } = await doctor(folderOf(), '--host');
    expect({ code, id: failed[0]?.id }).toEqual({ code: 2, id: 'linux-node' });
  });

  it('fails on a cluster that is named and does not answer', async () => {
    const cwd = folderOf();
    writeFileSync(
      path.join(cwd, 'kubeconfig'),
      'apiVersion: v1\nkind: Config\nclusters: [{ name: a, cluster: { server: "http://127.0.0.1:1" } }]\ncontexts: [{ name: a, context: { cluster: a, user: a } }]\ncurrent-context: a\nusers: [{ name: a, user: {} }]\n',
    );
    const { code, failed } = await doctor(cwd, '--kubeconfig', 'kubeconfig', '--timeout', '2s');
    expect({ code, ids: failed.map(({ id }) => id) }).toEqual({
      code: 2,
      ids: ['nodes-reachable'],
    });
    expect((await doctor(cwd, '--kubeconfig', 'kubeconfig', '--scope', 'etcd')).code).toBe(0);
  });

  it('fails on an etcd that does not answer, within the timeout', async () => {
    const began = Date.now();
    const { code, failed, checks } = await doctor(
      folderOf(),
      ...['--endpoints', 'http://127.0.0.1:1', '--timeout', '2s'],
    );
    expect({ code, ids: failed.map(({ id }) => id) }).toEqual({ code: 2, ids: ['etcd-reachable'] });
    expect(checks.filter(({ id }) => id.startsWith('etcd-')).slice(1)).toEqual(
      expect.arrayContaining([expect.objectContaining({ because: 'etcd-reachable' })]),
    );
    expect(Date.now() - began).toBeLessThan(8_000);
  });

  it('says what is wrong in words', async () => {
    const { stdout, code } = await run(['doctor'], { cwd: folderOf({}) });
    expect(code).toBe(2);
    expect(stdout.split('\n\n').slice(-2).join('\n\n')).toBe(`First fault: etcd-bigip-lease
  there is no lease for bigip-1: no node sends it anything
  expected: {"PublicIP":"10.1.10.245","BackendType":"vxlan","BackendData":{"VtepMAC":"${MAC}"}}
  found:    no such key
  to mend it:
    flannel-bigip apply

1 fault, 0 warnings, 5 passed, 20 skipped
`);
  });

  it('writes JUnit that a parser takes', async () => {
    const { stdout } = await run(['doctor', '-o', 'junit'], { cwd: folderOf({}) });
    const file = path.join(temporaryFolder({ 'junit.xml': stdout }), 'junit.xml');
    const { status } = spawnSync('xmllint', ['--noout', file]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      '<testsuite name="etcd" tests="6" failures="1" errors="0" skipped="0">',
    );
    expect(stdout).toContain('fix: flannel-bigip apply');
  });
});

describe('doctor --only', () => {
  it('tells the checks that are named, by id or by how ids begin', async () => {
    const { checks } = await doctor(folderOf(), '--only', 'etcd-range,etcd-config');
    expect(checks.map(({ id }) => id)).toEqual(['etcd-config', 'etcd-range']);
    const { checks: all } = await doctor(folderOf(), '--only', 'etcd');
    expect(new Set(all.map(({ id }) => id.split('-')[0]))).toEqual(new Set(['etcd']));
  });

  it('is no way round the fault that a skipped check is due to', async () => {
    const { code, checks } = await doctor(
      folderOf(),
      ...['--endpoints', 'http://127.0.0.1:1', '--timeout', '1s', '--only', 'etcd-range'],
    );
    expect({ code, ids: checks.map(({ id }) => id) }).toEqual({
      code: 2,
      ids: ['etcd-reachable', 'etcd-range'],
    });
  });

  it.each([
    ['etcd-rang', 'etcd-range'],
    // Ids may be named by what they begin with.
    ['etdc', 'etcd'],
    ['linxu', 'linux'],
    ['bigp', 'bigip'],
    ['node', 'nodes'],
  ])('refuses %s, which no check has, and says that %s may be meant', async (only, meant) => {
    const { code, stderr } = await run(['doctor', '--only', only], { cwd: folderOf() });
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: `error: --only ${only} names no check. Did you mean ${meant}?\n`,
    });
  });
});

describe('doctor --wait', () => {
  it('ends as soon as nothing fails', async () => {
    const cwd = folderOf({});
    const waiting = start(['doctor', '--wait', '60s', '-o', 'json'], { cwd });
    const applied = await run(['apply', '--yes'], { cwd });
    expect(applied.code).toBe(0);
    const { code, stdout } = await waiting.result;
    expect({ code, ok: (JSON.parse(stdout) as Told).ok }).toEqual({ code: 0, ok: true });
  });

  it('ends with what is still wrong when the time is over', async () => {
    expect((await doctor(folderOf({}), '--wait', '1s')).code).toBe(2);
  });

  it('refuses a duration that is none, and a recorded reading', async () => {
    const cwd = folderOf();
    expect((await run(['doctor', '--wait', 'soon'], { cwd })).code).toBe(64);
    expect((await run(['doctor', '--wait', '1s', '--from', 'x'], { cwd })).code).toBe(64);
  });
});

describe('doctor bundle', () => {
  const SECRETS = {
    BIGIP_PASSWORD: 'Planted-bigip-password',
    ETCDCTL_PASSWORD: 'Planted-etcd-password',
  };

  /** A site with a secret wherever one may stand. */
  function planted(): string {
    const cwd = folderOf();
    const store = JSON.parse(readFileSync(path.join(cwd, 'store.json'), 'utf8')) as {
      keys: Record<string, { value: string; revision: number }>;
    };
    const at = '/coreos.com/network';
    store.keys[`${at}/config`] = {
      revision: 1,
      value: JSON.stringify({
        Network: '10.244.0.0/16',
        SubnetMax: '10.244.99.0',
        Backend: { Type: 'wireguard', PSK: 'Planted-psk' },
      }),
    };
    store.keys[`${at}/subnets/note`] = {
      revision: 2,
      value: 'password = Planted-in-a-lease, see Planted-bigip-password',
    };
    writeFileSync(path.join(cwd, 'store.json'), JSON.stringify(store));
    writeFileSync(path.join(cwd, 'flannel-bigip.yaml'), `# token: Planted-in-a-comment\n${SITE}`);
    writeFileSync(path.join(cwd, 'subnet.env'), 'FLANNEL_MTU=1450\nOTHER_TOKEN=Planted-in-env\n');
    writeFileSync(path.join(cwd, 'password'), 'Planted-in-a-file\n');
    return cwd;
  }

  it('holds every reading, and no secret', async () => {
    const cwd = planted();
    const args = ['--host', '--subnet-env', 'subnet.env', '--bigip-password-file', 'password'];
    const env = { ...SECRETS, BIGIP_USERNAME: 'admin' };
    const { code, stdout } = await run(['doctor', 'bundle', 'case.tar.gz', ...args], { cwd, env });
    expect({ code, first: stdout.split('\n')[0] }).toEqual({
      code: 0,
      first:
        'Wrote case.tar.gz. Passwords, tokens and keys are taken out; look through it before it leaves the house.',
    });
    const file = path.join(cwd, 'case.tar.gz');
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    expect(text).not.toContain('Planted');
    expect(text).toContain('FLANNEL_MTU=1450');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { stdout: list } = spawnSync('tar', ['tzf', file], { encoding: 'utf8' });
    expect(list.trim().split('\n').sort()).toEqual(
      ['doctor.json', 'doctor.txt', 'readings.json', 'site.yaml', 'versions.json'].map(
        (name) => `doctor/${name}`,
      ),
    );
  });

  it('is diagnosed as what it was recorded from', async () => {
    const cwd = folderOf({});
    const live = await run(['doctor', '-o', 'json', '--host'], { cwd });
    await run(['doctor', 'bundle', 'case.tar.gz', '--host'], { cwd });
    const elsewhere = temporaryFolder();
    const from = path.join(cwd, 'case.tar.gz');
    const recorded = await run(['doctor', '-o', 'json', '--from', from], { cwd: elsewhere });
    expect(recorded).toEqual({ ...live, stderr: '' });
    spawnSync('tar', ['xzf', from], { cwd: elsewhere });
    const unpacked = await run(['doctor', '-o', 'json', '--from', 'doctor/readings.json'], {
      cwd: elsewhere,
    });
    expect(unpacked).toEqual(recorded);
  });

  it('overwrites nothing', async () => {
    const cwd = folderOf();
    writeFileSync(path.join(cwd, 'case.tar.gz'), 'mine');
    const { code, stderr } = await run(['doctor', 'bundle', 'case.tar.gz'], { cwd });
    expect({ code, isTold: stderr.includes('it is there already') }).toEqual({
      code: 1,
      isTold: true,
    });
    expect(readFileSync(path.join(cwd, 'case.tar.gz'), 'utf8')).toBe('mine');
  });

  it.each<[what: string, content: string | Buffer, code: number]>([
    ['text', 'no bundle', 3],
    ['JSON of another kind', '{"kind":"Site"}', 3],
    ['a record with parts missing', '{"kind":"Readings","apiVersion":"flannel-bigip/v1"}', 3],
    [
      'a record of other shapes',
      JSON.stringify({
        kind: 'Readings',
        apiVersion: 'flannel-bigip/v1',
        site: SITE,
        readings: {
          takenAt: '',
          etcd: { state: 'read', value: { stores: 3 } },
          nodes: { state: 'skipped', why: '' },
          host: { state: 'read', value: {} },
          bigips: [],
        },
      }),
      3,
    ],
    ['a broken archive', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2]), 3],
  ])('refuses %s', async (_what, content, code) => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, 'x'), content);
    const result = await run(['doctor', '--from', 'x'], { cwd });
    expect({ code: result.code, isTold: result.stderr.includes('is no bundle of doctor') }).toEqual(
      {
        code,
        isTold: true,
      },
    );
    expect(result.stderr).not.toContain('    at ');
  });

  it('refuses a file that is not there', async () => {
    const { code } = await run(['doctor', '--from', 'nothing'], { cwd: temporaryFolder() });
    expect(code).toBe(1);
    expect(existsSync('nothing')).toBe(false);
  });
});

describe('commands for a node on a host that is none', () => {
  it.each([
    ['node', 'repair', '--yes'],
    ['doctor', 'ping'],
  ])('%s %s refuses', async (...args) => {
    const { code, stdout, stderr } = await run(args.filter(Boolean), { cwd: folderOf() });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('device');
  });

  it('says that a node command is missing', async () => {
    expect((await run(['node'], { cwd: folderOf() })).code).toBe(64);
    expect((await run(['doctor', 'pong'], { cwd: folderOf() })).code).toBe(64);
  });
});
