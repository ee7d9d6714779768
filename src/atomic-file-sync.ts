import { writeFileSync } from 'node:fs';
import writeFileAtomic from 'write-file-atomic';
import type { AtomicOptions } from './atomic-file.ts';

/** As `writeAtomic`, in one go without a pause in which a signal could be heeded. */
export function writeAtomicSync(file: string, text: string, options: AtomicOptions = {}): void {
  // As there: the package takes a short write for a whole one.
  const tmpfileCreated = (temporary: string) => writeFileSync(temporary, text);
  writeFileAtomic.sync(file, '', { ...options, tmpfileCreated });
}
