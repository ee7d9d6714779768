import { type ExecFileException, execFile } from 'node:child_process';

/** Where programs of the system lie that the PATH of a user who is not root leaves out (Debian). */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin'];

/** Far more than the largest table of routes. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/** Runs a program to its end, with messages that are not translated; one that fails is an answer. */
export function run(
  program: string,
  args: readonly string[],
): Promise<{ error: ExecFileException | null; stdout: string; stderr: string }> {
  const PATH = [process.env['PATH'], ...SYSTEM_FOLDERS].filter(Boolean).join(':');
  const env = { ...process.env, LC_ALL: 'C', PATH };
  return new Promise((done) => {
    execFile(program, args, { env, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) =>
      done({ error, stdout, stderr }),
    );
  });
}
