import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { QUOTED, run, temporaryFolder } from '../support/cli.ts';
import { openCommand, openTerminal } from '../support/terminal.ts';

const SITE = `apiVersion: flannel-bigip/v1
kind: Site
name: 站点甲 # 注释留着
etcd: { endpoints: ["file:store.json"] }
network: { Network: 10.244.0.0/16, SubnetMax: 10.244.99.0, Backend: { Type: vxlan } }
bigips:
  - { name: 负载均衡, subnet: 10.244.100.0/24, publicIP: 10.1.10.245, vtepMAC: "00:0c:29:2e:db:2e" }
`;
const MENDABLE = SITE.replace('99.0', '255.0');
const BROKEN = SITE.replace('publicIP', 'publcIP');
const NETWORK = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';

/** Files of the folder that a command is started in. */
const FILES = {
  's.yaml': SITE,
  'my site.yaml': SITE,
  'mendable.yaml': MENDABLE,
  'broken.yaml': BROKEN,
  'net-conf.json': NETWORK,
};

/** The last line that a terminal shows. */
async function lastLine(args: readonly string[], cwd: string): Promise<string | undefined> {
  const { screen } = await openTerminal(args, cwd, { columns: 400, env: { LC_ALL: 'C.UTF-8' } })
    .ended;
  return screen.trimEnd().split('\r\n').at(-1);
}

/** Behind each change of a store that holds nothing yet. */
const NEW = '   # makes a new network: check --prefix first';

const STEPS: readonly (readonly [line: string, next: string])[] = [
  ['validate s.yaml', 'flannel-bigip diff --file s.yaml'],
  ['validate broken.yaml', 'mend broken.yaml, then flannel-bigip validate broken.yaml'],
  [
    'validate mendable.yaml',
    'flannel-bigip validate --fix mendable.yaml   # mends it; --dry-run only shows how',
  ],
  ['validate mendable.yaml --fix', 'flannel-bigip diff --file mendable.yaml'],
  [
    'validate s.yaml broken.yaml',
    'mend broken.yaml, then flannel-bigip validate s.yaml broken.yaml',
  ],
  [
    'validate net-conf.json',
    'flannel-bigip init   # writes a site file for the network and its BIG-IP',
  ],
  ['diff -f s.yaml', `flannel-bigip apply --file s.yaml${NEW}`],
  ['diff -f s.yaml --prune', `flannel-bigip apply --file s.yaml --prune${NEW}`],
  [
    'diff -f s.yaml --endpoints file:b.json --save p.json',
    `flannel-bigip apply --plan p.json --file s.yaml --endpoints file:b.json${NEW}`,
  ],
  ['apply -f s.yaml --dry-run --prune', 'flannel-bigip apply --file s.yaml --prune'],
  ['apply -f s.yaml --yes', 'flannel-bigip list --file s.yaml'],
  ['list -f s.yaml', 'flannel-bigip diff --file s.yaml'],
  [
    'list --endpoints file:store.json',
    'flannel-bigip init --from-live --endpoints file:store.json',
  ],
  ['remove --ignore-not-found 10.244.7.0/24 -f s.yaml', 'flannel-bigip list --file s.yaml'],
  ['doctor -f s.yaml', 'mend what fails, then flannel-bigip doctor --file s.yaml'],
  [
    'doctor -f s.yaml --only etcd-config',
    'mend what fails, then flannel-bigip doctor --file s.yaml --only etcd-config',
  ],
  [
    'doctor bundle case.tar.gz -f s.yaml',
    'flannel-bigip doctor --from case.tar.gz   # tells what it shows, anywhere',
  ],
  [
    'backup kept.json -f s.yaml',
    'flannel-bigip restore kept.json --dry-run --file s.yaml   # shows what would go back',
  ],
  ['backup list', 'flannel-bigip backup'],
  ['backup prune --keep 3', 'flannel-bigip backup list'],
  ['service print --no-pin', 'flannel-bigip service install --no-pin'],
];

