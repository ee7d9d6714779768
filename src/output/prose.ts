import type { Writable } from 'node:stream';
import { printable, type Style } from './style.ts';
import { wrap } from './wrap.ts';
import { writeLine } from './write.ts';

/** Writes lines, each broken at a terminal's width. */
export function writeProse(stream: Writable, text: string, style: Style): void {
  const lines = text.split('\n').map(printable);
  writeLine(stream, lines.map((line) => wrap(line, style, 2)).join('\n'));
}
