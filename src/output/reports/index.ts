import type { Style } from '../style.ts';
import type { REPORT_FORMATS } from './formats.ts';
import { githubReport } from './github.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import type { ReportWriter } from './report.ts';
import { textReport } from './text.ts';

type ReportFormat = (typeof REPORT_FORMATS)[number];

/** The writer of a format. Only SARIF wants the rules' texts, which are loaded for it alone. */
export async function openReport(format: string | undefined, style: Style): Promise<ReportWriter> {
  switch ((format ?? 'text') as ReportFormat) {
    case 'text':
      return textReport(style);
    case 'json':
      return jsonReport();
    case 'sarif':
      return (await import('./sarif.ts')).sarifReport();
    case 'junit':
      return junitReport();
    case 'github':
      return githubReport(style);
  }
}
