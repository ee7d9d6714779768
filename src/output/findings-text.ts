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
  const place = at ? `${file}:${at.line}:${at.column}` : file;
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
  const first = start.column - 1;
  const last = end.line === start.line ? end.column - 1 : text.length;
  // A value of many lines is marked by its first character only.
  const marks = end.line === start.line ? Math.max(last - first, 1) : 1;
  const number = String(start.line).padStart(5);
  const shown = printable(text.replaceAll('\t', ' ')).slice(0, 160);
  const caret = ' '.repeat(first) + '^'.repeat(Math.min(marks, Math.max(160 - first, 1)));
  return [`${number} | ${shown}`, `${' '.repeat(5)} | ${paint(caret)}`];
}

function namesKey(text: string, key: string): boolean {
  return text.toLowerCase().includes(key.toLowerCase());
}
