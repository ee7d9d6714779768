import { createTwoFilesPatch } from 'diff';
import { printable, type Style } from './style.ts';

/** The difference of two texts in the unified format, as `patch` reads it; the line ends are those of the texts. */
export function textDiff(file: string, before: string, after: string, { colour }: Style): string {
  // A line break in the name would begin a line of the patch.
  const name = printable(file.replace(/^\/+/, ''));
  const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, '', '', {
    context: 2,
  });
  return patch
    .split('\n')
    .filter((line) => !/^=+$/.test(line))
    .map((line) => {
      const text = printable(line.replace(/\r$/, '').replaceAll('\t', '    '));
      if (/^(\+\+\+|---) /.test(line)) return colour.bold(text);
      if (line.startsWith('+')) return colour.green(text);
      if (line.startsWith('-')) return colour.red(text);
      return line.startsWith('@@') ? colour.cyan(text) : text;
    })
    .join('\n');
}
