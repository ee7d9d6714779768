import { describe, expect, it } from 'vitest';
import { BigIpSite, writesOf } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';
import { openTerminal } from '../support/terminal.ts';

const device = devicesOfTest();
const INTERRUPT = '\u0003';

describe('bigip apply at a terminal', () => {
  it('asks for user and password, unseen, then shows the plan and writes after a yes', async () => {
    const one = await device();
    const { folder } = new BigIpSite([one]);
    const terminal = openTerminal(['bigip', 'apply'], folder);
    await terminal.shows("User of the BIG-IP's management:");
    terminal.types(`${one.user}\r`);
    await terminal.shows('Password of fluser for the BIG-IP:');
    terminal.types(`${one.password}\r`);
    await terminal.shows('Apply this to bigip-1?');
    terminal.types('y\r');
    const { code, screen } = await terminal.ended;
    expect([code, one.saves, [...one.tokens]]).toEqual([0, 1, []]);
    expect(screen).not.toContain(one.password);
    expect(screen.indexOf('3 to add')).toBeLessThan(screen.indexOf('Apply this to bigip-1?'));
  });

  it.each([
    ['no', 'n\r', 1, 'Not applied; nothing was changed.'],
    ['Ctrl-C', INTERRUPT, 130, 'interrupted at the question; nothing was changed'],
  ])('changes nothing after %s, and gives the token back', async (_, keys, expected, message) => {
    const one = await device();
    const site = new BigIpSite([one]);
    const terminal = openTerminal(['bigip', 'apply'], site.folder, { env: site.env });
    await terminal.shows('Apply this to bigip-1?');
    terminal.types(keys);
    const { code, screen } = await terminal.ended;
    expect([code, writesOf(one), [...one.tokens]]).toEqual([expected, [], []]);
    expect(screen).toContain(message);
  });

  it('asks before it overwrites what a site file says', async () => {
    const one = await device();
    setUp(one, { localAddress: '10.1.10.244' });
    const site = new BigIpSite([one]);
    const terminal = openTerminal(['bigip', 'import'], site.folder, { env: site.env });
    await terminal.shows('Overwrite this in flannel-bigip.yaml?');
    terminal.types('y\r');
    const { code, screen } = await terminal.ended;
    expect([code, screen]).toEqual([
      0,
      expect.stringContaining('bigip-1: publicIP  10.1.10.245 -> 10.1.10.244'),
    ]);
  });
});
