import type { LocatedFinding } from '../../model/document.ts';
import { FILE_RULES, type Finding } from '../../model/finding.ts';
import { RULE_TEXTS } from '../../model/generated/rule-texts.ts';
import type { LineIndex } from '../../model/source.ts';
import { HOMEPAGE, PROGRAM, VERSION } from '../../project.ts';
import { jsonText } from '../json.ts';
import {
  type ReportWriter,
  regionAt,
  regionOf,
  rulePage,
  sentence,
  type ValidatedFile,
  WarningsLast,
} from './report.ts';

/** SARIF 2.1.0 for code scanning: every rule with its help, errors of all files first. */
export function sarifReport(): ReportWriter {
  const later = new WarningsLast();
  let begun = false;
  const head = () => {
    const text = begun ? '' : documentHead();
    begun = true;
    return text;
  };
  let written = 0;
  const list = (results: readonly string[]) =>
    results.map((result) => `${written++ === 0 ? '\n' : ',\n'}${result}`).join('');
  return {
    file(one) {
      const results = [
        ...one.findings.map((finding) => resultOf(finding, one)),
        ...one.ignored.map(({ finding, reason }) => resultOf(finding, one, reason)),
      ];
      return head() + list(later.add(results));
    },
    end({ notices }) {
      const invocation = {
        executionSuccessful: true,
        toolConfigurationNotifications: notices.map((notice) => ({
          level: notice.severity,
          message: { text: sentence(notice) },
          associatedRule: { id: notice.rule, index: indexOf(notice) },
        })),
      };
      const invocations = jsonText([invocation]);
      return `${head()}${list(later.rest())}\n],"invocations":${invocations}}]}\n`;
    },
  };
}

const SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

function documentHead(): string {
  const driver = {
    name: PROGRAM,
    version: VERSION,
    semanticVersion: VERSION,
    informationUri: HOMEPAGE,
    rules: FILE_RULES.map((id) => {
      const { level, summary, description, cure, source, markdown } = RULE_TEXTS[id];
      return {
        id,
        shortDescription: { text: summary },
        fullDescription: { text: description },
        help: { text: `${description}\n\n${cure}\n\n${source}`, markdown },
        helpUri: rulePage(id),
        defaultConfiguration: { level },
        properties: { tags: ['flannel', 'configuration'] },
      };
    }),
  };
  const run = { tool: { driver }, columnKind: 'utf16CodeUnits' };
  const text = JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] });
  return `${text.slice(0, -'}]}'.length)},"results":[`;
}

function indexOf({ rule }: Finding): number {
  return (FILE_RULES as readonly string[]).indexOf(rule);
}

/** A URI reference (RFC 3986); GitHub resolves relative ones against the checkout. */
function uriOf(path: string): string {
  // Half a character cannot be encoded; what replaces it is what a reader would make of it.
  const whole = path.replace(/\p{Surrogate}/gu, '\ufffd');
  const encoded = whole.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}

function resultOf(finding: LocatedFinding, one: ValidatedFile, reason?: string) {
  const uri = uriOf(one.path);
  const region = regionOf(finding, one.lines);
  const result = {
    ruleId: finding.rule,
    ruleIndex: indexOf(finding),
    level: finding.severity,
    message: { text: sentence(finding) },
    // Code scanning wants a line, also of a file that could not be read.
    locations: [
      { physicalLocation: { artifactLocation: { uri }, region: region ?? { startLine: 1 } } },
    ],
    ...(finding.edits && one.lines ? { fixes: [fixOf(finding, uri, one.lines)] } : {}),
    ...(reason === undefined
      ? {}
      : {
          suppressions: [
            { kind: one.kind === 'site' ? 'inSource' : 'external', justification: reason },
          ],
        }),
  };
  return { severity: finding.severity, text: jsonText(result) };
}

function fixOf({ edits = [], fix }: LocatedFinding, uri: string, lines: LineIndex) {
  const replacements = edits.map(({ span, text }) => ({
    deletedRegion: regionAt(span, lines),
    insertedContent: { text },
  }));
  return {
    ...(fix === undefined ? {} : { description: { text: fix } }),
    artifactChanges: [{ artifactLocation: { uri }, replacements }],
  };
}
