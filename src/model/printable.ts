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
