import { SECRET_KEYS } from '../model/backends.ts';
import type { Finding } from '../model/finding.ts';
import type { LineIndex } from '../model/source.ts';
import { printable, type Style } from './style.ts';

/** One finding as text: place, rule, the line with a caret, and the way out. */
export function findingText(
  file: string,
  finding: Finding,
  lines: LineIndex | null,
  style: Style,
): string {
  const { colour } = style;
  const paint = finding.severity === 'error' ? colour.red : colour.yellow;
  const at = lines && finding.span ? lines.at(finding.span.start) : null;
  const place = printable(at ? `${file}:${at.line}:${at.column}` : file);
  const head = `${colour.bold(place)}: ${paint(finding.severity)}: ${printable(finding.message)} ${colour.dim(`[${finding.rule}]`)}`;
  const fix = finding.fix === undefined ? [] : [`    ${printable(finding.fix)}`];
  return [head, ...snippet(finding, lines, paint), ...fix].join('\n');
}

function snippet(
  finding: Finding,
  lines: LineIndex | null,
  paint: (text: string) => string,
): string[] {
  if (lines === null || finding.span === undefined) return [];
  const start = lines.at(finding.span.start);
  const end = lines.at(finding.span.end);
  const text = lines.line(start.line);
  // A line of the user's own file may hold a secret, and reports end up in logs.
  if (text.trim() === '' || SECRET_KEYS.some((key) => namesKey(text, key))) return [];
  // A value of many lines is marked by its first character only.
  const last = end.line === start.line ? Math.max(end.column, start.column + 1) : start.column + 1;
  const [before, marked, after] = [
    text.slice(0, start.column - 1),
    text.slice(start.column - 1, last - 1),
    text.slice(last - 1),
  ].map((part) => printable(part.replaceAll('\t', ' '))) as [string, string, string];
  const number = String(start.line).padStart(5);
  const margin = `${' '.repeat(5)} | `;
  // A one-line config may be very long: the window begins near the value.
  const from = Math.max(before.length - SNIPPET_BEFORE, 0);
  const whole = `${before}${marked}${after}`;
  const cut = whole.slice(from, from + SNIPPET_WIDTH);
  const shown = `${from > 0 ? `…${cut.slice(1)}` : cut}${whole.length > from + SNIPPET_WIDTH ? '…' : ''}`;
  const caret = '^'.repeat(Math.min(Math.max(marked.length, 1), SNIPPET_WIDTH - SNIPPET_BEFORE));
  return [`${number} | ${shown}`, `${margin}${' '.repeat(before.length - from)}${paint(caret)}`];
}

/** Columns of a line that are shown, and how many of them before the value at fault. */
const SNIPPET_WIDTH = 120;
const SNIPPET_BEFORE = 60;

function namesKey(text: string, key: string): boolean {
  return text.toLowerCase().includes(key.toLowerCase());
}
