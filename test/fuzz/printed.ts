import { expect } from 'vitest';
import type { Plan } from '../../src/model/change.ts';
import type { checkDocument } from '../../src/model/document.ts';
import { listLeases } from '../../src/model/lease-list.ts';
import { listChanges } from '../../src/model/list-changes.ts';
import type { Site } from '../../src/model/site.ts';
import type { LiveState } from '../../src/model/snapshot.ts';
import { jsonText } from '../../src/output/json.ts';
import { changesJson } from '../../src/output/list-changes-output.ts';
import { listJson, listText } from '../../src/output/list-output.ts';
import { mapText, noMapText } from '../../src/output/map-output.ts';
import { planJson, planText } from '../../src/output/plan-output.ts';
import type { REPORT_FORMATS } from '../../src/output/reports/formats.ts';
import { isValid, type ReportWriter } from '../../src/output/reports/report.ts';
import { styleOf } from '../../src/output/style.ts';
import { yamlText } from '../../src/output/yaml.ts';

/** Without colour: every control character in the output comes from outside. */
const STYLE = styleOf({}, { LANG: 'C.UTF-8' });

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Holds that a text can be printed: of all control characters it has only line breaks. */
export function expectPrintable(text: string): void {
  const raw = RAW.exec(text);
  if (raw !== null) {
    expect.fail(`${JSON.stringify(text.slice(Math.max(raw.index - 60, 0), raw.index + 20))}`);
  }
}

type Checked = ReturnType<typeof checkDocument>;

/** Every report of `validate` on one file. SARIF and JSON must also be readable again. */
export function printReports(checked: Checked, file: string, reports: Reports): void {
  const { kind, findings, ignored, lines } = checked;
  const one = { file, path: file, kind, findings, ignored, lines };
  const counts = {
    files: 1,
    errors: 0,
    warnings: 0,
    ignored: 0,
    mended: 0,
    mendable: 0,
    skipped: 0,
  };
  const summary = { ...counts, invalid: Number(!isValid(one)), notices: [] };
  for (const [format, open] of reports) {
    const report = open();
    const text = report.file(one) + report.end(summary);
    expectPrintable(text);
    if (format === 'json' || format === 'sarif') JSON.parse(text);
  }
}

type Reports = ReadonlyMap<string, () => ReportWriter>;

/** What opens each report; their modules are loaded once, before anything is measured. */
export async function loadReports(): Promise<Reports> {
  const { sarifReport } = await import('../../src/output/reports/sarif.ts');
  const { githubReport } = await import('../../src/output/reports/github.ts');
  const { jsonReport } = await import('../../src/output/reports/json.ts');
  const { junitReport } = await import('../../src/output/reports/junit.ts');
  const { textReport } = await import('../../src/output/reports/text.ts');
  const reports: Record<(typeof REPORT_FORMATS)[number], () => ReportWriter> = {
    text: () => textReport(STYLE),
    json: jsonReport,
    sarif: sarifReport,
    junit: junitReport,
    github: () => githubReport(STYLE),
  };
  return new Map(Object.entries(reports));
}

/** `list` in all of its forms. */
export function printList(live: LiveState, site: Site | null): void {
  const leases = listLeases(live, site, new Map());
  const shows = { wide: true, ttl: true, where: `under ${live.snapshot.prefix}` };
  expectPrintable(listText(leases, shows, STYLE));
  expectPrintable(mapText(live, site, STYLE) ?? noMapText(live, 'etcd'));
  expectPrintable(jsonText(listJson(leases), 2));
  expectPrintable(yamlText(listJson(leases)));
  expectPrintable(changesJson(listChanges(null, { live, leases })));
}

/** A plan in all of its forms. */
export function printPlan(plan: Plan, prefix: string): void {
  const place = { site: 'site', store: 'etcd', prefix, notice: null };
  expectPrintable(planText(plan, place, STYLE));
  expectPrintable(jsonText(planJson(plan, place), 2));
  expectPrintable(yamlText(planJson(plan, place)));
}
