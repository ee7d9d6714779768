import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND, run, temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';
import { SITE } from '../support/sites.ts';

const CONFIG = '{"Network":"10.244.0.0/16","SubnetMax":"10.244.99.0","Backend":{"Type":"vxlan"}}';
const WIDE = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';
const MANIFEST = `apiVersion: v1\nkind: ConfigMap\ndata:\n  net-conf.json: |\n    ${CONFIG}\n`;
const POD = 'apiVersion: v1\nkind: Pod\n';

/** A folder with files in folders below. */
function treeOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

async function checked(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await run(['validate', ...args, '-o', 'json'], { cwd });
  if (stdout === '') return { code, files: [], problems: [], stderr, summary: null };
  const { files, problems, summary } = JSON.parse(stdout);
  return {
    code,
    files: files.map(({ file, problems }: { file: string; problems: { rule: string }[] }) =>
      [file, ...problems.map(({ rule }) => rule)].join(' '),
    ),
    problems: problems.map(({ rule, severity }: Record<string, string>) => `${severity} ${rule}`),
    summary,
    stderr,
  };
}

describe('what validate is given', () => {
  const tree = () =>
    treeOf({
      'sites/b/site.yaml': SITE,
      'sites/a.yaml': SITE,
      'sites/[odd].yaml': SITE,
      'sites/pod.yaml': POD,
      'sites/package.json': '{"name":"x"}',
      'sites/node_modules/x/site.yaml': 'network: 1',
      'sites/.git/site.yaml': 'network: 1',
      'deploy/kube-flannel.yml': MANIFEST,
      'deploy/readme.md': '# network: none',
    });

  it.each([
    [
      'names, once each, in their order',
      ['sites/b/site.yaml', 'sites/a.yaml', './sites/b/site.yaml'],
      ['sites/b/site.yaml', 'sites/a.yaml'],
    ],
    ['a pattern, sorted', ['sites/**/site.yaml'], ['sites/b/site.yaml']],
    [
      'a pattern with choices',
      ['{sites,deploy}/*.{yml,yaml}'],
      [
        'deploy/kube-flannel.yml',
        'sites/[odd].yaml',
        'sites/a.yaml',
        'sites/pod.yaml no-network-config',
      ],
    ],
    ['a pattern that starts above', ['sites/../deploy/*.yml'], ['deploy/kube-flannel.yml']],
    ['a name that looks like a pattern', ['sites/[odd].yaml'], ['sites/[odd].yaml']],
    [
      'a folder, foreign files passed over',
      ['-r', 'sites'],
      ['sites/[odd].yaml', 'sites/a.yaml', 'sites/b/site.yaml'],
    ],
    [
      'several folders',
      ['--recursive', 'deploy', 'sites/b'],
      ['deploy/kube-flannel.yml', 'sites/b/site.yaml'],
    ],
  ])('may be %s', async (_, args, files) => {
    expect((await checked(tree(), ...args)).files).toEqual(files);
  });

  it('counts what it has passed over', async () => {
    const { code, summary } = await checked(tree(), '-r', '.');

    expect(code).toBe(0);
    expect(summary).toEqual({
      files: 4,
      invalid: 0,
      errors: 0,
      warnings: 0,
      ignored: 0,
      mended: 0,
      mendable: 0,
      skipped: 2,
    });
  });

  it('passes over manifests in folders that are about something else, whatever words they hold', async () => {
    const daemon =
      'apiVersion: apps/v1\nkind: DaemonSet\nspec: { path: /etc/kube-flannel/net-conf.json }\n';
    const machine =
      'apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nspec: { network: default }\n';
    const folder = treeOf({
      'daemon.yaml': daemon,
      'machine.yaml': machine,
      'cfg.yaml': MANIFEST.replace('10.244.0.0/16', '10.244.0.1/16'),
    });

    expect((await checked(folder, '-r', '.')).files).toEqual(['cfg.yaml host-bits']);
    expect((await checked(folder, 'daemon.yaml')).files).toEqual(['daemon.yaml no-network-config']);
  });

  it.each([
    [['nosuch/*.yaml'], 'nosuch/*.yaml no-files'],
    [['-r', 'empty'], 'empty no-files'],
    [['sites'], 'sites unreadable-file'],
    [['nosuch.yaml'], 'nosuch.yaml unreadable-file'],
    [['dangling.yaml'], 'dangling.yaml unreadable-file'],
    [['sites/pod.yaml'], 'sites/pod.yaml no-network-config'],
  ])('fails by %j', async (args, file) => {
    const folder = tree();
    mkdirSync(path.join(folder, 'empty'));
    symlinkSync('nowhere', path.join(folder, 'dangling.yaml'));

    const { code, files } = await checked(folder, ...args);

    expect([code, files]).toEqual([3, [file]]);
  });

  it('that is nothing of flannel at all is a failure', async () => {
    const folder = treeOf({ 'deploy/pod.yaml': POD, 'deploy/package.json': '{}' });

    const { code, files, problems } = await checked(folder, '-r', 'deploy');

    expect([code, files, problems]).toEqual([3, [], ['error no-files']]);
  });

  it('does not follow links to folders, which may lead in a circle', async () => {
    const folder = tree();
    symlinkSync('.', path.join(folder, 'sites/again'));

    const { files } = await checked(folder, '-r', 'sites');

    expect(files).toHaveLength(3);
  });

  it('may be a pipe, and the wait for one that nobody writes to can be left', () => {
    const cwd = temporaryFolder();
    spawnSync('mkfifo', ['silent.json'], { cwd });
    const script = `timeout 1 "$@" silent.json; echo "ended $?"; "$@" <(sleep 0.2; echo '${CONFIG}')`;
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', ...COMMAND, 'validate'], {
      cwd,
      env: cleanEnvironment(),
      encoding: 'utf8',
    });

    expect(stdout).toBe('ended 124\n1 file checked, all valid, 0 warnings\n');
  });

  it.each(['/dev/zero', '-'])('is no config when it never ends: %s', (file) => {
    const script = '"$@" < /dev/zero; echo "ended $?"';
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', ...COMMAND, 'validate', file], {
      cwd: temporaryFolder(),
      env: cleanEnvironment(),
      encoding: 'utf8',
    });

    expect(stdout).toContain('is larger than 4194304 bytes, so it is no config');
    expect(stdout).toContain('ended 3\n');
  });

  it.each([
    ['-', ['-'], 'net-conf.json'],
    ['by its name alone', [], 'net-conf.json'],
    ['as YAML', ['-'], 'kube-flannel.yml'],
  ])('may come from standard input: %s', async (_, args, name) => {
    const input = name.endsWith('.yml') ? MANIFEST.replace('99.0', '99.1') : WIDE;

    const { code, stdout } = await run(
      ['validate', ...args, '--stdin-filename', name, '--bigip-subnet', '10.244.100.0/24'],
      { input },
    );

    expect(code).toBe(3);
    expect(stdout).toMatch(new RegExp(`^${name.replace('.', '\\.')}:\\d+:\\d+: error: `));
  });
});

