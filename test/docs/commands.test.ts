import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { runInProcess } from './in-process.ts';
import { readPage, spansOf } from './markdown.ts';

it.each([
  ['docs/commands.md is what the table of commands says', 'scripts/command-docs.mjs'],
  ['docs/pictures are what the program prints', 'scripts/pictures.mjs'],
])('%s', (_, script) => {
  expect(execFileSync('node', [script, '--check'], { encoding: 'utf8' })).toBe('');
});

it('docs/commands.md has the options that help shows of a command without any of its own', async () => {
  const { stdout } = await runInProcess(['completion', '--help']);
  const everywhere = readPage('docs/commands.md').filter(
    ({ title }) => title === 'Options of every command',
  );
  const flags = (lines: readonly string[]) =>
    lines.flatMap((line) => /^ *(?:-\w, )?(--[a-z-]+)/.exec(line)?.[1] ?? []).toSorted();
  expect(flags(everywhere.flatMap(spansOf))).toEqual(flags(stdout.split('\n')));
});
