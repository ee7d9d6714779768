import type { Finding } from '../../model/finding.ts';
import { findingText } from '../findings-text.ts';
import { printable, type Style } from '../style.ts';
import type { ReportWriter, RunSummary } from './report.ts';

/** For people: every finding with its line, and a line that counts. */
export function textReport(style: Style): ReportWriter {
  return {
    file: ({ file, findings, lines }) =>
      findings.map((finding) => `${findingText(file, finding, lines, style)}\n`).join(''),
    end: (summary) =>
      [
        ...summary.notices.map((notice) => noticeText(notice, style)),
        countLine(summary, style),
        '',
      ].join('\n'),
  };
}

/** A finding about the command line. */
function noticeText({ severity, message, rule, fix }: Finding, { colour }: Style): string {
  const paint = severity === 'error' ? colour.red : colour.yellow;
  const head = `${paint(severity)}: ${printable(message)} ${colour.dim(`[${rule}]`)}`;
  return fix === undefined ? head : `${head}\n    ${printable(fix)}`;
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
