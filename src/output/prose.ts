import type { Writable } from 'node:stream';
import { printable, type StyleSource, styleOf } from './style.ts';
import { wrap } from './wrap.ts';
import { writeLine } from './write.ts';

/** Writes lines, each broken at the width of the stream's terminal, if it is one. */
export function writeProse(
  stream: Writable & StyleSource,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const style = styleOf(stream, env);
  const lines = text.split('\n').map(printable);
  writeLine(stream, lines.map((line) => wrap(line, style, 2)).join('\n'));
}
