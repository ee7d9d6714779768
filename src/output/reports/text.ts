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
function verdict({ files, invalid, errors }: RunSummary, colour: Style['colour']): string {
  if (files === 0) return colour.red('nothing to check');
  if (invalid > 0) return `${colour.red(`${invalid} invalid`)}: ${several(errors, 'error')}`;
  return colour.green('all valid') + (errors > 0 ? `, ${several(errors, 'error')}` : '');
}

function several(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** How many files and findings there were. */
export function countLine(summary: RunSummary, { colour }: Style): string {
  const { files, warnings, ignored, mended, mendable, skipped } = summary;
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
