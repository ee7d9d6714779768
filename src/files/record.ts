import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createTar, parseTar } from 'nanotar';
import { type DoctorRecord, parseRecord } from '../model/doctor/record.ts';
import { EXIT, Problem } from '../model/problem.ts';

/** The file of an archive that `doctor --from` reads. */
const READINGS = 'readings.json';

/** Far more than thousands of nodes take; a small file may unpack to anything. */
const MAX_SIZE = 512 * 1024 * 1024;

/**
 * Writes the archive of a support case, for its owner's eyes only.
 *
 * @param files text by name; `readings.json` is added
 * @throws Problem (exit 1) when it is there already or cannot be written
 */
export async function writeRecord(
  file: string,
  record: DoctorRecord,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const all = { ...files, [READINGS]: `${JSON.stringify(record, null, 2)}\n` };
  const mtime = Date.parse(record.readings.takenAt);
  const entries = Object.entries(all).map(([name, data]) => ({ name: `doctor/${name}`, data }));
  const tar = createTar(entries, { attrs: { mtime, mode: '600', uid: 0, gid: 0 } });
  try {
    await writeFile(file, gzipSync(tar), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const why = isThere ? 'it is there already' : (cause as Error).message;
    throw new Problem(`${file} was not written: ${why}`, {
      exit: EXIT.failed,
      fix: isThere ? 'name another file, or remove it' : 'check the folder and its permissions',
      cause,
    });
  }
}

/**
 * Reads recorded readings, from an archive or from its `readings.json` alone.
 *
 * @throws Problem: 1 when the file cannot be read, 3 when it is no record
 */
export async function readRecord(file: string, cwd: string): Promise<DoctorRecord> {
  const bytes = await readFile(path.resolve(cwd, file)).catch((cause: Error) => {
    throw new Problem(`${file} cannot be read: ${cause.message}`, {
      exit: EXIT.failed,
      fix: 'name a file that doctor bundle has written',
      cause,
    });
  });
  const record = parseRecord(textIn(bytes, file));
  if (typeof record !== 'string') return record;
  throw notOne(file, record);
}

function textIn(bytes: Buffer, file: string): string {
  // gzip's first two bytes (RFC 1952).
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    const files = parseTar(gunzipSync(bytes, { maxOutputLength: MAX_SIZE }));
    const found = files.find(({ name }) => path.posix.basename(name) === READINGS);
    if (found?.data !== undefined) return Buffer.from(found.data).toString('utf8');
  } catch (cause) {
    throw notOne(file, 'it cannot be unpacked', cause);
  }
  throw notOne(file, `it holds no ${READINGS}`);
}

function notOne(file: string, why: string, cause?: unknown): Problem {
  return new Problem(`${file} is no bundle of doctor: ${why}`, {
    exit: EXIT.invalid,
    fix: 'name a file that doctor bundle has written, or its readings.json',
    cause,
  });
}
