import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { linksOf, readPage } from '../docs/markdown.ts';
import { temporaryFolder } from '../support/cli.ts';

const UNIT = 'flannel-bigip-watch.service';
const SOURCE_DATE_EPOCH = '1700000000';
const folder = temporaryFolder();
const DEB = path.join(folder, `flannel-bigip_${packageJson.version}-1_amd64.deb`);

function dpkg(target: string, ...args: string[]): void {
  const force = 'script-chrootless,not-root,depends,bad-path';
  execFileSync('dpkg', ['--log=/dev/null', `--root=${target}`, `--force-${force}`, ...args], {
    stdio: 'pipe',
  });
}

/** A root folder of its own, with the package in it. */
function installed(): string {
  const target = mkdtempSync(path.join(folder, 'root-'));
  for (const name of ['info', 'updates']) {
    mkdirSync(path.join(target, 'var/lib/dpkg', name), { recursive: true });
  }
  writeFileSync(path.join(target, 'var/lib/dpkg/status'), '');
  dpkg(target, '--install', DEB);
  return target;
}

function filesBelow(target: string): string[] {
  return readdirSync(target, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(target, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('var/lib/dpkg/'))
    .sort();
}

/** What none of the tests changes. */
let root: string;
beforeAll(() => {
  const env = { ...process.env, SOURCE_DATE_EPOCH };
  execFileSync('node', ['scripts/package-deb.mjs', folder], { env, stdio: 'pipe' });
  root = installed();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the Debian package', () => {
  it('installs what runs without Node, is documented and completed, and leaves nothing behind', () => {
    const target = installed();
    const run = (command: string, ...args: string[]) =>
      spawnSync(command, args, { encoding: 'utf8', env: { PATH: '/nonexistent' } }).stdout;
    const program = path.join(target, 'usr/bin/flannel-bigip');
    const manual = path.join(target, 'usr/share/man');

    expect(run(program, '--version')).toMatch(`flannel-bigip ${packageJson.version} (bun `);
    expect(
      execFileSync('man', ['-M', manual, '-w', 'flannel-bigip', 'flannel-bigip-apply'], {
        encoding: 'utf8',
      }),
    ).toBe(
      ['flannel-bigip', 'flannel-bigip-apply']
        .map((page) => `${manual}/man1/${page}.1.gz\n`)
        .join(''),
    );
    expect(filesBelow(target)).toEqual(
      expect.arrayContaining([
        'usr/lib/systemd/system/flannel-bigip-watch.service',
        'usr/share/bash-completion/completions/flannel-bigip',
        'usr/share/doc/flannel-bigip/copyright',
        'usr/share/fish/vendor_completions.d/flannel-bigip.fish',
        'usr/share/zsh/vendor-completions/_flannel-bigip',
      ]),
    );

    dpkg(target, '--purge', 'flannel-bigip');
    expect(filesBelow(target)).toEqual([]);
    expect(existsSync(path.join(target, 'usr'))).toBe(false);
  });

  it('has the documentation as it is, with all that it links to', () => {
    const doc = path.join(root, 'usr/share/doc/flannel-bigip');
    const pages = filesBelow(doc).filter((file) => file.endsWith('.md'));
    const missing = pages.flatMap((page) =>
      linksOf(readPage(path.join(doc, page)))
        .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
        .map((target) => path.join(doc, path.dirname(page), target.replace(/#.*/, '')))
        .filter((file) => !existsSync(file)),
    );

    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'docs/start.md', 'docs/zh/start.md']),
    );
    expect(missing).toEqual([]);
    for (const file of ['README.md', 'docs/pictures/list.svg']) {
      expect(readFileSync(path.join(doc, file)).equals(readFileSync(file))).toBe(true);
    }
  });

  it('has a page of the manual for each command, which man reads without a warning', () => {
    const manual = path.join(root, 'usr/share/man/man1');
    const pages = readdirSync(manual).sort();
    // Made from the table of commands.
    const commands = readFileSync('docs/commands.md', 'utf8').matchAll(/^- \[`(.+)`\]/gm);
    const wanted = ['', ...[...commands].map(([, name = '']) => `-${name.replaceAll(' ', '-')}`)];
    const warned = pages.map((page) => {
      const env = { ...process.env, MAN_KEEP_STDERR: '1', MANROFFSEQ: '', LC_ALL: 'C.UTF-8' };
      const read = spawnSync('man', ['--warnings', '-l', path.join(manual, page)], {
        encoding: 'utf8',
        env,
      });
      return [page, read.status, read.stderr];
    });

    expect(warned).toEqual(pages.map((page) => [page, 0, '']));
    expect(pages).toEqual(wanted.map((name) => `flannel-bigip${name}.1.gz`).sort());
  });

  it('tells of every variable that the program reads', () => {
    const page = path.join(root, 'usr/share/man/man1/flannel-bigip.1.gz');
    const text = execFileSync('man', ['-P', 'cat', '-l', page], { encoding: 'utf8' });
    const read = globSync('src/**/*.ts').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/env\['([A-Z_]+)'\]|env: \['(.*)'\]/g)].flatMap(
        ([, one, several]) => one ?? several?.split("', '") ?? [],
      ),
    );
    const system = new Set(['HOME', 'KUBERNETES_SERVICE_HOST', 'PATH']);

    expect(read.length).toBeGreaterThan(20);
    expect(read.filter((name) => !(system.has(name) || text.includes(name)))).toEqual([]);
  });

  it('has a version that dpkg takes for earlier than the release that it leads up to', () => {
    const code = `
      const { debianVersion } = await import('./scripts/debian-version.mjs');
      console.log(debianVersion('1.0.0-rc.1'));`;
    const version = execFileSync('node', ['--input-type=module', '--eval', code], {
      encoding: 'utf8',
    }).trim();
    const compared = spawnSync('dpkg', ['--compare-versions', version, 'lt', '1.0.0-1']);

    expect([version, compared.status]).toEqual(['1.0.0~rc.1-1', 0]);
  });

  it('says what changed and what its files are, as Debian wants it', () => {
    const doc = path.join(root, 'usr/share/doc/flannel-bigip');
    const unzipped = (name: string) => gunzipSync(readFileSync(path.join(doc, name))).toString();
    const sums = path.join(root, 'var/lib/dpkg/info/flannel-bigip.md5sums');

    expect(unzipped('changelog.gz')).toBe(readFileSync('CHANGELOG.md', 'utf8'));
    expect(unzipped('changelog.Debian.gz')).toMatch(
      /^flannel-bigip \(\S+-1\) unstable; [\s\S]*\n -- .* <.*> {2}Tue, 14 Nov 2023 22:13:20 \+0000\n$/,
    );
    expect(execFileSync('md5sum', ['--check', sums], { cwd: root, encoding: 'utf8' })).toContain(
      'usr/bin/flannel-bigip: OK\n',
    );
    expect(readdirSync(doc)).toEqual(
      expect.arrayContaining(['THIRD-PARTY-LICENSES.txt', 'flannel-bigip.cdx.json', 'schemas']),
    );
  });

  it('is not in the boot until it is enabled, nor after a purge where systemd does not run; backups stay', () => {
    const target = installed();
    const wants = path.join(target, 'etc/systemd/system/multi-user.target.wants');
    const backup = 'var/lib/flannel-bigip/backups/one.json';
    dpkg(target, '--install', DEB);
    const before = existsSync(wants);
    mkdirSync(wants, { recursive: true });
    symlinkSync(`/usr/lib/systemd/system/${UNIT}`, path.join(wants, UNIT));
    mkdirSync(path.dirname(path.join(target, backup)), { recursive: true });
    writeFileSync(path.join(target, backup), '{}');
    dpkg(target, '--install', DEB);
    const upgraded = readdirSync(wants);
    dpkg(target, '--purge', 'flannel-bigip');

    expect([before, upgraded]).toEqual([false, [UNIT]]);
    expect(filesBelow(target)).toEqual([backup]);
  });

  it('starts a running watch anew after an upgrade, and nothing when it is new', () => {
    const bin = path.join(folder, 'bin');
    const calls = path.join(folder, 'calls');
    mkdirSync(bin);
    for (const name of ['systemctl', 'deb-systemd-helper', 'deb-systemd-invoke']) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${calls}\n`, {
        mode: 0o755,
      });
    }
    const onSystemd =
      'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec sh "$@" configure "$BEFORE"';
    const postinst = path.join(root, 'var/lib/dpkg/info/flannel-bigip.postinst');
    const callsAfter = (BEFORE: string) => {
      writeFileSync(calls, '');
      execFileSync('unshare', ['-m', 'sh', '-c', onSystemd, 'sh', postinst], {
        env: { PATH: `${bin}:${process.env['PATH']}`, BEFORE },
      });
      return readFileSync(calls, 'utf8').match(/^.*(?:start|daemon-reload).*$/gm);
    };

    expect(callsAfter('')).toEqual(['systemctl --system daemon-reload']);
    expect(callsAfter('0.0.9-1')).toEqual([
      'systemctl --system daemon-reload',
      `deb-systemd-invoke try-restart ${UNIT}`,
    ]);
  });

  it('has a unit that systemd takes', () => {
    const unit = path.join(folder, UNIT);
    const text = readFileSync(path.join(root, 'usr/lib/systemd/system', UNIT), 'utf8');
    writeFileSync(unit, text.replace('/usr/bin/', `${root}/usr/bin/`));
    const env = { ...process.env, MANPATH: path.join(root, 'usr/share/man') };
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8', env });

    expect([verified.status, verified.stderr]).toEqual([0, '']);
    expect(text).toContain('\nConditionPathExists=/etc/flannel-bigip/site.yaml\n');
  });
});
