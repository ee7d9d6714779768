import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { COMMAND, run, temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';

const PIN = 'flannel-bigip-pin-mac.service';
const ANNOTATE = 'flannel-bigip-annotate.service';
const AGAIN = 'flannel-bigip-annotate-again.service';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

/** The units that `service print` shows, by name. */
async function printed(...args: string[]): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await run(['service', 'print', '--unit-dir', folder, ...args]);
  expect([code, stderr]).toEqual([0, '']);
  const parts = stdout.split(new RegExp(`^# ${folder}/(\\S+)\n`, 'm')).slice(1);
  return Object.fromEntries(
    parts.flatMap((name, i) =>
      i % 2 === 0 ? [[name, parts[i + 1]?.replace(/\n$/, '') ?? '']] : [],
    ),
  );
}

describe('service print', () => {
  it('shows units that systemd takes', async () => {
    const units = await printed(
      '--cacert',
      '/etc/my certs/100%$HOME/"ca".pem',
      '--endpoints',
      'https://10.1.10.151:2379,https://10.1.10.152:2379',
    );
    for (const [name, text] of Object.entries(units)) writeFileSync(path.join(folder, name), text);
    const files = Object.keys(units).map((name) => path.join(folder, name));
    const verified = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });

    expect(Object.keys(units)).toEqual([PIN, ANNOTATE, AGAIN]);
    expect([verified.status, verified.stderr]).toEqual([0, '']);
    expect(units[ANNOTATE]).toContain(
      '--endpoints https://10.1.10.151:2379,https://10.1.10.152:2379 --cacert "/etc/my certs/100%%$$HOME/\\"ca\\".pem"',
    );
  });

  it('orders them around flanneld and the kubelet, and makes none wait for another', async () => {
    const units = await printed(
      '--flanneld-unit',
      'flannel.service',
      '--kubelet-unit',
      'k3s.service',
    );

    expect(units[PIN]).toContain('\nBefore=flannel.service\n');
    expect(units[ANNOTATE]).toContain('\nAfter=network-online.target flannel.service\n');
    expect(units[ANNOTATE]).toContain('\nBefore=k3s.service\n');
    expect(units[ANNOTATE]).toContain(`\nOnFailure=${AGAIN}\n`);
    expect(units[ANNOTATE]).toMatch(/\nType=oneshot\n[\s\S]*\nTimeoutStartSec=45\n/);
    expect(units[ANNOTATE]).not.toContain('Restart=');
    expect(units[AGAIN]).toContain('\nRestart=on-failure\n');
    for (const text of Object.values(units)) {
      expect(text).not.toMatch(/^(Requires|BindsTo|Requisite)=/m);
      for (const line of [
        'NoNewPrivileges=yes',
        'ProtectSystem=strict',
        'RestrictNamespaces=yes',
      ]) {
        expect(text).toContain(`\n${line}\n`);
      }
    }
    expect(units[PIN]).toContain('\nCapabilityBoundingSet=CAP_NET_ADMIN\n');
    expect(units[ANNOTATE]).toContain('\nCapabilityBoundingSet=\n');
  });

  it("takes etcd's address and certificates from flanneld's environment file, and no password", async () => {
    const file = path.join(folder, 'flanneld');
    writeFileSync(
      file,
      'FLANNELD_ETCD_ENDPOINTS=https://10.1.10.151:2379\nFLANNELD_ETCD_CAFILE=/etc/etcd/ca.pem\nFLANNELD_ETCD_PREFIX=/atomic.io/network\nFLANNELD_ETCD_USERNAME=flannel\nFLANNELD_ETCD_PASSWORD=secret\n',
    );
    const { [ANNOTATE]: text = '' } = await printed('--flanneld-env', file);

    expect(text).toContain(
      '--endpoints https://10.1.10.151:2379 --cacert /etc/etcd/ca.pem --prefix /atomic.io/network --user flannel\n',
    );
    expect(text).toContain(`\nEnvironmentFile=-${file}\n`);
    expect(text).not.toContain('secret');
  });

  it('leaves out what is not wanted', async () => {
    expect(Object.keys(await printed('--no-pin'))).toEqual([ANNOTATE, AGAIN]);
    expect(Object.keys(await printed('--no-annotate'))).toEqual([PIN]);
  });
});

