import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

/** A script as npm runs it. */
function script(name: string, args: readonly string[] = [], root = process.cwd()) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, name), ...args], {
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** The files of a clone in which nothing was installed. */
function bareClone(): string {
  const root = temporaryFolder();
  for (const name of ['bin', 'scripts', 'examples', 'package.json']) {
    cpSync(name, path.join(root, name), { recursive: true });
  }
  return root;
}

describe('npm run demo', () => {
  it('onboards a whole site against stand-ins with --all', () => {
    const { stdout } = script('scripts/demo.mjs', ['--all']);
    const commands = stdout.split('\n').filter((line) => line.startsWith('$ '));
    expect(commands).toEqual([
      '$ flannel-bigip bigip show -f site.yaml',
      '$ flannel-bigip diff --scope all -f site.yaml',
      '$ flannel-bigip apply --scope all --yes -f site.yaml',
      '$ flannel-bigip bigip check -f site.yaml',
      '$ flannel-bigip bigip show -f site.yaml',
      '$ flannel-bigip diff --scope all -f site.yaml',
    ]);
    expect(stdout).toContain('Everything agrees.');
  });

  const help = 'npm run demo [-- --all]: onboards a site; with --all a BIG-IP and a cluster too\n';

  it('says what there is, and names a flag that there is not', () => {
    expect(script('scripts/demo.mjs', ['--help'])).toEqual({ code: 0, stdout: help, stderr: '' });
    expect(script('scripts/demo.mjs', ['--al'])).toEqual({
      code: 64,
      stdout: '',
      stderr: `Unknown option '--al'. ${help}`,
    });
  });
});

describe('a clone in which nothing was installed', () => {
  it.each([
    ['scripts/demo.mjs', 'nothing is built yet; run npm ci first\n'],
    ['bin/flannel-bigip.js', 'error: flannel-bigip is not built yet; run npm ci first\n'],
  ])('is told by %s in one line', (name, stderr) => {
    expect(script(name, [], bareClone())).toEqual({ code: 1, stdout: '', stderr });
  });
});

describe('npm run lab', () => {
  it('says what there is, and names a flag that there is not', () => {
    const help = script('scripts/lab.mjs', ['--help']);
    expect([help.code, help.stdout.split('\n')[0], help.stderr]).toEqual([
      0,
      'npm run lab -- [OPTIONS], as root: brings up a site in network namespaces and asks doctor',
      '',
    ]);
    expect(script('scripts/lab.mjs', ['--falt', 'x', '--list'])).toEqual({
      code: 64,
      stdout: '',
      stderr: "Unknown option '--falt'; see npm run lab -- --help\n",
    });
  });

  it('wants root, and says so', () => {
    // Nobody is root in a user namespace that maps no users.
    const words = ['--user', process.execPath, 'scripts/lab.mjs'];
    const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      'npm run lab makes network namespaces, which only root may: run it as root\n',
    ]);
  });
});
