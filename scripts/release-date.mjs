// When what is released was committed: every file in a package carries that time, so that two builds
// of one commit are equal byte for byte (reproducible-builds.org).
import { spawnSync } from 'node:child_process';

/** Seconds since 1970; outside a clone of the repository what SOURCE_DATE_EPOCH says, else 0. */
export function releaseTime() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given) return Number(given);
  const cwd = new URL('..', import.meta.url).pathname;
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd, encoding: 'utf8' });
  return Number(stdout?.trim() || 0);
}
