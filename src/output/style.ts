import { Chalk, type ChalkInstance } from 'chalk';

/** Colours, width and letters of one output stream. */
export interface Style {
  readonly colour: ChalkInstance;
  /** Columns of the terminal; null where nothing must be cut. */
  readonly width: number | null;
  /** Whether the locale can show more than ASCII. */
  readonly unicode: boolean;
}

interface StyleSource {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Judges one stream by NO_COLOR, FORCE_COLOR, TERM, the locale and whether it is a terminal. */
export function styleOf(
  stream: StyleSource,
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const terminal = stream.isTTY === true;
  const force = env['FORCE_COLOR'];
  const forced = force !== undefined && force !== '0' && force !== 'false';
  const wanted = !env['NO_COLOR'] && (forced || (terminal && env['TERM'] !== 'dumb'));
  return {
    colour: new Chalk({ level: wanted ? 1 : 0 }),
    width: terminal ? (stream.columns ?? 80) : null,
    unicode: /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''),
  };
}

/**
 * Text that came from outside, safe for a terminal: control characters, which could move the
 * cursor or hide text, are spelt out.
 */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNPRINTABLE, spelledOut);
}

/** Like `printable`, for text of several lines that are the program's own. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Nearly all text there is: nothing in it needs a second look. */
export const PLAIN = /^[\x20-\x7e]*$/;

const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function spelledOut(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
