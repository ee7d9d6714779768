import type { Finding } from '../../model/finding.ts';
import { findingText } from '../findings-text.ts';
import { printable, type Style } from '../style.ts';
import { wrap } from '../wrap.ts';
import type { ReportWriter, RunSummary } from './report.ts';

/** For people: every finding with its line, and a line that counts. */
export function textReport(style: Style): ReportWriter {
  return {
    file: ({ file, findings, lines }) =>
      findings.map((finding) => `${findingText(file, finding, lines, style)}\n`).join(''),
    end: (summary) =>
      [
        ...summary.notices.map((notice) => noticeText(notice, style)),
        wrap(countLine(summary, style), style, 2),
        '',
      ].join('\n'),
  };
}

/** A finding about the command line. */
function noticeText({ severity, message, rule, fix }: Finding, style: Style): string {
  const { colour } = style;
  const paint = severity === 'error' ? colour.red : colour.yellow;
  const head = `${paint(severity)}: ${printable(message)} ${colour.dim(`[${rule}]`)}`;
  const lines = [wrap(head, style, 2)];
  if (fix !== undefined) lines.push(wrap(`    ${printable(fix)}`, style, 4));
  return lines.join('\n');
}

/** Nothing checked is nothing valid. */
function verdict({ files, invalid }: RunSummary, colour: Style['colour']): string {
  if (files === 0) return colour.red('nothing to check');
  return invalid === 0 ? colour.green('all valid') : colour.red(`${invalid} invalid`);
}

/** How many files and findings there were. */
export function countLine(summary: RunSummary, { colour }: Style): string {
  const { files, warnings, ignored, mended, mendable, skipped } = summary;
  const several = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  return [
    `${several(files, 'file')} checked`,
    verdict(summary, colour),
    several(warnings, 'warning'),
    ...(ignored > 0 ? [`${ignored} ignored`] : []),
    ...(mended > 0 ? [`${mended} mended`] : []),
    ...(mendable > 0 ? [`${mendable} can be mended`] : []),
    ...(skipped > 0 ? [`${several(skipped, 'other file')} passed over`] : []),
  ].join(', ');
}
