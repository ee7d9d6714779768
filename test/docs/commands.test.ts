import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('docs/commands.md is what the table of commands says', () => {
  expect(execFileSync('node', ['scripts/command-docs.mjs', '--check'], { encoding: 'utf8' })).toBe(
    '',
  );
});
