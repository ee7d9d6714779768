// When what is released was committed: every file in a package carries that time, so that two builds
// of one commit are equal byte for byte (reproducible-builds.org).
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { root } from './root.mjs';

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });

/** Seconds since 1970: what SOURCE_DATE_EPOCH says, else when the clone's commit was made. */
export function releaseTime() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given) {
    if (!/^\d{1,10}$/.test(given))
      throw new Error(`SOURCE_DATE_EPOCH is to be seconds since 1970, not ${given}`);
    return Number(given);
  }
  // A copy of the files may lie inside a clone of something else, whose commit says nothing of them.
  const { stdout, stderr } = git('rev-parse', '--show-toplevel');
  if (!stdout || realpathSync(stdout.trim()) !== realpathSync(root)) {
    const why = stderr?.trim() || `the clone around it is ${stdout?.trim() || 'none'}`;
    throw new Error(
      `${root} is no clone, so nothing tells the time of the release (${why}); set SOURCE_DATE_EPOCH to it, in seconds since 1970`,
    );
  }
  if (git('status', '--porcelain').stdout) {
    console.error(
      'warning: the working tree is not what is committed; nobody can build this again',
    );
  }
  return Number(git('log', '-1', '--format=%ct').stdout);
}