describe('flags of validate', () => {
  const folder = () =>
    treeOf({ 'n.json': WIDE, 'udp.json': '{"Network":"10.0.0.0/8"}', 'site.yaml': SITE });

  it.each([
    ['a subnet that the range leaves open', ['n.json', '--bigip-subnet', '10.244.100.0/24'], 3, []],
    [
      'several subnets',
      ['n.json', '--bigip-subnet', '10.244.100.0/24', '--bigip-subnet', '10.244.101.0/24'],
      3,
      [],
    ],
    [
      'a subnet, and only sites',
      ['site.yaml', '--bigip-subnet', '10.244.100.0/24'],
      0,
      ['warning unused-option'],
    ],
    ['an ignored rule', ['udp.json', '--ignore', 'backend-not-vxlan', '--strict'], 0, []],
    [
      'an ignored rule that nothing breaks',
      ['n.json', '--ignore', 'vxlan-port'],
      0,
      ['warning unused-ignore'],
    ],
    [
      'the same, strictly',
      ['n.json', '--ignore', 'vxlan-port', '--strict'],
      3,
      ['error unused-ignore'],
    ],
    ['warnings, strictly', ['udp.json', '--strict'], 3, []],
    ['warnings', ['udp.json'], 0, []],
  ])('are held against files: %s', async (_, args, code, problems) => {
    const found = await checked(folder(), ...args);

    expect([found.code, found.problems]).toEqual([code, problems]);
  });

  it.each([
    [['--bigip-subnet', '10.244.100.7/24'], '--bigip-subnet 10.244.100.7/24 has host bits'],
    [['--bigip-subnet', 'x'], '--bigip-subnet x is no subnet'],
    [['--flannel', 'latest'], '--flannel latest is no release of flannel'],
    [['--ignore', 'syntax'], '--ignore: syntax cannot be ignored'],
    [
      ['--ignore', 'vxlan-prot'],
      '--ignore: there is no rule "vxlan-prot". Did you mean vxlan-port?',
    ],
    [['--dry-run'], '--dry-run is for --fix'],
    [['-o', 'xml'], '--output xml is none of text, json, sarif, junit, github'],
  ])('with wrong values are wrong usage: %j', async (args, message) => {
    const { code, stdout, stderr } = await run(['validate', 'n.json', ...args], { cwd: folder() });

    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(`error: ${message}`);
  });

  it('does nothing with an ignored error but let the site be used', async () => {
    const cwd = treeOf({
      'flannel-bigip.yaml': `${SITE.replace('10.244.99.0', '10.244.255.0')}ignore: [{ rule: range-includes-bigip, reason: no node joins }]\n`,
    });

    const { code } = await run(['diff', '--endpoints', 'file:store.json'], { cwd });

    expect(code).toBe(2);
  });
});

