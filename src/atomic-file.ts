import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Whom a file belongs to stays as it is; its mode too, unless one is named. */
export interface AtomicOptions {
  /** Permission bits, e.g. 0o600. */
  readonly mode?: number;
}

/**
 * Puts a text in the place of a file's, whole or not at all, and on the disk when the promise is kept.
 *
 * @throws NodeJS.ErrnoException when it cannot be written; the file is then as it was
 */
export async function writeAtomic(
  file: string,
  text: string,
  options: AtomicOptions = {},
): Promise<void> {
  // The package writes once and takes a short write, which a full disk makes, for a whole one.
  const tmpfileCreated = (temporary: string) => writeFile(temporary, text);
  // Loaded by those that write.
  const { default: writeFileAtomic } = await import('write-file-atomic');
  await writeFileAtomic(file, '', { ...options, tmpfileCreated });
  await keepName(path.dirname(file));
}

/** A renamed file outlives a power cut only when its folder is on the disk too. */
async function keepName(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Not every file system can do that, and the file itself is written.
  }
}
