import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { nodeLease, PREFIX, SITE } from '../support/sites.ts';
import { openTerminal } from '../support/terminal.ts';

const AT = ['--endpoints', 'file:store.json'];
const INTERRUPT = '\u0003';

function keysOf(folder: string): string[] {
  const file = path.join(folder, 'store.json');
  return existsSync(file) ? Object.keys(JSON.parse(readFileSync(file, 'utf8')).keys) : [];
}

/** A network in which one node lives outside the declared range. */
function endangered(folder: string): void {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const value = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44');
  const keys = { [`${PREFIX}/subnets/10.244.150.0-24`]: { value, revision: 1, expires } };
  const store = { flannelBigipStore: 1, revision: 1, keys };
  writeFileSync(path.join(folder, 'store.json'), JSON.stringify(store));
}

describe('apply at a terminal', () => {
  it('shows the plan, asks, and writes after a yes', async () => {
    const folder = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    const terminal = openTerminal(['apply', ...AT], folder);

    await terminal.shows('Apply this?');
    terminal.types('y\r');
    const { code, screen } = await terminal.ended;

    expect(code).toBe(0);
    expect(screen.indexOf('2 to add, 0 to change, 0 to remove')).toBeLessThan(
      screen.indexOf('Apply this?'),
    );
    expect(screen).toContain('Applied and read back: 2 changes.');
    expect(keysOf(folder)).toEqual([`${PREFIX}/config`, `${PREFIX}/subnets/10.244.100.0-24`]);
  });

  it.each([
    ['no', 'n\r', 1, 'Not applied; nothing was changed.'],
    ['just Enter', '\r', 1, 'Not applied; nothing was changed.'],
    ['Ctrl-C', INTERRUPT, 130, 'interrupted at the question; nothing was changed'],
  ])('changes nothing after %s', async (_, keys, expected, message) => {
    const folder = temporaryFolder({ 'flannel-bigip.yaml': SITE });
    const terminal = openTerminal(['apply', ...AT], folder);

    await terminal.shows('Apply this?');
    terminal.types(keys);
    const { code, screen } = await terminal.ended;

    expect([code, keysOf(folder)]).toEqual([expected, []]);
    expect(screen).toContain(message);
  });

  it.each([
    ['site-a\r', 0, 3],
    ['yes\r', 1, 1],
  ])(
    "wants the site's name typed where nodes are endangered: %j",
    async (keys, expected, count) => {
      const folder = temporaryFolder({ 'flannel-bigip.yaml': SITE });
      endangered(folder);
      const terminal = openTerminal(['apply', ...AT], folder);

      await terminal.shows("Type the site's name to go on:");
      terminal.types(keys);
      const { code } = await terminal.ended;

      expect([code, keysOf(folder).length]).toEqual([expected, count]);
    },
  );

  it('asks for a password without showing it', async () => {
    const folder = temporaryFolder();
    const args = [
      'list',
      '--endpoints',
      'http://127.0.0.1:1',
      '--etcd-api',
      'v2',
      '--user',
      'root',
    ];
    const terminal = openTerminal(args, folder);

    await terminal.shows('Password of root for etcd:');
    terminal.types('hunter2\r');
    const { code, screen } = await terminal.ended;

    expect(code).toBe(1);
    expect(screen).toContain('refuses the connection');
    expect(screen).not.toContain('hunter2');
  });
});
