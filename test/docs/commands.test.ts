import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it.each([
  ['docs/commands.md is what the table of commands says', 'scripts/command-docs.mjs'],
  ['docs/pictures are what the program prints', 'scripts/pictures.mjs'],
])('%s', (_, script) => {
  expect(execFileSync('node', [script, '--check'], { encoding: 'utf8' })).toBe('');
});
