import type { Finding } from '../../model/finding.ts';
import { printable, type Style } from '../style.ts';
import {
  type ReportWriter,
  regionOf,
  sentence,
  type ValidatedFile,
  WarningsLast,
} from './report.ts';
import { countLine } from './text.ts';

/**
 * Workflow commands of GitHub Actions, which make annotations. GitHub shows about ten a step, so
 * errors of all files come first.
 */
export function githubReport(style: Style): ReportWriter {
  const later = new WarningsLast();
  return {
    file: (one) =>
      later
        .add(one.findings.map((finding) => ({ ...finding, text: command(finding, one) })))
        .join(''),
    end(summary) {
      const notices = summary.notices.map((notice) => command(notice, null));
      return [...later.rest(), ...notices, countLine(summary, style), '\n'].join('');
    },
  };
}

function command(finding: Finding, one: ValidatedFile | null): string {
  const region = one && regionOf(finding, one.lines);
  const sameLine = region?.startLine === region?.endLine;
  const properties: Record<string, string | number | undefined> = {
    ...(one ? { file: one.path } : {}),
    ...(region ? { line: region.startLine, endLine: region.endLine } : {}),
    // GitHub takes columns only within one line.
    ...(region && sameLine ? { col: region.startColumn, endColumn: region.endColumn } : {}),
    title: finding.rule,
  };
  const list = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
  return `::${finding.severity} ${list.join(',')}::${data(printable(sentence(finding)))}\n`;
}

/** The escapes of workflow commands: `%`, line breaks, and in properties what parts them. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(value: unknown): string {
  // Line breaks have an escape of their own, which keeps a file's name what it is.
  return printable(data(String(value)))
    .replaceAll(':', '%3A')
    .replaceAll(',', '%2C');
}
