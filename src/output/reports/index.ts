import type { Style } from '../style.ts';
import type { ReportWriter } from './report.ts';

/** The formats of `validate`, the default first. */
export const REPORT_FORMATS = ['text', 'json', 'sarif', 'junit', 'github'] as const;

type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Loads the writer of a format; the others' code and rule texts stay unread. */
export async function openReport(format: string | undefined, style: Style): Promise<ReportWriter> {
  switch ((format ?? 'text') as ReportFormat) {
    case 'text':
      return (await import('./text.ts')).textReport(style);
    case 'json':
      return (await import('./json.ts')).jsonReport();
    case 'sarif':
      return (await import('./sarif.ts')).sarifReport();
    case 'junit':
      return (await import('./junit.ts')).junitReport();
    case 'github':
      return (await import('./github.ts')).githubReport(style);
  }
}
