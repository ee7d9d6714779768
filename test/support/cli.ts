import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cleanEnvironment } from './etcd.ts';

/** The standalone executable that is tested in the place of the npm build. */
const STANDALONE = process.env['FLANNEL_BIGIP_EXECUTABLE'];

/** What a link on the PATH leads to. */
export const EXECUTABLE = path.resolve(STANDALONE ?? 'bin/flannel-bigip.js');

/** What starts the program, as words in front of its arguments. */
export const COMMAND: readonly [string, ...string[]] =
  STANDALONE === undefined ? [process.execPath, EXECUTABLE] : [EXECUTABLE];

/** `COMMAND` for a shell. */
export const QUOTED = COMMAND.map((word) => `"${word}"`).join(' ');

const [PROGRAM, ...ARGUMENTS] = COMMAND;

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called with what the process writes to file descriptor 3, which is open only then. */
  readonly report?: (text: string) => void;
}

/** A started executable and what becomes of it. */
export interface Running {
  readonly child: ChildProcess;
  readonly result: Promise<Result>;
  /** What it has said on stderr so far. */
  stderr(): string;
}

/** Starts the executable in a folder of its own, with no environment that would steer it. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  const cwd = options.cwd ?? temporaryFolder();
  const child = spawn(PROGRAM, [...ARGUMENTS, ...args], {
    cwd,
    env: { ...cleanEnvironment(), XDG_STATE_HOME: path.join(cwd, 'state'), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe', ...(options.report ? (['pipe'] as const) : [])],
  }) as ChildProcessWithoutNullStreams;
  child.stdio[3]?.on('data', (chunk) => options.report?.(String(chunk)));
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const result = new Promise<Result>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    );
  });
  return { child, result, stderr: () => Buffer.concat(err).toString('utf8') };
}

/** Runs the executable to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return start(args, options).result;
}

/** A new folder that holds these files. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return folder;
}
