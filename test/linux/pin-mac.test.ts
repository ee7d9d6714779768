import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, type Result, run as runHere, temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';
import { nodeLease, PREFIX } from '../support/sites.ts';
import { until } from '../support/wait.ts';

const MAC = '5a:7d:2e:91:0c:44';
const OTHER = '5a:7d:2e:91:0c:55';

let count = 0;
let host: string;
let state: string;

/** A network namespace as a node is: eth0 with an address. */
beforeEach(() => {
  host = `pin-${process.pid}-${++count}`;
  state = path.join(temporaryFolder(), 'state');
  execFileSync('ip', ['netns', 'add', host]);
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'peer0');
  ip('link', 'set', 'eth0', 'up');
  ip('link', 'set', 'peer0', 'up');
  ip('addr', 'add', '10.1.10.151/24', 'dev', 'eth0');
});
afterEach(() => {
  execFileSync('ip', ['netns', 'del', host]);
});

function ip(...args: string[]): string {
  return execFileSync('ip', ['-n', host, ...args], { encoding: 'utf8' });
}

/** The device as flanneld makes it, without an address of its own choice. */
const flanneld = (mac: string, name = 'flannel.1', local = '10.1.10.151') =>
  ip(
    'link',
    'add',
    name,
    'address',
    mac,
    'type',
    'vxlan',
    'id',
    '1',
    'local',
    local,
    'dev',
    'eth0',
    'dstport',
    '8472',
    'nolearning',
  );

interface Link {
  readonly address: string;
  readonly flags: readonly string[];
  readonly linkinfo: { readonly info_kind: string; readonly info_data: Record<string, unknown> };
}

function link(name = 'flannel.1'): Link {
  const [found] = JSON.parse(ip('-j', '-d', 'link', 'show', 'dev', name)) as Link[];
  if (!found) throw new Error(`no ${name}`);
  return found;
}

function start(...args: string[]) {
  const child = spawn(
    'ip',
    ['netns', 'exec', host, ...COMMAND, 'pin-mac', '--state-dir', state, ...args],
    { cwd: path.dirname(state), env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const result = new Promise<Result>((done) =>
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr })),
  );
  return { child, result };
}

const pin = (...args: string[]) => start(...args).result;
const kept = () => JSON.parse(readFileSync(path.join(state, 'pinned-devices.json'), 'utf8'));

const DEVICE = {
  mac: MAC,
  vni: 1,
  port: 8472,
  interface: 'eth0',
  local: '10.1.10.151',
  learning: false,
  gbp: false,
};

