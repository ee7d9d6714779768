import { replaceFile } from '../files/replace-file.ts';
import type { CheckOptions } from '../model/document.ts';
import { fixText } from '../model/fix.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { styleOf } from '../output/style.ts';
import { textDiff } from '../output/text-diff.ts';
import { writeChunk } from '../output/write.ts';
import type { World } from '../world.ts';
import type { Args } from './options.ts';

/** A file as it was read. */
interface ReadFile {
  readonly file: string;
  /** What it is called in reports. */
  readonly name: string;
  readonly text: string;
}

/**
 * Mends a file as far as that is safe. The difference is shown before anything is written, and with
 * `--dry-run` nothing is.
 *
 * @returns whether there was something to mend, and the text that the file has now
 * @throws Problem (exit 64) for standard input, (exit 1) when the file cannot be written.
 */
export async function fixFile(
  { file, name, text }: ReadFile,
  options: CheckOptions,
  args: Args,
  world: World,
): Promise<{ readonly shown: boolean; readonly kept: string }> {
  if (file === '-') {
    throw new Problem('--fix cannot write to standard input', {
      exit: EXIT.usage,
      fix: 'name the file',
    });
  }
  const fixed = fixText(text, name, options);
  if (fixed === text) return { shown: false, kept: text };
  // A report in another format is alone on stdout.
  const stream = (args.text('output') ?? 'text') === 'text' ? world.stdout : world.stderr;
  await writeChunk(stream, textDiff(name, text, fixed, styleOf(stream, world.env)));
  if (args.on('dry-run')) return { shown: true, kept: text };
  await world.whileWriting(() => replaceFile(file, world.cwd, text, fixed));
  return { shown: true, kept: fixed };
}
