import { EXIT, Problem } from '../model/problem.ts';
import { run } from './run.ts';

/**
 * Runs one of iproute2's programs.
 *
 * @returns what it printed; null when it says that there is no such device
 * @throws Problem (exit 1) when it fails otherwise
 */
async function iproute(program: string, args: readonly string[]): Promise<string | null> {
  const { error, stdout, stderr } = await run(program, args);
  if (error === null) return stdout;
  if (/does not exist|Cannot find device/i.test(stderr)) return null;
  throw failure(program, args, error, stderr.trim());
}

/** `ip` with these arguments; null when it says that there is no such device. Throws Problem (exit 1). */
export function ip(...args: readonly string[]): Promise<string | null> {
  return iproute('ip', args);
}

/** `bridge` with these arguments; null when it says that there is no such device. Throws Problem (exit 1). */
export function bridge(...args: readonly string[]): Promise<string | null> {
  return iproute('bridge', args);
}

/**
 * Runs a command of iproute2 as it would be typed.
 *
 * @throws Problem (exit 1) when it fails, or names another program
 */
export async function runCommand(command: string): Promise<void> {
  const [program, ...args] = command.split(' ');
  if (program !== 'ip' && program !== 'bridge') throw new Error(`${program} is not of iproute2`);
  const output = await iproute(program, args);
  if (output !== null) return;
  throw new Problem(`${command}: there is no such device`, {
    exit: EXIT.failed,
    fix: 'run doctor again',
  });
}

function failure(program: string, args: readonly string[], cause: Error, said: string): Problem {
  const command = `${program} ${args.join(' ')}`;
  const problem = (message: string, fix: string) =>
    new Problem(message, { exit: EXIT.failed, fix, cause });
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return problem(`the program ${program} is missing`, 'install iproute2');
  }
  if (/Operation not permitted|Permission denied/.test(said)) {
    return problem(`${command}: not permitted`, 'run it as root, or with CAP_NET_ADMIN');
  }
  if (/Operation not supported|Unknown device type/.test(said)) {
    return problem(`${command}: this kernel has no vxlan`, 'load the module vxlan');
  }
  return problem(`${command} failed: ${said || cause.message}`, 'see what it says');
}