describe('pin-mac', () => {
  it('keeps the device that flanneld made, makes it again as it was, and does nothing then', async () => {
    flanneld(MAC);
    const before = link();

    const first = await pin();
    const again = await pin();
    ip('link', 'del', 'flannel.1');
    const reboot = await pin();
    const { flags: _, ...made } = link();
    const { flags: __, ...was } = before;
    const last = await pin('-o', 'json');

    expect([first, again, reboot, last].map(({ code, stderr }) => [code, stderr])).toEqual(
      [0, 0, 0, 0].map((code) => [code, '']),
    );
    expect(first.stdout).toBe(
      `flannel.1: kept as it is: MAC ${MAC}, VNI 1, 10.1.10.151 on eth0, port 8472\n`,
    );
    expect(again.stdout).toBe(`flannel.1: has its kept MAC ${MAC}, nothing to do\n`);
    expect(reboot.stdout).toBe(
      `flannel.1: made: MAC ${MAC}, VNI 1, 10.1.10.151 on eth0, port 8472\n`,
    );
    expect(made.linkinfo).toEqual(was.linkinfo);
    expect(made.address).toBe(MAC);
    expect(JSON.parse(last.stdout)).toEqual({
      dryRun: false,
      stateFile: path.join(state, 'pinned-devices.json'),
      devices: [{ name: 'flannel.1', action: 'nothing', ...DEVICE }],
    });
    expect(kept()).toEqual({ apiVersion: 'flannel-bigip/v1', kind: 'PinnedDevices', ipv4: DEVICE });
    expect(statSync(path.join(state, 'pinned-devices.json')).mode & 0o777).toBe(0o644);
  });

  it('makes a device whose MAC udev leaves alone', async () => {
    await pin('--mac', MAC, '--interface', 'eth0');
    const type = execFileSync(
      'ip',
      ['netns', 'exec', host, 'cat', '/sys/class/net/flannel.1/addr_assign_type'],
      { encoding: 'utf8' },
    );
    // NET_ADDR_SET of linux/netdevice.h; MACAddressPolicy changes only what is random.
    expect(type).toBe('3\n');
  });

  it('touches nothing when flanneld was faster at boot', async () => {
    flanneld(MAC);
    await pin();
    ip('link', 'del', 'flannel.1');
    flanneld(OTHER);

    const late = await pin();
    const untouched = link().address;
    const unasked = await pin('--force');
    const stillUntouched = link().address;
    const forced = await pin('--force', '--yes');

    expect([late.code, unasked.code, forced.code]).toEqual([1, 64, 0]);
    expect(late.stderr).toBe(
      `error: flannel.1 has the MAC ${OTHER}, kept is ${MAC}: flanneld has made it anew; nothing was touched. --force gives it that MAC, --adopt keeps the one it has; run this before flanneld starts\n`,
    );
    expect([untouched, stillUntouched, link().address]).toEqual([OTHER, OTHER, MAC]);
    expect(forced.stdout).toContain('restart flanneld');
  });

  it('keeps the new MAC when told to', async () => {
    flanneld(MAC);
    await pin();
    ip('link', 'del', 'flannel.1');
    flanneld(OTHER);

    const adopted = await pin('--adopt');

    expect([adopted.code, link().address, kept().ipv4.mac]).toEqual([0, OTHER, OTHER]);
  });

  it('waits for the interface and its address, then makes the device', async () => {
    flanneld(MAC);
    await pin();
    ip('link', 'del', 'eth0');
    const running = start('--wait', '20s');
    await until('it to look', () => ip('link').includes('lo'));
    ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'peer0');
    ip('link', 'set', 'eth0', 'up');
    ip('addr', 'add', '10.1.10.151/24', 'dev', 'eth0');

    const { code, stderr } = await running.result;

    expect([code, stderr]).toEqual([0, '']);
    expect(link().address).toBe(MAC);
  });

  it('gives up after the time it was given', async () => {
    flanneld(MAC);
    await pin();
    ip('link', 'del', 'eth0');

    const { code, stderr } = await pin('--wait', '300ms');

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: flannel\.1 cannot be made: the interface eth0 did not come up\. /,
    );
  });

  it('keeps the MAC where the node got another address, and says so', async () => {
    flanneld(MAC);
    await pin();
    ip('link', 'del', 'flannel.1');
    ip('addr', 'del', '10.1.10.151/24', 'dev', 'eth0');
    ip('addr', 'add', '10.1.10.77/24', 'dev', 'eth0');

    const { code, stdout } = await pin('--wait', '300ms');

    expect(code).toBe(0);
    expect(stdout).toContain('10.1.10.77 on eth0, port 8472; 10.1.10.151 is there no more');
    expect(link()).toMatchObject({
      address: MAC,
      linkinfo: { info_data: { local: '10.1.10.77' } },
    });
    expect(kept().ipv4.local).toBe('10.1.10.77');
  });

  it('follows the VNI, the port and the lease that etcd knows', async () => {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const lease = nodeLease('10.1.10.151', MAC);
    writeFileSync(
      path.join(path.dirname(state), 'etcd.json'),
      JSON.stringify({
        flannelBigipStore: 1,
        revision: 1,
        keys: {
          [`${PREFIX}/config`]: {
            value: '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan","VNI":7,"Port":4789}}',
            revision: 1,
          },
          [`${PREFIX}/subnets/10.244.5.0-24`]: { value: lease, revision: 1, expires },
        },
      }),
    );
    const made = await pin('--interface', 'eth0', '--endpoints', 'file:etcd.json');
    ip('link', 'del', 'flannel.7');
    const alone = await pin();

    expect([made.code, alone.code]).toEqual([0, 0]);
    expect(link('flannel.7')).toMatchObject({
      address: MAC,
      linkinfo: { info_kind: 'vxlan', info_data: { id: 7, port: 4789, link: 'eth0' } },
    });
  });

  it('does without etcd when that is away, and says so', async () => {
    flanneld(MAC);
    await pin();
    ip('link', 'del', 'flannel.1');

    const { code, stderr } = await pin('--endpoints', 'http://127.0.0.1:1', '--timeout', '1s');

    expect(code).toBe(0);
    expect(stderr).toMatch(/^etcd was not asked: etcd at 127\.0\.0\.1:1 refuses the connection/);
    expect(link().address).toBe(MAC);
  });

  it('keeps the IPv6 device too', async () => {
    ip('addr', 'add', 'fd00:10:1::151/64', 'dev', 'eth0', 'nodad');
    flanneld(MAC);
    flanneld(OTHER, 'flannel-v6.1', 'fd00:10:1::151');
    const before = link('flannel-v6.1').linkinfo;

    const first = await pin();
    ip('link', 'del', 'flannel.1');
    ip('link', 'del', 'flannel-v6.1');
    const reboot = await pin();

    expect([first.code, reboot.code]).toEqual([0, 0]);
    expect(link('flannel-v6.1').linkinfo).toEqual(before);
    expect([link().address, link('flannel-v6.1').address]).toEqual([MAC, OTHER]);
  });

  it('does nothing in a dry run', async () => {
    const { code, stdout } = await pin('--mac', MAC, '--interface', 'eth0', '--dry-run');

    expect([code, stdout]).toEqual([
      0,
      `flannel.1: would be made: MAC ${MAC}, VNI 1, 10.1.10.151 on eth0, port 8472\n`,
    ]);
    expect(ip('link')).not.toContain('flannel.1');
  });

  it('makes the device that a killed run had kept', async () => {
    const { child, result } = start('--mac', MAC, '--interface', 'eth9', '--wait', '20s');
    await until('it to wait', () => child.exitCode === null);
    child.kill('SIGKILL');
    await result;
    await pin('--mac', MAC, '--interface', 'eth0');
    ip('link', 'del', 'flannel.1');

    expect((await pin()).code).toBe(0);
    expect(link().address).toBe(MAC);
  });

  it.each([
    [
      'nothing is there and nothing is kept',
      [],
      1,
      'there is no device flannel.1, and no underlay interface is kept for it',
    ],
    ['only a MAC is given', ['--mac', MAC], 1, 'no underlay interface is kept'],
    [
      'the MAC is a group',
      ['--mac', '01:00:5e:00:00:01'],
      64,
      '--mac 01:00:5e:00:00:01 is no address that a device can have',
    ],
    ['the VNI is none', ['--vni', '0'], 64, '--vni 0 is none'],
    ['the local address is none', ['--local', 'x'], 64, '--local x is no IPv4 address'],
    ['force and adopt meet', ['--force', '--adopt'], 64, '--force and --adopt are opposites'],
  ])('says when %s', async (_, args, exit, message) => {
    const { code, stderr } = await pin(...args);
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
  });

  it('says that a device of that name is none of flannel’s', async () => {
    ip('link', 'add', 'flannel.1', 'type', 'bridge');
    const { code, stderr } = await pin();
    expect(code).toBe(1);
    expect(stderr).toContain('flannel.1 is no VXLAN device with an underlay interface');
  });

  it('says that what is kept is damaged', async () => {
    const folder = temporaryFolder({
      'pinned-devices.json': '{"kind":"PinnedDevices","ipv4":{"mac":"x"}}',
    });
    const { code, stderr } = await runHere(['pin-mac', '--state-dir', folder]);
    expect(code).toBe(3);
    expect(stderr).toContain('pinned-devices.json is not what was kept there');
  });
});

