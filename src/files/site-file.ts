import { isUtf8 } from 'node:buffer';
import {
  constants,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { EXIT, Problem } from '../model/problem.ts';
import { BUN } from '../runtime.ts';

/** The names that are looked for when no file is named, in this order. */
const DEFAULT_NAMES = ['flannel-bigip.yaml', 'flannel-bigip.yml', 'flannel-bigip.json'];

/** Larger than any config; what is larger is some other file. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The site file in a folder that a command takes without being told; null when there is none. */
export function defaultSiteFile(folder: string): string | null {
  return DEFAULT_NAMES.find((name) => existsSync(path.join(folder, name))) ?? null;
}

/** What reading asks of the world outside. */
interface ReadingWorld {
  /** The folder that relative paths begin at. */
  readonly cwd: string;
  readonly stdin: Readable;
}

/**
 * Reads a file's text, or standard input for `-`. A pipe or a device is read no further than a
 * config can be long, and an interrupt ends the wait for it.
 *
 * @throws Problem (exit 3) when it is not there, cannot be read or is no config by its size.
 */
export async function readText(file: string, world: ReadingWorld): Promise<string> {
  // Node opens standard input when it is first asked for.
  if (file === '-') return readStream(world.stdin, 'standard input');
  const { cwd } = world;
  const where = path.resolve(cwd, file);
  const stat = statOf(where, file);
  if (!isStream(stat)) return readFileText(file, cwd);
  return readStream(stat.isFIFO() ? await openPipe(where) : createReadStream(where), file);
}

/** Whether what is read there does not come again: standard input, a pipe, a device. */
export function comesOnce(file: string, cwd: string): boolean {
  if (file === '-') return true;
  try {
    return isStream(statSync(path.resolve(cwd, file), { throwIfNoEntry: false }));
  } catch {
    // A word that is no path at all.
    return false;
  }
}

function isStream(stat: Stats | undefined): stat is Stats {
  return stat !== undefined && !stat.isFile() && !stat.isDirectory();
}

function statOf(where: string, file: string) {
  try {
    return statSync(where, { throwIfNoEntry: false });
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/**
 * A named pipe, opened without waiting for its writer: a thread that waits there would keep Node's
 * process from ending at an interrupt. It does not keep Bun's, whose sockets cannot read a pipe.
 */
async function openPipe(where: string): Promise<Readable> {
  if (BUN !== undefined) return createReadStream(where);
  const { Socket } = await import('node:net');
  const fd = openSync(where, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

async function readStream(stream: Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(Buffer.from(chunk));
      size += chunk.length;
      if (size > MAX_BYTES) throw tooLarge(name);
    }
  } catch (error) {
    throw error instanceof Problem ? error : unreadable(name, error);
  }
  return textOf(Buffer.concat(chunks), name);
}

/** Like `readText`, for a regular file. */
export function readFileText(file: string, cwd: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path.resolve(cwd, file));
  } catch (cause) {
    throw unreadable(file, cause);
  }
  if (bytes.length > MAX_BYTES) throw tooLarge(file);
  return textOf(bytes, file);
}

/** Bytes that are no text: other bytes would come of them than were meant. */
export class NotText extends Problem {
  /** As far as they are text. */
  readonly legible: string;

  constructor(name: string, bytes: Buffer) {
    const legible = bytes.toString('utf8');
    const line = legible.slice(0, legible.indexOf('\ufffd')).split('\n').length;
    const isUtf16 = /^(\xff\xfe|\xfe\xff)/.test(bytes.toString('latin1', 0, 2));
    const what = isUtf16 ? 'it is UTF-16' : `a byte in line ${line} belongs to no character`;
    super(`${name} is not UTF-8 text: ${what}`, { exit: EXIT.invalid, fix: 'save it as UTF-8' });
    this.legible = legible;
  }
}

function textOf(bytes: Buffer, name: string): string {
  if (!isUtf8(bytes)) throw new NotText(name, bytes);
  return bytes.toString('utf8');
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EISDIR: 'is a folder',
  EACCES: 'may not be read',
  ELOOP: 'is a link that leads back to itself',
  ENAMETOOLONG: 'has too long a name to be there',
};

function unreadable(name: string, cause: unknown): Problem {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''] ?? 'cannot be read';
  return new Problem(`${name} ${reason}`, { exit: EXIT.invalid, cause });
}

function tooLarge(name: string): Problem {
  return new Problem(`${name} is larger than ${MAX_BYTES} bytes, so it is no config`, {
    exit: EXIT.invalid,
  });
}
