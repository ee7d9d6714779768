import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('npm run demo -- --all onboards a whole site against stand-ins', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/demo.mjs', '--all']);
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
