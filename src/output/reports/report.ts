import type { DocumentKind, LocatedFinding } from '../../model/document.ts';
import type { Finding, Severity } from '../../model/finding.ts';
import type { IgnoredFinding } from '../../model/ignore.ts';
import type { LineIndex, Span } from '../../model/source.ts';
import { HOMEPAGE, VERSION } from '../../project.ts';

/** One file after validation. */
export interface ValidatedFile {
  /** As the user named it, or as it was found. */
  readonly file: string;
  /** Relative to where a report's reader has the files; absolute for a file outside. */
  readonly path: string;
  readonly kind: DocumentKind | null;
  readonly findings: readonly LocatedFinding[];
  readonly ignored: readonly IgnoredFinding[];
  /** Null when there is no text, as of a file that could not be read. */
  readonly lines: LineIndex | null;
}

/** What is known at the end of a run. */
export interface RunSummary {
  /** Files that were checked. */
  readonly files: number;
  readonly invalid: number;
  readonly errors: number;
  readonly warnings: number;
  readonly ignored: number;
  /** Files that were mended. */
  readonly mended: number;
  /** Files that a dry run has left unmended. */
  readonly mendable: number;
  /** Files in folders that are neither site files nor network configs. */
  readonly skipped: number;
  /** What is wrong with the command line rather than with a file. */
  readonly notices: readonly Finding[];
}

/** Writes a report piece by piece, so that any number of files takes no more memory than one. */
export interface ReportWriter {
  /** The text that a file adds now; some formats keep part of it for the end. */
  file(one: ValidatedFile): string;
  end(summary: RunSummary): string;
}

/** Whether no finding is an error. */
export function isValid({ findings }: { readonly findings: readonly Finding[] }): boolean {
  return findings.every((finding) => finding.severity !== 'error');
}

/** Where the rule is explained. */
export function rulePage(rule: string): string {
  return `${HOMEPAGE}/blob/v${VERSION}/docs/rules.md#${rule}`;
}

/** A finding's region in line and column, both from 1, the end column behind the last character. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Null where there is no text. */
export function regionOf({ span }: Finding, lines: LineIndex | null): Region | null {
  return lines === null || span === undefined ? null : regionAt(span, lines);
}

/** The region of a span. */
export function regionAt(span: Span, lines: LineIndex): Region {
  const [start, end] = [lines.at(span.start), lines.at(span.end)];
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

/** What a finding says and what to do about it, in one line. */
export function sentence({ message, fix }: Finding): string {
  return fix === undefined ? message : `${message}. ${fix.charAt(0).toUpperCase()}${fix.slice(1)}`;
}

/** Findings by severity, for formats that hold errors first across all files. */
export class WarningsLast {
  readonly #warnings: string[] = [];

  /** The errors' texts now; the warnings' wait. */
  add(items: readonly { readonly severity: Severity; readonly text: string }[]): string[] {
    const errors: string[] = [];
    for (const { severity, text } of items) {
      if (severity === 'error') errors.push(text);
      else this.#warnings.push(text);
    }
    return errors;
  }

  rest(): readonly string[] {
    return this.#warnings;
  }
}
