import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitShellWords } from '../../src/session/shell-words.ts';
import { EXECUTABLE, run, temporaryFolder } from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';
import { PAIR } from '../support/sites.ts';
import { openCommand } from '../support/terminal.ts';

const DUAL_SITE = `apiVersion: flannel-bigip/v1
kind: Site
name: "it's $(touch evaluated) \\"a\\" site"
network:
  Network: 10.244.0.0/16
  SubnetMax: 10.244.99.0
  EnableIPv6: true
  IPv6Network: "fd00:10:244::/48"
  IPv6SubnetMax: "fd00:10:244:63::"
  Backend: { Type: vxlan }
bigips:
  - name: unit $HOME
    subnet: 10.244.100.0/24
    publicIP: 10.1.10.245
    vtepMAC: 00:0c:29:2e:db:2e
    ipv6Subnet: "fd00:10:244:64::/64"
    publicIPv6: "fd00:10:1::245"
    vtepMACv6: 00:0c:29:2e:db:2f
`;

let bin: string;
beforeAll(() => {
  bin = temporaryFolder();
  symlinkSync(EXECUTABLE, path.join(bin, 'flannel-bigip'));
});

const environment = () => ({
  ...cleanEnvironment(),
  PATH: `${bin}:${process.env['PATH']}`,
  HOME: temporaryFolder(),
});

