import type { DocumentKind } from '../../model/document.ts';
import {
  FILE_RULES,
  type Finding,
  NETWORK_RULES,
  RUN_RULES,
  type RuleId,
} from '../../model/finding.ts';
import { printable } from '../style.ts';
import { attributesText, xmlText } from '../xml.ts';
import { type ReportWriter, regionOf, rulePage, sentence, type ValidatedFile } from './report.ts';

/** JUnit XML: a suite for each file, a case for each rule that was held against it. */
export function junitReport(): ReportWriter {
  let begun = false;
  const head = () => {
    if (begun) return '';
    begun = true;
    return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="flannel-bigip validate">\n';
  };
  return {
    file: (one) => head() + suite(one.file, rulesHeld(one), one),
    end({ notices }) {
      const rules = [...new Set(notices.map(({ rule }) => rule))];
      const line = { ...NO_FILE, findings: notices };
      const commandLine = notices.length === 0 ? '' : suite('command line', rules, line);
      return `${head()}${commandLine}</testsuites>\n`;
    },
  };
}

const NO_FILE = { path: '', ignored: [], lines: null } as const;

/** What a suite is made of. */
type Judged = Pick<ValidatedFile, 'path' | 'findings' | 'ignored' | 'lines'>;

/** Every rule that a passed case may be claimed for; those of a file that cannot be told, failed. */
function rulesHeld({ kind, findings }: ValidatedFile): readonly RuleId[] {
  const broken = findings.map(({ rule }) => rule);
  return [...new Set([...(kind === null ? [] : RULES_OF[kind]), ...broken])];
}

const RULES_OF: Record<DocumentKind, readonly RuleId[]> = {
  site: FILE_RULES.filter((rule) => !RUN_RULES.includes(rule)),
  'network-config': NETWORK_RULES,
  manifest: ['no-network-config', 'syntax', 'wrong-type', ...NETWORK_RULES],
};

function suite(name: string, rules: readonly RuleId[], judged: Judged): string {
  const cases = rules.map((rule) => testCase(name, rule, judged));
  const count = (outcome: Outcome) => cases.filter((one) => one.outcome === outcome).length;
  const attributes = attributesText({
    name,
    tests: cases.length,
    failures: count('failed'),
    errors: 0,
    skipped: count('skipped'),
  });
  return `  <testsuite ${attributes}>\n${cases.map(({ xml }) => xml).join('')}  </testsuite>\n`;
}

type Outcome = 'passed' | 'failed' | 'skipped';

/** A rule fails by an error; a warning is told and passes; what is ignored counts as skipped. */
function testCase(
  suiteName: string,
  rule: RuleId,
  judged: Judged,
): { readonly xml: string; readonly outcome: Outcome } {
  const found = judged.findings.filter((finding) => finding.rule === rule);
  const errors = found.filter(({ severity }) => severity === 'error');
  const ignored = judged.ignored.filter(({ finding }) => finding.rule === rule);
  const open = `    <testcase ${attributesText({ name: rule, classname: suiteName })}`;
  const close = '    </testcase>\n';
  if (errors.length > 0) {
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    const attributes = attributesText({ type: rule, message: `${first?.message ?? ''}${more}` });
    const body = [...errors.map((one) => placed(one, judged)), `See ${rulePage(rule)}`];
    const failure = `      <failure ${attributes}>${xmlText(body.join('\n'))}</failure>\n`;
    return { xml: `${open}>\n${failure}${close}`, outcome: 'failed' };
  }
  if (found.length > 0) {
    const lines = found.map((one) => `warning: ${placed(one, judged)}`).join('\n');
    const out = `      <system-out>${xmlText(lines)}</system-out>\n`;
    return { xml: `${open}>\n${out}${close}`, outcome: 'passed' };
  }
  if (ignored.length > 0) {
    const reasons = ignored.map(
      ({ finding, reason }) => `ignored (${printable(reason)}): ${placed(finding, judged)}`,
    );
    const skipped = `      <skipped>${xmlText(reasons.join('\n'))}</skipped>\n`;
    return { xml: `${open}>\n${skipped}${close}`, outcome: 'skipped' };
  }
  return { xml: `${open}/>\n`, outcome: 'passed' };
}

function placed(finding: Finding, { path, lines }: Judged): string {
  const region = regionOf(finding, lines);
  const place = region ? `${path}:${region.startLine}:${region.startColumn}: ` : '';
  return printable(`${place}${sentence(finding)}`);
}
