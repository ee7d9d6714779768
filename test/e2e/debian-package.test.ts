import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { linksOf, readPage } from '../docs/markdown.ts';
import { temporaryFolder } from '../support/cli.ts';

const DEB = path.resolve(`release/flannel-bigip_${packageJson.version}_amd64.deb`);
const build = () => execFileSync('node', ['scripts/package-deb.mjs'], { encoding: 'utf8' });

/** A root folder that dpkg knows nothing in yet. */
function emptyRoot(): string {
  const root = temporaryFolder();
  for (const folder of ['info', 'updates']) {
    mkdirSync(path.join(root, 'var/lib/dpkg', folder), { recursive: true });
  }
  writeFileSync(path.join(root, 'var/lib/dpkg/status'), '');
  return root;
}

function dpkg(root: string, ...args: string[]): void {
  const force = 'script-chrootless,not-root,depends,bad-path';
  execFileSync('dpkg', ['--log=/dev/null', `--root=${root}`, `--force-${force}`, ...args], {
    stdio: 'pipe',
  });
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('var/lib/dpkg/'))
    .sort();
}

beforeAll(() => {
  build();
});

describe('the Debian package', () => {
  it('installs what runs without Node, is documented and completed, and leaves nothing behind', () => {
    const root = emptyRoot();
    dpkg(root, '--install', DEB);
    const run = (command: string, ...args: string[]) =>
      spawnSync(command, args, { encoding: 'utf8', env: { PATH: '/nonexistent' } }).stdout;
    const program = path.join(root, 'usr/bin/flannel-bigip');
    const manual = path.join(root, 'usr/share/man');

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
    expect(filesBelow(root)).toEqual(
      expect.arrayContaining([
        'usr/lib/systemd/system/flannel-bigip-watch.service',
        'usr/share/bash-completion/completions/flannel-bigip',
        'usr/share/doc/flannel-bigip/copyright',
        'usr/share/fish/vendor_completions.d/flannel-bigip.fish',
        'usr/share/zsh/vendor-completions/_flannel-bigip',
      ]),
    );

    dpkg(root, '--purge', 'flannel-bigip');
    expect(filesBelow(root)).toEqual([]);
    expect(existsSync(path.join(root, 'usr'))).toBe(false);
  });

  it('has the documentation as it is, with all that it links to', () => {
    const root = emptyRoot();
    dpkg(root, '--install', DEB);
    const folder = path.join(root, 'usr/share/doc/flannel-bigip');
    const pages = filesBelow(folder).filter((file) => file.endsWith('.md'));
    const missing = pages.flatMap((page) =>
      linksOf(readPage(path.join(folder, page)))
        .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
        .map((target) => path.join(folder, path.dirname(page), target.replace(/#.*/, '')))
        .filter((file) => !existsSync(file)),
    );

    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'docs/start.md', 'docs/zh/start.md']),
    );
    expect(missing).toEqual([]);
    for (const file of ['README.md', 'docs/pictures/list.svg']) {
      expect(readFileSync(path.join(folder, file)).equals(readFileSync(file))).toBe(true);
    }
  });

  it('has a page of the manual for each command, which man reads without a warning', () => {
    const root = emptyRoot();
    dpkg(root, '--install', DEB);
    const folder = path.join(root, 'usr/share/man/man1');
    const pages = readdirSync(folder);
    const warned = pages.map((page) => {
      const env = { ...process.env, MAN_KEEP_STDERR: '1', MANROFFSEQ: '', LC_ALL: 'C.UTF-8' };
      const read = spawnSync('man', ['--warnings', '-l', path.join(folder, page)], {
        encoding: 'utf8',
        env,
      });
      return [page, read.status, read.stderr];
    });

    expect(warned).toEqual(pages.map((page) => [page, 0, '']));
    expect(pages).toEqual(
      expect.arrayContaining([
        'flannel-bigip.1.gz',
        'flannel-bigip-bigip-fdb-sync.1.gz',
        'flannel-bigip-doctor-ping.1.gz',
      ]),
    );
  });

  it('is the same byte for byte when it is built again', () => {
    const first = path.join(temporaryFolder(), 'first.deb');
    copyFileSync(DEB, first);
    build();

    expect(readFileSync(DEB).equals(readFileSync(first))).toBe(true);
  });
});
