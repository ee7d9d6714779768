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
  if (text.trim() === '' || mayHoldSecret(text)) return [];
  // A value of many lines is marked by its first character only.
  const last = end.line === start.line ? Math.max(end.column, start.column + 1) : start.column + 1;
  // Of a very long line nothing beyond the window is looked at: it may have very many findings.
  const [first, limit] = [
    Math.max(start.column - 1 - SNIPPET_BEFORE, 0),
    start.column - 1 + SNIPPET_WIDTH,
  ];
  const [before, marked, after] = [
    text.slice(first, start.column - 1),
    text.slice(start.column - 1, Math.min(last - 1, limit)),
    text.slice(last - 1, limit),
  ].map((part) => printable(part.replaceAll('\t', ' '))) as [string, string, string];
  const number = String(start.line).padStart(5);
  const margin = `${' '.repeat(5)} | `;
  const from = Math.max(before.length - SNIPPET_BEFORE, 0);
  const whole = `${before}${marked}${after}`;
  const cut = whole.slice(from, from + SNIPPET_WIDTH);
  const isCut = text.length > limit || whole.length > from + SNIPPET_WIDTH;
  const shown = `${first + from > 0 ? `…${cut.slice(1)}` : cut}${isCut ? '…' : ''}`;
  const caret = '^'.repeat(Math.min(Math.max(marked.length, 1), SNIPPET_WIDTH - SNIPPET_BEFORE));
  return [`${number} | ${shown}`, `${margin}${' '.repeat(before.length - from)}${paint(caret)}`];
}

/** Columns of a line that are shown, and how many of them before the value at fault. */
const SNIPPET_WIDTH = 120;
const SNIPPET_BEFORE = 60;

/** The line that was looked at last, which is often the next one's too. */
let judged = { text: '', secret: false };

function mayHoldSecret(text: string): boolean {
  if (judged.text !== text) {
    const folded = text.toLowerCase();
    const isKey = SECRET_KEYS.some((key) => folded.includes(key.toLowerCase()));
    // A URL with a login in it, too.
    judged = { text, secret: isKey || /\/\/\S+@/.test(text) };
  }
  return judged.secret;
}
