import { SECRET_KEYS } from '../model/backends.ts';
import type { Finding } from '../model/finding.ts';
import type { LineIndex } from '../model/source.ts';
import { printable, type Style } from './style.ts';
import { cutTo, ellipsisOf, headOf, lettersOf, widthOf } from './width.ts';
import { wrap } from './wrap.ts';

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
  const fix = finding.fix === undefined ? [] : [wrap(`    ${printable(finding.fix)}`, style, 4)];
  return [wrap(head, style, 2), ...snippet(finding, lines, paint, style), ...fix].join('\n');
}

function snippet(
  finding: Finding,
  lines: LineIndex | null,
  paint: (text: string) => string,
  style: Style,
): string[] {
  if (lines === null || finding.span === undefined) return [];
  const start = lines.at(finding.span.start);
  const end = lines.at(finding.span.end);
  const text = lines.line(start.line);
  // A line of the user's own file may hold a secret, and reports end up in logs.
  if (text.trim() === '' || mayHoldSecret(text)) return [];
  // A value of many lines is marked by its first character only.
  const last = end.line === start.line ? Math.max(end.column, start.column + 1) : start.column + 1;
  const room = Math.max(Math.min(SNIPPET, (style.width || SNIPPET + MARGIN) - MARGIN), NARROWEST);
  const lead = Math.floor(room / 2);
  // Of a very long line nothing beyond the window is looked at: it may have very many findings.
  const at = start.column - 1;
  const [first, limit] = [Math.max(at - lead, 0), at + room];
  const [left, marked, right] = [
    text.slice(first, at),
    text.slice(at, Math.min(last - 1, limit)),
    text.slice(last - 1, limit),
  ].map((part) => printable(part.replaceAll('\t', ' '))) as [string, string, string];
  const ellipsis = ellipsisOf(style);
  const before = endOf(left, lead, first > 0, ellipsis);
  const rest = room - widthOf(before);
  const behind = beginningOf(`${marked}${right}`, rest, text.length > limit, ellipsis);
  const caret = '^'.repeat(Math.min(Math.max(widthOf(marked), 1), rest));
  return [
    `${String(start.line).padStart(5)} | ${before}${behind}`,
    `${' '.repeat(5)} | ${' '.repeat(widthOf(before))}${paint(caret)}`,
  ];
}

/** Columns of a line that are shown, where there are so many, those before them, and the fewest shown. */
const [SNIPPET, MARGIN, NARROWEST] = [120, 8, 20];

/** @param isMore whether the text was taken out of a longer one, which may have torn its first letter */
function endOf(text: string, limit: number, isMore: boolean, ellipsis: string): string {
  if (!isMore && widthOf(text) <= limit) return text;
  const letters = lettersOf(text).slice(isMore ? 1 : 0);
  return (
    ellipsis +
    headOf(letters.toReversed(), limit - ellipsis.length)
      .toReversed()
      .join('')
  );
}

/** @param isMore whether the text was taken out of a longer one, which may have torn its last letter */
function beginningOf(text: string, limit: number, isMore: boolean, ellipsis: string): string {
  if (!isMore) return cutTo(limit, text, ellipsis);
  return headOf(lettersOf(text).slice(0, -1), limit - ellipsis.length).join('') + ellipsis;
}

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
