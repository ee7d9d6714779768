import { main } from './cli.ts';
import { EXIT } from './model/problem.ts';
import { clearProgress } from './output/progress.ts';

/** Starts the program on the real process. */
export async function start(): Promise<void> {
  // Connections of this program's own say so themselves; libraries also make some, as to renew a token.
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  const interrupt = new AbortController();
  let writing = false;
  let serving = false;
  const leaving = new Set<() => Promise<void>>();
  let isLeaving = false;
  const leave = () => {
    clearProgress();
    if (isLeaving || leaving.size === 0) process.exit(EXIT.interrupted);
    isLeaving = true;
    const all = [...leaving].map((work) => work());
    void Promise.allSettled(all).then(() => process.exit(EXIT.interrupted));
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // Reading can be left at once. A write in flight is finished first; a second signal is final.
      if (!(writing || serving) || interrupt.signal.aborted) return leave();
      interrupt.abort();
      if (serving) return undefined;
      clearProgress();
      process.stderr.write('Stopping after the write in flight; once more stops at once.\n');
      return undefined;
    });
  }
  let unwritable = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader has gone (`| head`). What was begun is finished, and the exit code stays true.
      if (error.code === 'EPIPE' || unwritable) return;
      unwritable = true;
      process.stderr.write(`error: the output cannot be written (${error.code})\n`);
      // It may come to light only when everything else is done.
      process.exitCode ||= EXIT.failed;
    });
  }
  const code = await main(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interrupt.signal,
    async whileWriting(work) {
      writing = true;
      try {
        return await work();
      } finally {
        writing = false;
      }
    },
    async serve(work) {
      serving = true;
      return work(interrupt.signal).finally(() => {
        serving = false;
      });
    },
    beforeExit(work) {
      leaving.add(work);
      return () => leaving.delete(work);
    },
    onHangUp(listener) {
      process.on('SIGHUP', listener);
    },
    now: () => new Date(),
  });
  process.exitCode = unwritable && code === EXIT.done ? EXIT.failed : code;
  // Everything is written and closed by then; to free what the process has costs it milliseconds more.
  process.once('beforeExit', () => process.exit());
}