/** What bash would put in the place of the word at the end of the line. */
function inBash(line: string, cwd: string): string[] {
  const script = `source <(flannel-bigip completion bash)
COMP_LINE=$1 COMP_POINT=\${#1}
# As readline splits: at blanks, and at = and : into words of their own.
read -r -a COMP_WORDS <<<"$(sed -E 's/[=:]+/ & /g' <<<"$1")"
case "$1" in *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
_flannel_bigip
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', line], {
    cwd,
    env: environment(),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

/** What zsh would offer: the matches that its own completion system was handed. */
function inZsh(words: readonly string[], cwd: string): string[] {
  const script = `autoload -Uz compinit && compinit -u -D
source <(flannel-bigip completion zsh)
compadd() { local -a found; found=("\${(@P)argv[-1]}"); print -rl -- "\${found[@]}"; }
compset() { :; }
_files() { print -r -- "files $*"; }
words=(flannel-bigip "$@"); CURRENT=$#words
_flannel-bigip`;
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script, 'zsh', ...words], {
    cwd,
    env: environment(),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

/** What fish offers, each with its explanation behind a tab. */
function inFish(line: string, cwd: string): string[] {
  const script = 'flannel-bigip completion fish | source; complete -C $argv[1]';
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script, line], {
    cwd,
    env: environment(),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe('completion of a command line', () => {
  const folder = () => temporaryFolder({ 'flannel-bigip.yaml': PAIR, 'net-conf.json': '{}' });
  const subnets = ['bigip-1', '10.244.100.0/24', 'bigip-2', '10.244.101.0/24'];

  it.each([
    ['a command', 'flannel-bigip va', ['validate']],
    ['a flag', 'flannel-bigip list --etcd', ['--etcd-api']],
    ['a value of a flag', 'flannel-bigip list --etcd-api v', ['v2', 'v3']],
    ['a value behind =', 'flannel-bigip list --etcd-api=v', ['v2', 'v3']],
    ['a format', 'flannel-bigip validate -o s', ['sarif']],
    ['a rule', 'flannel-bigip validate --ignore vxlan-p', ['vxlan-port']],
    ['a shell', 'flannel-bigip completion f', ['fish']],
    ['what the site reserves', 'flannel-bigip remove ', subnets],
    ['a subnet', 'flannel-bigip remove 10.244.101', ['10.244.101.0/24']],
    ["the site's name", 'flannel-bigip apply --confirm ', ['site-a']],
    ['a command behind another', 'flannel-bigip bigip s', ['show']],
    ['a flag of one behind another', 'flannel-bigip bigip apply --tm', ['--tmsh']],
    ['a BIG-IP by its name', 'flannel-bigip bigip show ', ['bigip-1', 'bigip-2']],
    ['a word of one behind another', 'flannel-bigip bigip fdb ', ['sync']],
    ['a file', 'flannel-bigip validate net', ['net-conf.json']],
    ['a file of a flag', 'flannel-bigip diff -f flannel-b', ['flannel-bigip.yaml']],
    ['nothing behind a wrong word', 'flannel-bigip remove zzz', []],
    ['nothing for a free value', 'flannel-bigip list --endpoints ', []],
  ])('finds %s, in every shell', (_, line, wanted) => {
    const cwd = folder();
    const words = splitShellWords(line);
    const prefix = /=/.test(words.at(-1) ?? '') ? `${words.at(-1)?.split('=')[0]}=` : '';
    const isPath = /^(?:net-conf|flannel-bigip)\./.test(wanted[0] ?? '');

    const [bash, zsh, fish] = [inBash(line, cwd), inZsh(words.slice(1), cwd), inFish(line, cwd)];

    expect(bash).toEqual(wanted);
    expect(zsh).toEqual(isPath ? ['files '] : wanted.map((word) => `${prefix}${word}`));
    expect(new Set(fish.map((one) => one.split('\t')[0]))).toEqual(
      new Set(wanted.map((word) => `${prefix}${word}`)),
    );
  });

  it('explains commands where the shell shows explanations', () => {
    expect(inFish('flannel-bigip di', folder())).toEqual([
      'diff\tshow what differs between the site file and etcd, with --scope Nodes and BIG-IPs too (exit 2 when something does)',
    ]);
  });

  it('offers a flag that stands once only once, and one for lists again', () => {
    const line = 'flannel-bigip validate --strict --ignore vxlan-port --';
    const flags = inBash(line, folder());

    expect(flags).toContain('--ignore');
    expect(flags).not.toContain('--strict');
  });

  it('takes names from the file that the line names', () => {
    const cwd = temporaryFolder();
    mkdirSync(path.join(cwd, 'my sites'));
    writeFileSync(path.join(cwd, 'my sites/b.yaml'), PAIR.replace('site-a', 'site-b'));

    expect(inBash("flannel-bigip apply -f 'my sites/b.yaml' --confirm ", cwd)).toEqual(['site-b']);
    expect(inBash('flannel-bigip apply --file=my\\ sites/b.yaml --confirm ', cwd)).toEqual([
      'site-b',
    ]);
  });

  it('never lets a name reach the shell as code, and survives colons', () => {
    const cwd = temporaryFolder({ 'flannel-bigip.yaml': DUAL_SITE });

    expect(inBash('flannel-bigip remove ', cwd)).toEqual([
      'unit\\ \\$HOME',
      '10.244.100.0/24',
      'fd00:10:244:64::/64',
    ]);
    expect(inBash('flannel-bigip remove fd00:10:2', cwd)).toEqual(['244:64::/64']);
    expect(inZsh(['remove', 'unit'], cwd)).toEqual(['unit $HOME']);
    const [quoted = ''] = inBash('flannel-bigip apply --confirm ', cwd);
    expect(execFileSync('bash', ['-c', `printf %s ${quoted}`], { cwd, encoding: 'utf8' })).toBe(
      'it\'s $(touch evaluated) "a" site',
    );
    expect(spawnSync('ls', { cwd, encoding: 'utf8' }).stdout).toBe('flannel-bigip.yaml\n');
  });

  it.each([
    ['an invalid site file', { 'flannel-bigip.yaml': 'apiVersion: [' }],
    ['no site file', {}],
  ])('is silent with %s', async (_, files) => {
    const { code, stdout, stderr } = await run(['__complete', 'zsh', 'remove', ''], {
      cwd: temporaryFolder(files),
    });

    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('completion in a zsh that somebody types into', () => {
  const COMPINIT = 'autoload -Uz compinit && compinit -u -D';

  it.each([
    ['sourced', `${COMPINIT}\nsource <(flannel-bigip completion zsh)`],
    ['a file of fpath', `fpath=($ZDOTDIR $fpath)\n${COMPINIT}`],
  ])('works at the first TAB as %s', async (_, setup) => {
    const { stdout } = await run(['completion', 'zsh']);
    const home = temporaryFolder({
      '.zshrc': `${setup}\nPS1='ready> '\n`,
      '_flannel-bigip': stdout,
    });
    const env = { PATH: environment().PATH ?? '', ZDOTDIR: home };
    const zsh = openCommand(['zsh', '-d', '-i'], home, { env });
    await zsh.shows('ready>');
    zsh.types('flannel-bigip vali\t');
    await zsh.shows('flannel-bigip validate');
    zsh.types('\u0015exit\r');

    expect((await zsh.ended).code).toBe(0);
  });
});

describe('the command completion', () => {
  it.each([[[]], [['tcsh']], [['bash', 'zsh']]])(
    'wants one shell that it knows, not %j',
    async (shells) => {
      const { code, stdout, stderr } = await run(['completion', ...shells]);

      expect([code, stdout]).toEqual([64, '']);
      expect(stderr).toContain('flannel-bigip completion --help');
    },
  );

  it('is in the help, and what its scripts ask is not', async () => {
    const { stdout } = await run(['--help']);

    expect(stdout).toContain('flannel-bigip completion ');
    expect(stdout).not.toContain('__complete');
  });
});

describe('words of a shell', () => {
  it.each([
    ['flannel-bigip li', ['flannel-bigip', 'li']],
    ['flannel-bigip list ', ['flannel-bigip', 'list', '']],
    ['  a   b', ['a', 'b']],
    ["a 'b c' d", ['a', 'b c', 'd']],
    ['a "b \\"c\\" $d', ['a', 'b "c" $d']],
    ['a b\\ c', ['a', 'b c']],
    ['a x\'y z\'"w"', ['a', 'xy zw']],
    ["a ''", ['a', '']],
    ['', ['']],
  ])('%j are %j', (line, words) => {
    expect(splitShellWords(line)).toEqual(words);
  });
});
