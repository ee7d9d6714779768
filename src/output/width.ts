import stringWidth from 'fast-string-width';
import { PLAIN, type Style } from './style.ts';

/** Columns that a text takes on a terminal: a wide letter two, a colour's code none. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The mark where something is cut away. */
export function ellipsisOf({ unicode }: Pick<Style, 'unicode'>): string {
  return unicode ? '…' : '...';
}

/** A text in so many columns, with a mark where something is missing. No letter and no code is torn. */
export function cutTo(limit: number, text: string, ellipsis: string): string {
  if (widthOf(text) <= limit) return text;
  const room = limit - ellipsis.length;
  return room < 0
    ? ellipsis.slice(0, limit)
    : `${headOf(lettersOf(text), room).join('')}${ellipsis}`;
}

/** The first letters, as many as so many columns hold. */
export function headOf(letters: readonly string[], limit: number): readonly string[] {
  let width = 0;
  const end = letters.findIndex((letter) => {
    width += widthOf(letter);
    return width > limit;
  });
  return end < 0 ? letters : letters.slice(0, end);
}

/** What a reader takes for letters, and colours' codes as pieces of their own. */
export function lettersOf(text: string): readonly string[] {
  if (PLAIN.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter('en');
  const letters: string[] = [];
  for (const piece of text.split(CODE)) {
    if (piece.startsWith('\u001b')) letters.push(piece);
    else for (const { segment } of segmenter.segment(piece)) letters.push(segment);
  }
  return letters;
}

/** Takes a while to make, and nearly all text is ASCII. */
let segmenter: Intl.Segmenter | undefined;

// biome-ignore lint/suspicious/noControlCharactersInRegex: what chalk writes
const CODE = /(\u001b\[[\d;]*m)/;
