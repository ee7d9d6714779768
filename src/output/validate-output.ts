import type { Finding } from '../model/finding.ts';
import type { LineIndex } from '../model/source.ts';
import { findingText } from './findings-text.ts';
import type { Style } from './style.ts';

/** One file after validation. */
export interface ValidatedFile {
  readonly file: string;
  readonly findings: readonly Finding[];
  /** Null when the file could not be read. */
  readonly lines: LineIndex | null;
}

function isValid({ findings }: ValidatedFile): boolean {
  return findings.every((finding) => finding.severity !== 'error');
}

/** Whether every file is valid. */
export function allValid(files: readonly ValidatedFile[]): boolean {
  return files.every(isValid);
}

/** The document of `validate -o json`. */
export function validateJson(files: readonly ValidatedFile[]): unknown {
  return {
    valid: allValid(files),
    files: files.map((file) => ({
      file: file.file,
      valid: isValid(file),
      problems: file.findings.map((finding) => {
        const at = file.lines && finding.span ? file.lines.at(finding.span.start) : null;
        return {
          rule: finding.rule,
          severity: finding.severity,
          message: finding.message,
          path: finding.path,
          line: at?.line ?? null,
          column: at?.column ?? null,
          fix: finding.fix ?? null,
        };
      }),
    })),
  };
}

/** The text of `validate`: every finding, and a line that counts. */
export function validateText(files: readonly ValidatedFile[], style: Style): string {
  const blocks = files.flatMap((file) =>
    file.findings.map((finding) => findingText(file.file, finding, file.lines, style)),
  );
  const invalid = files.filter((file) => !isValid(file)).length;
  const warnings = files.flatMap((file) => file.findings).filter((f) => f.severity === 'warning');
  const counts = [
    `${files.length} file${files.length === 1 ? '' : 's'} checked`,
    invalid === 0 ? style.colour.green('all valid') : style.colour.red(`${invalid} invalid`),
    `${warnings.length} warning${warnings.length === 1 ? '' : 's'}`,
  ];
  return [...blocks, counts.join(', ')].join('\n');
}
