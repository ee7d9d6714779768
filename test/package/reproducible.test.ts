import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

const folder = path.join(temporaryFolder(), 'a path of another length');
afterAll(() => rmSync(path.dirname(folder), { recursive: true }));

/** The files of this clone in that folder, with links to the packages. */
function copyFiles(): void {
  const listed = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' });
  for (const file of listed.split('\0').filter(Boolean)) cpSync(file, path.join(folder, file));
  // esbuild looks through a link to the folder and would see another one; hard links it cannot tell.
  const link = spawnSync('cp', ['--archive', '--link', 'node_modules', folder]);
  if (link.status !== 0) execFileSync('cp', ['--archive', 'node_modules', folder]);
}

describe('a build in another folder, for which nobody else has rights', () => {
  it('makes the same bytes', () => {
    copyFiles();
    const build = 'umask 077; node scripts/build.mjs && node scripts/package.mjs';
    execFileSync('sh', ['-c', build], { cwd: folder });
    const files = globSync('dist/**', { dot: true });

    expect(globSync('dist/**', { dot: true, cwd: folder }).sort()).toEqual(files.sort());
    expect(
      files.filter((file) => !readFileSync(file).equals(readFileSync(path.join(folder, file)))),
    ).toEqual([]);
  }, 120_000);
});
