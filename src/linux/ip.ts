import { execFile } from 'node:child_process';
import { EXIT, Problem } from '../model/problem.ts';

/** Far more than the largest table of routes. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/**
 * Runs iproute2's `ip`.
 *
 * @returns what it printed; null when it says that there is no such device
 * @throws Problem (exit 1) when it fails otherwise
 */
export async function ip(...args: readonly string[]): Promise<string | null> {
  const { error, stdout, stderr } = await new Promise<{
    error: Error | null;
    stdout: string;
    stderr: string;
  }>((done) => {
    // Its messages are read below, so they must not be translated.
    const env = { ...process.env, LC_ALL: 'C' };
    execFile('ip', args, { env, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) =>
      done({ error, stdout, stderr }),
    );
  });
  if (error === null) return stdout;
  if (/does not exist|Cannot find device/i.test(stderr)) return null;
  throw failure(args, error, stderr.trim());
}

function failure(args: readonly string[], cause: Error, said: string): Problem {
  const command = `ip ${args.join(' ')}`;
  const problem = (message: string, fix: string) =>
    new Problem(message, { exit: EXIT.failed, fix, cause });
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return problem('the program ip is missing', 'install iproute2');
  }
  if (/Operation not permitted|Permission denied/.test(said)) {
    return problem(`${command}: not permitted`, 'run it as root, or with CAP_NET_ADMIN');
  }
  if (/Operation not supported|Unknown device type/.test(said)) {
    return problem(`${command}: this kernel has no vxlan`, 'load the module vxlan');
  }
  return problem(`${command} failed: ${said || cause.message}`, 'see what it says');
}
