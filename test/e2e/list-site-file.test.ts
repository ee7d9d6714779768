import { describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { SITE } from '../support/sites.ts';

describe('list beside a site file that cannot be used', () => {
  const folder = () =>
    temporaryFolder({ 'flannel-bigip.yaml': SITE.replace('publicIP', 'publcIP') });

  it('does without it where etcd is named', async () => {
    const { code, stdout, stderr } = await run(['list', '--endpoints', 'file:s.json'], {
      cwd: folder(),
    });

    expect([code, stdout]).toEqual([0, expect.stringMatching(/^no leases /)]);
    expect(stderr).toContain('did you mean publicIP?');
    expect(stderr).toMatch(/\nwarning: the site file cannot be used, and is left out\n$/);
  });

  it.each([[[]], [['-f', 'flannel-bigip.yaml', '--endpoints', 'file:s.json']]])(
    'does not where it is what was meant: %j',
    async (args) => {
      expect((await run(['list', ...args], { cwd: folder() })).code).toBe(3);
    },
  );
});
