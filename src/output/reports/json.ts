import type { Finding } from '../../model/finding.ts';
import type { IgnoredFinding } from '../../model/ignore.ts';
import type { LineIndex } from '../../model/source.ts';
import { jsonText } from '../json.ts';
import { isValid, type ReportWriter, regionOf, rulePage, type ValidatedFile } from './report.ts';

/** For scripts: one document, in the order of the files. */
export function jsonReport(): ReportWriter {
  let begun = false;
  return {
    file(one) {
      const head = begun ? ',\n' : '{\n  "files": [\n';
      begun = true;
      return `${head}${indented(fileJson(one), '    ')}`;
    },
    end({ notices, ...summary }) {
      const rest = {
        valid: summary.invalid === 0 && notices.every(({ severity }) => severity !== 'error'),
        summary,
        problems: notices.map((notice) => problemJson(notice, null)),
      };
      const members = jsonText(rest, 2).slice(1);
      return `${begun ? '\n  ]' : '{\n  "files": []'},${members}\n`;
    },
  };
}

function indented(value: unknown, margin: string): string {
  return margin + jsonText(value, 2).replaceAll('\n', `\n${margin}`);
}

function fileJson(one: ValidatedFile): unknown {
  return {
    file: one.file,
    kind: one.kind,
    valid: isValid(one),
    problems: one.findings.map((finding) => problemJson(finding, one.lines)),
    ignored: one.ignored.map((ignored) => ignoredJson(ignored, one.lines)),
  };
}

function ignoredJson({ finding, reason }: IgnoredFinding, lines: LineIndex | null): unknown {
  return { ...problemJson(finding, lines), reason };
}

function problemJson(finding: Finding, lines: LineIndex | null) {
  const region = regionOf(finding, lines);
  return {
    rule: finding.rule,
    severity: finding.severity,
    message: finding.message,
    path: finding.path,
    line: region?.startLine ?? null,
    column: region?.startColumn ?? null,
    endLine: region?.endLine ?? null,
    endColumn: region?.endColumn ?? null,
    fix: finding.fix ?? null,
    help: rulePage(finding.rule),
  };
}
