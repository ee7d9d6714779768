import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';

/** Names what is missing and fails, before any test runs; installs and builds nothing. */
export default function setup({ name }: TestProject): void {
  const { status } = spawnSync('node', ['scripts/test-setup.mjs', '--check'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('programs that the tests start are missing');
  if (name === 'executable' && !existsSync('dist/flannel-bigip')) {
    throw new Error('dist/flannel-bigip is missing; run: npm run package');
  }
}
