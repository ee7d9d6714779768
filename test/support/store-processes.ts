import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { temporaryFolder } from './cli.ts';
import type { WriterJob } from './store-writer.ts';

/** A process that writes to a file store. */
export interface Writer {
  readonly child: ChildProcess;
  /** What it has said so far. */
  said(): string;
  /** Its exit code, null when a signal ended it. */
  readonly end: Promise<number | null>;
}

/** Makes what starts writer processes on a file. */
export async function writerProcesses(): Promise<(file: string, job: WriterJob) => Writer> {
  const outfile = path.join(temporaryFolder(), 'writer.cjs');
  await build({
    entryPoints: ['test/support/store-writer.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  return (file, job) => {
    const child = spawn(process.execPath, [outfile, file, JSON.stringify(job)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
    });
    return {
      child,
      said: () => text,
      end: new Promise((done) => child.once('close', (code) => done(code))),
    };
  };
}