describe('at a terminal, and in no pipe,', () => {
  it.for(STEPS)('%s ends with what comes next', async ([line, next]) => {
    const args = line.split(' ');
    const piped = await run(args, { cwd: temporaryFolder(FILES) });

    expect(await lastLine(args, temporaryFolder(FILES))).toBe(`Next: ${next}`);
    expect(piped.stdout).not.toContain('Next:');
  });

  it('a name with a blank is quoted', async () => {
    const cwd = temporaryFolder(FILES);
    expect(await lastLine(['validate', 'my site.yaml'], cwd)).toBe(
      "Next: flannel-bigip diff --file 'my site.yaml'",
    );
  });

  it('an equal site leads on to what shows whether traffic flows', async () => {
    const cwd = temporaryFolder(FILES);
    await run(['apply', '-f', 's.yaml', '--yes'], { cwd });
    const doctor = 'Next: flannel-bigip doctor --file s.yaml';

    expect(await lastLine(['diff', '-f', 's.yaml'], cwd)).toBe(doctor);
    expect(await lastLine(['apply', '-f', 's.yaml'], cwd)).toBe(doctor);
  });

  it.for([
    'FLANNEL-BIGIP diff -f - < s.yaml',
    'cat s.yaml | FLANNEL-BIGIP diff -f /dev/stdin',
    'mkfifo pipe; cat s.yaml > pipe & FLANNEL-BIGIP diff -f pipe',
    'FLANNEL-BIGIP diff -f s.yaml --save p.json > p.txt; FLANNEL-BIGIP apply -f s.yaml --plan - --dry-run < p.json',
    'FLANNEL-BIGIP backup b.json -f s.yaml > b.txt; FLANNEL-BIGIP restore - -f s.yaml --dry-run < b.json',
  ])('nothing leads on to what has come once: %s', async (line) => {
    const cwd = temporaryFolder(FILES);
    await run(['apply', '-f', 's.yaml', '--yes'], { cwd });
    const piped = line.replaceAll('FLANNEL-BIGIP', QUOTED);
    const { code, screen } = await openCommand(['sh', '-c', piped], cwd).ended;

    // From /dev, where the store of the site file is not.
    expect(code).toBe(line.includes('/dev/stdin') ? 2 : 0);
    expect(screen).toMatch(/\S/);
    expect(screen).not.toContain('Next:');
  });

  it('a file whose name looks like options is named', async () => {
    const cwd = temporaryFolder({ 'a --file - b.yaml': SITE });
    expect(await lastLine(['diff', '-f', 'a --file - b.yaml'], cwd)).toBe(
      `Next: flannel-bigip apply --file 'a --file - b.yaml'${NEW}`,
    );
  });

  it.each(['none.yaml', '.', 'x/*.yaml'])('nothing is to be mended of %s', async (file) => {
    const { code, screen } = await openTerminal(['validate', file], temporaryFolder(FILES)).ended;

    expect(code).toBe(3);
    expect(screen).not.toContain('Next:');
  });

  it('nothing is promised after a failure', async () => {
    const cwd = temporaryFolder(FILES);
    const { screen } = await openTerminal(['list', '--endpoints', 'http://127.0.0.1:1'], cwd).ended;
    expect(screen).not.toContain('Next:');
  });
});

it('keeps a table within a narrow terminal, Chinese names included', async () => {
  const cwd = temporaryFolder(FILES);
  await run(['apply', '-f', 's.yaml', '--yes'], { cwd });
  const { screen } = await openTerminal(['list', '-f', 's.yaml'], cwd, {
    columns: 80,
    env: { LC_ALL: 'C.UTF-8' },
  }).ended;

  expect(screen.split('\r\n').slice(0, 2)).toEqual([
    'SUBNET           PUBLIC IP    VTEP MAC           EXPIRES  KIND   NAME',
    '10.244.100.0/24  10.1.10.245  00:0c:29:2e:db:2e  never    bigip  负载均衡',
  ]);
});

it('leads from the backups that are kept to one that can be restored', async () => {
  const cwd = temporaryFolder(FILES);
  const env = { XDG_STATE_HOME: `${cwd}/state` };
  await run(['apply', '-f', 's.yaml', '--yes'], { cwd, env });
  await run(['backup', '-f', 's.yaml', '--backup-dir', 'kept'], { cwd, env });
  const folder = ['--backup-dir', 'kept'];

  expect(await lastLine(['backup', 'list', ...folder], cwd)).toMatch(
    /^Next: flannel-bigip restore \S+\/kept\/\S+ --dry-run --backup-dir kept {3}# shows what would go back$/,
  );
  expect(
    await lastLine(['backup', 'prune', '--older-than', '0d', '--dry-run', ...folder], cwd),
  ).toBe('Next: flannel-bigip backup prune --backup-dir kept --older-than 0d');
});

it('keeps Chinese names and comments in whatever it rewrites', async () => {
  const cwd = temporaryFolder(FILES);
  await run(['validate', '--fix', 'mendable.yaml'], { cwd });
  const withoutRange = (text: string) =>
    text.split('\n').filter((line) => !line.startsWith('network:'));

  expect(withoutRange(readFileSync(path.join(cwd, 'mendable.yaml'), 'utf8'))).toEqual(
    withoutRange(SITE),
  );
});
