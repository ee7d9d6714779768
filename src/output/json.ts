import { printable, printableLines } from './style.ts';

/**
 * A value as JSON that is safe to print: JSON itself spells out only the first of the control
 * characters, and the others mean as much to a terminal. As escapes they are the same value.
 */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return indent === undefined ? printable(text) : printableLines(text);
}
