import { PLAIN, type Style } from './style.ts';
import { widthOf } from './width.ts';

/**
 * Breaks prose between words where a terminal ends; elsewhere it stays one line. Words, commands and what
 * stands in backticks are never broken, so that they can be copied. Colours count nothing.
 *
 * @param text one line, with the blanks that it begins with
 * @param hanging columns by which the lines after the first are indented
 */
export function wrap(text: string, { width }: Pick<Style, 'width'>, hanging: number): string {
  if (!width || widthOf(text) <= width) return text;
  const indent = ' '.repeat(hanging);
  const lines: string[] = [];
  let line = '';
  let left = width;
  for (const [, gap = '', word = ''] of text.matchAll(WORD)) {
    for (const [index, piece] of piecesOf(word).entries()) {
      const before = index === 0 ? gap : '';
      const room = left - before.length - widthOf(piece);
      if (room < 0 && line.trim() !== '') {
        lines.push(line);
        line = indent + piece;
        left = width - widthOf(line);
      } else {
        line += before + piece;
        left = room;
      }
    }
  }
  return [...lines, line].join('\n');
}

/**
 * Prose as a column beside its head, or below it where more than half of the terminal's width is the head's.
 *
 * @param head with the blanks that it ends with
 */
export function wrapBehind(head: string, text: string, style: Pick<Style, 'width'>): string {
  const { width } = style;
  const taken = widthOf(head);
  if (!width || taken + widthOf(text) <= width) return head + text;
  if (taken * 2 > width) return `${head.trimEnd()}\n${wrap(`    ${text}`, style, 4)}`;
  const column = wrap(text, { width: width - taken }, 0);
  return head + column.replaceAll('\n', `\n${' '.repeat(taken)}`);
}

/** Blanks, and what stays together behind them. A command ends where its part of the sentence does. */
const WORD = /( *)((?:`[^`]*`|flannel-bigip(?: \S*[^\s.,;:)])+(?: \S+)?|\S)+)/g;

/** A word, or the pieces of one in a script that sets no blanks. A path stays whole. */
function piecesOf(word: string): readonly string[] {
  if (PLAIN.test(word) || /[/ ]/.test(word)) return [word];
  // Between two wide letters; no line begins with what closes, or ends with what opens.
  return word.split(
    // Escaped: one letter beyond Latin-1 doubles what the file that starts takes to load.
    /(?<=[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff09\u300d\u300f\u3011\u300b\u3009])(?=[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\uff08\u300c\u300e\u3010\u300a\u3008])/u,
  );
}
