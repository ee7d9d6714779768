import { existsSync } from 'node:fs';
import { EXIT, Problem } from '../model/problem.ts';
import { run } from './run.ts';

/** Whether systemd is what runs this host (sd_booted(3)). */
export function isRunBySystemd(): boolean {
  return existsSync('/run/systemd/system');
}

/**
 * Runs `systemctl`.
 *
 * @returns what it printed, also where it answers no by its exit code
 * @throws Problem (exit 1) when it is missing, or fails and `mayFail` is not set
 */
export async function systemctl(
  args: readonly string[],
  { mayFail = false }: { readonly mayFail?: boolean } = {},
): Promise<string> {
  const { error, stdout, stderr } = await run('systemctl', args);
  if (error === null || (mayFail && error.code !== 'ENOENT')) return stdout.trim();
  const why = error.code === 'ENOENT' ? 'it is missing' : stderr.trim() || error.message;
  throw new Problem(`systemctl ${args.join(' ')} failed: ${why}`, {
    exit: EXIT.failed,
    fix: 'run it as root',
    cause: error,
  });
}
