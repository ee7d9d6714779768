import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli.ts';
import type { World } from '../../src/world.ts';

/** Runs the program in this process, without environment, terminal, or anything to wait for. */
export async function runInProcess(
  args: readonly string[],
  { cwd = '/nonexistent', input = '' } = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) =>
    new Writable({
      write(chunk: unknown, _, done) {
        written[name] += String(chunk);
        done();
      },
    });
  const world: World = {
    env: {},
    cwd,
    stdin: Readable.from([input]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: new AbortController().signal,
    whileWriting: (work) => work(),
    serve: (work) => work(new AbortController().signal),
    beforeExit: () => () => undefined,
    onHangUp: () => undefined,
    now: () => new Date(0),
  };
  const code = await main(args, world);
  return { code, ...written };
}
