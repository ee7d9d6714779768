import { expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { openTerminal } from '../support/terminal.ts';

const SITE = `apiVersion: flannel-bigip/v1
kind: Site
name: 站点甲 # 注释留着
etcd: { endpoints: ["file:store.json"] }
network: { Network: 10.244.0.0/16, SubnetMax: 10.244.99.0, Backend: { Type: vxlan } }
bigips:
  - { name: 负载均衡, subnet: 10.244.100.0/24, publicIP: 10.1.10.245, vtepMAC: "00:0c:29:2e:db:2e" }
`;
const MENDABLE = SITE.replace('99.0', '255.0');

const STEPS: readonly (readonly [args: readonly string[], site: string, next: string])[] = [
  [['validate', 's.yaml'], SITE, 'flannel-bigip diff --file s.yaml'],
  [
    ['validate', 's.yaml'],
    MENDABLE,
    'flannel-bigip validate --fix s.yaml shows what can be mended, and asks',
  ],
  [['diff', '-f', 's.yaml'], SITE, 'flannel-bigip apply --file s.yaml'],
  [['diff', '-f', 's.yaml', '--save', 'p.json'], SITE, 'flannel-bigip apply --plan p.json'],
  [['list', '-f', 's.yaml'], SITE, 'flannel-bigip diff --file s.yaml'],
  [['doctor', '-f', 's.yaml'], SITE, 'mend what fails, then flannel-bigip doctor --file s.yaml'],
  [['backup', 'list'], SITE, 'flannel-bigip backup keeps what is live now'],
  [['backup', 'prune', '--keep', '3'], SITE, 'flannel-bigip backup list'],
];

it.for(STEPS)(
  '%j says at a terminal what comes next, and nothing of it in a pipe',
  async ([args, site, next]) => {
    const cwd = temporaryFolder({ 's.yaml': site });
    const { screen } = await openTerminal(args, cwd, { env: { LC_ALL: 'C.UTF-8' } }).ended;
    const piped = await run(args, { cwd: temporaryFolder({ 's.yaml': site }) });

    expect(screen.trimEnd().split('\r\n').at(-1)).toBe(`Next: ${next}`);
    expect(piped.stdout).not.toContain('Next:');
  },
);

it('keeps a table within a narrow terminal, Chinese names included', async () => {
  const cwd = temporaryFolder({ 's.yaml': SITE });
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
  const cwd = temporaryFolder({ 's.yaml': SITE });
  const env = { XDG_STATE_HOME: `${cwd}/state` };
  await run(['apply', '-f', 's.yaml', '--yes'], { cwd, env });
  await run(['backup', '-f', 's.yaml', '--backup-dir', 'kept'], { cwd, env });
  const lastLine = async (args: readonly string[]) => {
    const { screen } = await openTerminal(args, cwd, { columns: 400 }).ended;
    return screen.trimEnd().split('\r\n').at(-1);
  };
  const folder = ['--backup-dir', 'kept'];

  expect(await lastLine(['backup', 'list', ...folder])).toMatch(
    /^Next: flannel-bigip restore \S+\/kept\/\S+ --dry-run shows what would go back$/,
  );
  expect(await lastLine(['backup', 'prune', '--older-than', '0d', '--dry-run', ...folder])).toBe(
    'Next: flannel-bigip backup prune --older-than 0d --backup-dir kept',
  );
});