describe('service on a host', () => {
  const units = () => readdirSync(path.join(folder, 'units')).sort();
  const calls = () =>
    readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n').filter(Boolean);

  /** Runs it as on a host that systemd runs, with a systemctl that writes down how it was called. */
  function onSystemd(...args: string[]) {
    writeFileSync(path.join(folder, 'calls'), '');
    const script = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec "$@"`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        '-m',
        'sh',
        '-c',
        script,
        'sh',
        ...COMMAND,
        'service',
        ...args,
        '--unit-dir',
        path.join(folder, 'units'),
      ],
      {
        env: { ...cleanEnvironment(), PATH: `${folder}:${process.env['PATH']}` },
        encoding: 'utf8',
      },
    );
    return { code: status, stdout, stderr };
  }

  beforeEach(() => {
    execFileSync('mkdir', [path.join(folder, 'units')]);
    writeFileSync(path.join(folder, 'systemctl'), `#!/bin/sh\necho "$@" >> ${folder}/calls\n`, {
      mode: 0o755,
    });
  });

  it('installs, tells, changes and uninstalls', () => {
    const installed = onSystemd('install', '--yes');
    const first = calls();
    const again = onSystemd('install', '--yes');
    const second = calls();
    const told = onSystemd('status', '-o', 'json');
    const fewer = onSystemd('install', '--yes', '--no-annotate');
    const left = units();
    const gone = onSystemd('uninstall', '--yes');
    const third = calls();
    const nothing = onSystemd('uninstall', '--yes');

    expect(
      [installed, again, told, fewer, gone, nothing].map(({ code, stderr }) => [code, stderr]),
    ).toEqual(Array.from({ length: 6 }, () => [0, '']));
    expect(first).toEqual(['daemon-reload', `enable ${PIN} ${ANNOTATE}`]);
    expect(again.stdout).toContain('Nothing to do');
    expect(second).toEqual([]);
    expect(JSON.parse(told.stdout).map((row: { installed: boolean }) => row.installed)).toEqual([
      true,
      true,
      true,
    ]);
    expect(left).toEqual([PIN]);
    expect(third).toEqual([`disable --now ${PIN}`, 'daemon-reload']);
    expect(units()).toEqual([]);
    expect(nothing.stdout).toContain('Nothing to do');
  });

  it('asks before it installs', () => {
    const { code, stderr } = onSystemd('install');
    expect(code).toBe(64);
    expect(stderr).toContain('nobody can be asked here. Pass --yes');
    expect(units()).toEqual([]);
  });

  it('never touches a unit that somebody else wrote', () => {
    writeFileSync(path.join(folder, 'units', PIN), '[Unit]\nDescription=mine\n');
    const installed = onSystemd('install', '--yes');
    const gone = onSystemd('uninstall', '--yes');

    expect([installed.code, gone.code]).toEqual([1, 1]);
    expect(installed.stderr).toContain(`${PIN} was not written by this program; it stays`);
    expect(readFileSync(path.join(folder, 'units', PIN), 'utf8')).toContain('Description=mine');
  });

  it.each([
    [
      ['install', '--yes'],
      1,
      'systemd does not run this host; nothing was changed. `flannel-bigip service print`',
    ],
    [['enable'], 64, 'service enable is none of install, uninstall, print, status'],
    [['print', 'x'], 64, 'service takes one word'],
    [['print', '--no-pin', '--no-annotate'], 64, 'leave nothing to do'],
  ])('without systemd, or asked wrongly, says so: %j', async (args, exit, message) => {
    const { code, stderr } = await run([
      'service',
      ...args,
      '--unit-dir',
      path.join(folder, 'units'),
    ]);
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
  });
});