describe('validate --fix', () => {
  const MENDED = WIDE.replace(
    '/16"',
    '/16", "SubnetMin": "10.244.1.0", "SubnetMax": "10.244.99.0"',
  );
  const DIFF = ['--- a/n.json', '+++ b/n.json', '@@ -1,1 +1,1 @@', `-${WIDE}`, `+${MENDED}`];
  const fix = (cwd: string, ...args: string[]) =>
    run(['validate', 'n.json', '--fix', '--bigip-subnet', '10.244.100.0/24', ...args], { cwd });

  it('shows the difference, writes it, and keeps the mode', async () => {
    const cwd = treeOf({ 'n.json': `${WIDE}\n` });
    chmodSync(path.join(cwd, 'n.json'), 0o640);

    const { code, stdout } = await fix(cwd);
    const again = await fix(cwd);

    expect([code, again.code]).toEqual([0, 0]);
    expect(stdout).toBe(
      [...DIFF, '1 file checked, all valid, 0 warnings, 1 mended', ''].join('\n'),
    );
    expect(again.stdout).toBe('1 file checked, all valid, 0 warnings\n');
    expect(readFileSync(path.join(cwd, 'n.json'), 'utf8')).toBe(`${MENDED}\n`);
    expect(statSync(path.join(cwd, 'n.json')).mode & 0o777).toBe(0o640);
  });

  it('only shows it in a dry run, and reports what is', async () => {
    const cwd = treeOf({ 'n.json': `${WIDE}\n` });

    const { code, stdout } = await fix(cwd, '--dry-run');

    expect(code).toBe(3);
    expect(stdout.startsWith(DIFF.join('\n'))).toBe(true);
    expect(
      stdout.endsWith('1 file checked, 1 invalid: 1 error, 0 warnings, 1 can be mended\n'),
    ).toBe(true);
    expect(readFileSync(path.join(cwd, 'n.json'), 'utf8')).toBe(`${WIDE}\n`);
  });

  it('leaves stdout to the report in other formats', async () => {
    const { code, stdout, stderr } = await fix(treeOf({ 'n.json': `${WIDE}\n` }), '-o', 'json');

    expect(code).toBe(0);
    expect(JSON.parse(stdout).summary.mended).toBe(1);
    expect(stderr).toBe(`${DIFF.join('\n')}\n`);
  });

  it('writes through a link, which stays one', async () => {
    const cwd = treeOf({ 'real/conf': `${WIDE}\n` });
    symlinkSync('real/conf', path.join(cwd, 'n.json'));

    const { code } = await fix(cwd);

    expect(code).toBe(0);
    expect(lstatSync(path.join(cwd, 'n.json')).isSymbolicLink()).toBe(true);
    expect(readFileSync(path.join(cwd, 'real/conf'), 'utf8')).toBe(`${MENDED}\n`);
  });

  it('does not write to standard input', async () => {
    const { code, stderr } = await run(['validate', '--fix', '-'], { input: WIDE });

    expect(code).toBe(64);
    expect(stderr).toContain('--fix cannot write to standard input');
  });

  it('changes nothing in a file that cannot be written', async () => {
    const cwd = treeOf({ 'n.json': `${WIDE}\n` });
    // Root may write anywhere but where nobody may.
    const script = `mount --bind . . && mount -o remount,ro,bind . && cd . && exec "$@"`;
    const args = [...COMMAND, 'validate', `${cwd}/n.json`, '--fix'];
    const result = spawnSync(
      'unshare',
      ['-m', 'bash', '-c', script, 'bash', ...args, '--bigip-subnet', '10.244.100.0/24'],
      { cwd, env: cleanEnvironment(), encoding: 'utf8' },
    );

    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(
      /^error: .*n\.json cannot be written \(EROFS\); it is as it was\./,
    );
    expect(readFileSync(path.join(cwd, 'n.json'), 'utf8')).toBe(`${WIDE}\n`);
  });
});

describe('a report that is longer than a pipe', () => {
  const many = () =>
    treeOf(Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`${n}.json`, '{}'])));

  it('arrives whole at a reader that takes its time', async () => {
    const cwd = many();
    const files = Array.from({ length: 2_000 }, (_, n) => `${n}.json`);
    const [program, ...words] = COMMAND;
    const child = spawn(program, [...words, 'validate', ...files, '-o', 'junit'], {
      cwd,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    for await (const chunk of child.stdout) {
      text += chunk;
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(text.match(/<testsuite /g)).toHaveLength(2_000);
    expect(text.endsWith('</testsuites>\n')).toBe(true);
  });

  it('ends quietly when its reader goes', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's variable
    const script = '"$@" *.json -o junit | head -n 1; exit "${PIPESTATUS[0]}"';
    const result = spawnSync('bash', ['-c', script, 'bash', ...COMMAND, 'validate'], {
      cwd: many(),
      env: cleanEnvironment(),
      encoding: 'utf8',
    });

    expect(result).toMatchObject({
      status: 3,
      stdout: '<?xml version="1.0" encoding="UTF-8"?>\n',
      stderr: '2000 files checked, 2000 invalid: 2000 errors, 0 warnings\n',
    });
  });
});
