import stringWidth from 'fast-string-width';
import { beforeAll, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { openTerminal } from '../support/terminal.ts';

const SITE = `apiVersion: flannel-bigip/v1
kind: Site
name: 站点甲
etcd: { endpoints: ["file:store.json"] }
network: { Network: 10.244.0.0/16, SubnetMax: 10.244.99.0, Backend: { Type: vxlan } }
bigips:
  - { name: 上海（浦东）机房（一号, subnet: 10.244.100.0/24, publicIP: 10.1.10.245, vtepMAC: "00:0c:29:2e:db:2e" }
`;

let cwd = '';
beforeAll(async () => {
  cwd = temporaryFolder({ 's.yaml': SITE, 'bad.yaml': SITE.replaceAll('99.0', '255.0') });
  const env = { XDG_STATE_HOME: `${cwd}/state` };
  await run(['apply', '-f', 's.yaml', '--yes'], { cwd, env });
  for (let i = 0; i < 2; i++) await run(['backup', '-f', 's.yaml'], { cwd, env });
});

const LOCALES = ['C.UTF-8', 'C'] as const;
const COMMANDS = [
  ['list', '-f', 's.yaml'],
  ['list', '-f', 's.yaml', '-o', 'wide'],
  ['list', '-f', 's.yaml', '-o', 'map'],
  ['validate', 's.yaml', 'bad.yaml'],
  ['diff', '-f', 's.yaml'],
  ['doctor', '-f', 's.yaml'],
  ['backup', 'list'],
];

/** Lines that are wider than the terminal although they could be broken. */
function tooWide(screen: string, columns: number): string[] {
  return screen.split('\r\n').filter((line) => {
    // Commands, and what is one word, alone or behind its title.
    const isWhole = /^(?:Next: .*|error: .*| *\S+|\w+ {2,}\S+)$/.test(line);
    return !isWhole && stringWidth(line) > columns;
  });
}

it.for(COMMANDS.flatMap((args) => [40, 60, 80].map((columns) => [args, columns] as const)))(
  '%j stays within %i columns',
  async ([args, columns]) => {
    for (const LC_ALL of LOCALES) {
      const { screen } = await openTerminal(args, cwd, { columns, env: { LC_ALL } }).ended;
      expect(screen.length).toBeGreaterThan(20);
      expect(tooWide(screen, columns)).toEqual([]);
    }
  },
);
