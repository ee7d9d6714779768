import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { linksOf, readPage } from '../docs/markdown.ts';
import { temporaryFolder } from '../support/cli.ts';

const { version } = packageJson;
const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };
const folder = temporaryFolder();
const release = path.join(folder, 'release');
const npm = path.join(release, `flannel-bigip-${version}.tgz`);
const linux = `flannel-bigip-${version}-linux-x64`;

/** Paths of the files in an archive. */
const filesIn = (archive: string) =>
  execFileSync('tar', ['--list', '--file', archive], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && !file.endsWith('/'));

/** What lies in a folder of an archive. */
const namesIn = (files: readonly string[], within: string) => {
  const inside = files.filter((file) => file.startsWith(`${within}/`));
  return [...new Set(inside.map((file) => file.slice(within.length + 1).split('/')[0]))].sort();
};

beforeAll(() => {
  execFileSync('node', ['scripts/release.mjs', release], { env, stdio: 'pipe' });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('a release', () => {
  it('is made of these files, each with its checksum', () => {
    const files = [
      `${linux}.tar.gz`,
      `flannel-bigip-${version}-source-maps.tar.gz`,
      `flannel-bigip-${version}.cdx.json`,
      `flannel-bigip-${version}.tgz`,
      `flannel-bigip_${version}-1_amd64.deb`,
    ];
    const checked = execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      cwd: release,
      encoding: 'utf8',
    });

    expect(readdirSync(release).sort()).toEqual(['SHA256SUMS', ...files].sort());
    expect(checked.trim().split('\n').sort()).toEqual(files.map((file) => `${file}: OK`).sort());
  });

  it('has an archive that runs where it is unpacked, and says how it is installed', () => {
    execFileSync('tar', ['--extract', '--file', `${linux}.tar.gz`, '--directory', folder], {
      cwd: release,
    });
    const root = path.join(folder, linux);
    const doc = path.join(root, 'usr/share/doc/flannel-bigip');
    const example = path.join(doc, 'examples/site.yaml');
    const [, schema = ''] = /\$schema=(\S+)/.exec(readFileSync(example, 'utf8')) ?? [];
    const program = path.join(root, 'usr/bin/flannel-bigip');
    const broken = linksOf(readPage(path.join(root, 'README.md')))
      .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
      .filter((target) => !existsSync(path.join(root, target.replace(/#.*/, ''))));

    expect(readdirSync(root).sort()).toEqual(['INSTALL', 'LICENSE', 'README.md', 'usr']);
    expect(spawnSync(program, ['validate', example], { encoding: 'utf8' }).stdout).toBe(
      '1 file checked, all valid, 0 warnings\n',
    );
    expect(existsSync(path.resolve(path.dirname(example), schema))).toBe(true);
    expect(readdirSync(doc)).toEqual(
      expect.arrayContaining(['THIRD-PARTY-LICENSES.txt', 'copyright', 'flannel-bigip.cdx.json']),
    );
    expect(broken).toEqual([]);
  });

  it('has an npm package of what is needed, and not of the executable', () => {
    const files = filesIn(npm);

    expect(namesIn(files, 'package')).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'bin',
      'deploy',
      'dist',
      'docs',
      'examples',
      'package.json',
      'schemas',
    ]);
    expect(namesIn(files, 'package/dist')).toEqual([
      'THIRD-PARTY-LICENSES.txt',
      'chunks',
      'start.js',
    ]);
    expect(namesIn(files, 'package/deploy')).toEqual(['flannel-bigip-watch.service', 'kubernetes']);
    expect(files.filter((file) => /chunks\/.*(?<!\.js)$/.test(file))).toEqual([]);
    expect(statSync(npm).size).toBeLessThan(1_500_000);
  });

  it('has a source map for each file of the npm package that is run, and for nothing else', () => {
    const maps = filesIn(path.join(release, `flannel-bigip-${version}-source-maps.tar.gz`));
    const code = filesIn(npm).filter((file) => /\/dist\/.*\.js$/.test(file));

    expect(maps.sort()).toEqual(
      code.map((file) => `${file.replace('package/dist/', '')}.map`).sort(),
    );
  });

  it('has the bill of materials that the executable was made with', () => {
    const bom = readFileSync(path.join(release, `flannel-bigip-${version}.cdx.json`));

    expect(bom.equals(readFileSync('dist/flannel-bigip.cdx.json'))).toBe(true);
  });
});

describe('a release made in another folder, for which nobody else has rights', () => {
  const copy = path.join(folder, 'a path of another length');
  beforeAll(() => {
    const listed = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' });
    for (const file of listed.split('\0').filter(Boolean)) cpSync(file, path.join(copy, file));
    execFileSync('chmod', ['--recursive', 'go=', copy]);
    // esbuild looks through a link to the folder and would see another one; hard links it cannot tell.
    const link = spawnSync('cp', ['--archive', '--link', 'node_modules', copy]);
    if (link.status !== 0) execFileSync('cp', ['--archive', 'node_modules', copy]);
  });

  it('is the same byte for byte, from the bundle on', () => {
    const scripts = ['build', 'package', 'release'].map((name) => `node scripts/${name}.mjs`);
    const make = `umask 077; ${scripts.join(' && ')}`;
    execFileSync('sh', ['-c', make], { cwd: copy, env, stdio: 'pipe' });
    const different = (ours: string, theirs: string) => {
      const files = globSync('**', { cwd: ours });
      expect(globSync('**', { cwd: theirs }).sort()).toEqual(files.sort());
      return files.filter((file) => {
        const [one, other] = [ours, theirs].map((root) => readFileSync(path.join(root, file)));
        return !other || !one?.equals(other);
      });
    };

    expect(different('dist', path.join(copy, 'dist'))).toEqual([]);
    expect(different(release, path.join(copy, 'release'))).toEqual([]);
  }, 180_000);

  it.each([
    ['a time that is none', 'abc', 'SOURCE_DATE_EPOCH is to be seconds since 1970, not abc'],
    ['no clone, inside one of something else', '', 'set SOURCE_DATE_EPOCH to it'],
  ])('is refused with %s', (_, SOURCE_DATE_EPOCH, message) => {
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    const { status, stderr } = spawnSync('node', ['scripts/release.mjs'], {
      cwd: copy,
      env: { ...env, SOURCE_DATE_EPOCH },
      encoding: 'utf8',
    });

    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});
