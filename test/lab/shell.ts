import { execFile } from 'node:child_process';

/** What became of a shell command. */
export interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell command in a network namespace (`null` is the lab's own) and waits for its end. */
export function shell(
  namespace: string | null,
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Done> {
  const words = namespace === null ? [] : ['ip', 'netns', 'exec', namespace];
  const [program = 'sh', ...args] = [...words, 'sh', '-c', command];
  return new Promise((done) => {
    const options = { env: { ...process.env, ...env }, timeout: 60_000, cwd: env['LAB'] ?? '/' };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ code, stdout, stderr });
    });
  });
}

/** As `shell`, for what cannot fail unless the lab is wrong. */
export async function must(namespace: string | null, command: string): Promise<string> {
  const { code, stdout, stderr } = await shell(namespace, `set -e; ${command}`);
  if (code !== 0) throw new Error(`${namespace ?? 'lab'}: ${command}: ${stderr || stdout}`);
  return stdout;
}