describe('annotate --self --wait', () => {
  it('waits for the device and for its lease, then asks the API server', async () => {
    const folder = path.dirname(state);
    const write = (mac: string) =>
      writeFileSync(
        path.join(folder, 'etcd.json'),
        JSON.stringify({
          flannelBigipStore: 1,
          revision: 1,
          keys: {
            [`${PREFIX}/config`]: {
              value: '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}',
              revision: 1,
            },
            [`${PREFIX}/subnets/10.244.5.0-24`]: {
              value: nodeLease('10.1.10.151', mac),
              revision: 1,
            },
          },
        }),
      );
    const cluster = { server: 'https://127.0.0.1:1' };
    const context = { cluster: 'c', user: 'u' };
    writeFileSync(
      path.join(folder, 'kubeconfig'),
      JSON.stringify({
        'current-context': 'x',
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'x', context }],
      }),
    );
    const annotate = () =>
      execFileSync(
        'sh',
        [
          '-c',
          '"$@" 2>&1 || true',
          'sh',
          'ip',
          'netns',
          'exec',
          host,
          ...COMMAND,
          'annotate',
          '--self',
          '--yes',
          '--wait',
          '400ms',
          '--timeout',
          '1s',
          '--kubeconfig',
          'kubeconfig',
          '--endpoints',
          'file:etcd.json',
        ],
        { cwd: folder, env: cleanEnvironment(), encoding: 'utf8' },
      );

    write(OTHER);
    const none = annotate();
    flanneld(MAC);
    const stale = annotate();
    write(MAC);
    const there = annotate();

    expect(none).toMatch(/^error: there is no device flannel\.1; nothing was changed/);
    expect(stale).toMatch(
      new RegExp(`^error: no lease says that 10.1.10.151 has the MAC ${MAC} of flannel.1`),
    );
    expect(there).toMatch(/^error: the API server at 127\.0\.0\.1:1 refuses the connection/);
  });
});
