import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../../src/model/document.ts';
import { openReport } from '../../../src/output/reports/index.ts';
import type { RunSummary, ValidatedFile } from '../../../src/output/reports/report.ts';
import { PROGRAM, VERSION } from '../../../src/project.ts';
import { BARE, edited, SITE } from '../../model/rules/sites.ts';
import { PLAIN } from '../plain.ts';

function validated(file: string, text: string): ValidatedFile {
  const { kind, findings, ignored, lines } = checkDocument(text, file);
  return { file, path: file, kind, findings, ignored, lines };
}

const good = validated('good.json', BARE);
const warned = validated('warned.json', edited(BARE, [['SubnetMax', 'subnetMax']]));
const bad = validated('bad, 1.json', edited(BARE, [['SubnetMax', 'SubnetMaks']]));
const ignoring = validated(
  'site.yaml',
  `${edited(SITE, [['{ Type: vxlan }', '{ Type: vxlan, GBP: true }']])}ignore: [{ rule: vxlan-gbp, reason: "tested, <all> of it" }]\n`,
);
const gone: ValidatedFile = {
  file: 'gone.json',
  path: 'gone.json',
  kind: null,
  findings: [
    { rule: 'unreadable-file', severity: 'error', message: 'gone.json is not there', path: '' },
  ],
  ignored: [],
  lines: null,
};
const FILES = [good, warned, bad, ignoring, gone];
const SUMMARY: RunSummary = {
  files: 5,
  invalid: 2,
  errors: 2,
  warnings: 2,
  ignored: 1,
  mended: 0,
  mendable: 0,
  skipped: 3,
  notices: [
    {
      rule: 'unused-ignore',
      severity: 'warning',
      message: '--ignore vxlan-port matches nothing in any network config',
      fix: 'leave it out',
      path: '',
    },
  ],
};
const NONE: RunSummary = {
  ...SUMMARY,
  files: 1,
  invalid: 0,
  errors: 0,
  warnings: 0,
  ignored: 0,
  skipped: 0,
  notices: [],
};

async function report(format: string, files: readonly ValidatedFile[] = FILES, summary = SUMMARY) {
  const writer = await openReport(format, PLAIN);
  return files.map((file) => writer.file(file)).join('') + writer.end(summary);
}

const help = (rule: string) =>
  `https://github.com/flannel-bigip/flannel-bigip/blob/v${VERSION}/docs/rules.md#${rule}`;

describe('the text of validate', () => {
  it('has every finding, and a line that counts', async () => {
    expect(await report('text')).toBe(
      [
        'warned.json:4:3: warning: flannel folds case and reads subnetMax as SubnetMax; other readers do not [key-case]',
        '    4 |   "subnetMax": "10.244.99.0",',
        '      |   ^^^^^^^^^^^',
        '    write SubnetMax',
        'bad, 1.json:4:3: error: flannel silently ignores the key "SubnetMaks" [unknown-key]',
        '    4 |   "SubnetMaks": "10.244.99.0",',
        '      |   ^^^^^^^^^^^^',
        '    did you mean SubnetMax?',
        'gone.json: error: gone.json is not there [unreadable-file]',
        'warning: --ignore vxlan-port matches nothing in any network config [unused-ignore]',
        '    leave it out',
        '5 files checked, 2 invalid: 2 errors, 2 warnings, 1 ignored, 3 other files passed over',
        '',
      ].join('\n'),
    );
  });

  it('is one line where all is well', async () => {
    expect(await report('text', [good], NONE)).toBe('1 file checked, all valid, 0 warnings\n');
    expect(await report('text', [], { ...NONE, files: 0, skipped: 1 })).toBe(
      '0 files checked, nothing to check, 0 warnings, 1 other file passed over\n',
    );
    expect(await report('text', [good], { ...NONE, mended: 1 })).toBe(
      '1 file checked, all valid, 0 warnings, 1 mended\n',
    );
  });
});

describe('the JSON of validate', () => {
  it('has every file with its findings, their places and what was ignored', async () => {
    expect(JSON.parse(await report('json'))).toEqual({
      files: [
        { file: 'good.json', kind: 'network-config', valid: true, problems: [], ignored: [] },
        {
          file: 'warned.json',
          kind: 'network-config',
          valid: true,
          problems: [
            {
              rule: 'key-case',
              severity: 'warning',
              message: 'flannel folds case and reads subnetMax as SubnetMax; other readers do not',
              path: '/subnetMax',
              line: 4,
              column: 3,
              endLine: 4,
              endColumn: 14,
              fix: 'write SubnetMax',
              help: help('key-case'),
            },
          ],
          ignored: [],
        },
        {
          file: 'bad, 1.json',
          kind: 'network-config',
          valid: false,
          problems: [
            {
              rule: 'unknown-key',
              severity: 'error',
              message: 'flannel silently ignores the key "SubnetMaks"',
              path: '/SubnetMaks',
              line: 4,
              column: 3,
              endLine: 4,
              endColumn: 15,
              fix: 'did you mean SubnetMax?',
              help: help('unknown-key'),
            },
          ],
          ignored: [],
        },
        {
          file: 'site.yaml',
          kind: 'site',
          valid: true,
          problems: [],
          ignored: [
            {
              rule: 'vxlan-gbp',
              severity: 'warning',
              message: expect.any(String),
              path: '/network/Backend/GBP',
              line: 11,
              column: 32,
              endLine: 11,
              endColumn: 36,
              fix: 'leave GBP out',
              help: help('vxlan-gbp'),
              reason: 'tested, <all> of it',
            },
          ],
        },
        {
          file: 'gone.json',
          kind: null,
          valid: false,
          problems: [
            {
              rule: 'unreadable-file',
              severity: 'error',
              message: 'gone.json is not there',
              path: '',
              line: null,
              column: null,
              endLine: null,
              endColumn: null,
              fix: null,
              help: help('unreadable-file'),
            },
          ],
          ignored: [],
        },
      ],
      valid: false,
      summary: {
        files: 5,
        invalid: 2,
        errors: 2,
        warnings: 2,
        ignored: 1,
        mended: 0,
        mendable: 0,
        skipped: 3,
      },
      problems: [
        {
          rule: 'unused-ignore',
          severity: 'warning',
          message: '--ignore vxlan-port matches nothing in any network config',
          path: '',
          line: null,
          column: null,
          endLine: null,
          endColumn: null,
          fix: 'leave it out',
          help: help('unused-ignore'),
        },
      ],
    });
  });

  it('is a document without files too, and indented as a whole', async () => {
    const empty = await report('json', [], NONE);
    expect(empty).toBe(
      `{\n  "files": [],\n  "valid": true,\n  "summary": {\n    "files": 1,\n    "invalid": 0,\n    "errors": 0,\n    "warnings": 0,\n    "ignored": 0,\n    "mended": 0,\n    "mendable": 0,\n    "skipped": 0\n  },\n  "problems": []\n}\n`,
    );
    const text = await report('json');
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
  });
});

describe('the annotations for GitHub', () => {
  it('have errors of all files first, and escape what would end them', async () => {
    expect(await report('github')).toBe(
      [
        '::error file=bad%2C 1.json,line=4,endLine=4,col=3,endColumn=15,title=unknown-key::flannel silently ignores the key "SubnetMaks". Did you mean SubnetMax?',
        '::error file=gone.json,title=unreadable-file::gone.json is not there',
        '::warning file=warned.json,line=4,endLine=4,col=3,endColumn=14,title=key-case::flannel folds case and reads subnetMax as SubnetMax; other readers do not. Write SubnetMax',
        '::warning title=unused-ignore::--ignore vxlan-port matches nothing in any network config. Leave it out',
        '5 files checked, 2 invalid: 2 errors, 2 warnings, 1 ignored, 3 other files passed over',
        '',
      ].join('\n'),
    );
  });
});

describe('the JUnit report', () => {
  it('has a suite for each file with a case for each rule, passed ones too', async () => {
    const xml = await report('junit');
    const suites = [...xml.matchAll(/<testsuite name="([^"]*)" ([^>]*)>/g)];
    expect(suites.map(([, name, counts]) => `${name} ${counts}`)).toEqual([
      'good.json tests="23" failures="0" errors="0" skipped="0"',
      'warned.json tests="23" failures="0" errors="0" skipped="0"',
      'bad, 1.json tests="23" failures="1" errors="0" skipped="0"',
      expect.stringMatching(/^site\.yaml tests="\d+" failures="0" errors="0" skipped="1"$/),
      'gone.json tests="1" failures="1" errors="0" skipped="0"',
      'command line tests="1" failures="0" errors="0" skipped="0"',
    ]);
    expect(xml).toContain('<testcase name="range-empty" classname="good.json"/>\n');
    expect(xml).toContain(
      [
        '    <testcase name="unknown-key" classname="bad, 1.json">',
        '      <failure type="unknown-key" message="flannel silently ignores the key &quot;SubnetMaks&quot;">bad, 1.json:4:3: flannel silently ignores the key &quot;SubnetMaks&quot;. Did you mean SubnetMax?',
        `See ${help('unknown-key')}</failure>`,
        '    </testcase>',
      ].join('\n'),
    );
    expect(xml).toContain(
      '      <system-out>warning: warned.json:4:3: flannel folds case and reads subnetMax as SubnetMax; other readers do not. Write SubnetMax</system-out>\n',
    );
    expect(xml).toMatch(/<skipped>ignored \(tested, &lt;all&gt; of it\): site\.yaml:11:32: /);
  });
});

describe('the SARIF report', () => {
  it('has errors of all files first, with region, suppression and the edits that mend', async () => {
    const { version, runs } = JSON.parse(await report('sarif'));
    const [{ tool, results, invocations, columnKind }] = runs;
    const at = (uri: string, region: object) => [
      { physicalLocation: { artifactLocation: { uri }, region } },
    ];
    const ruleIndex = (id: string) =>
      tool.driver.rules.findIndex((rule: { id: string }) => rule.id === id);
    expect([version, runs.length, columnKind]).toEqual(['2.1.0', 1, 'utf16CodeUnits']);
    expect(results).toEqual([
      {
        ruleId: 'unknown-key',
        ruleIndex: ruleIndex('unknown-key'),
        level: 'error',
        message: {
          text: 'flannel silently ignores the key "SubnetMaks". Did you mean SubnetMax?',
        },
        locations: at('bad%2C%201.json', {
          startLine: 4,
          startColumn: 3,
          endLine: 4,
          endColumn: 15,
        }),
      },
      {
        ruleId: 'unreadable-file',
        ruleIndex: ruleIndex('unreadable-file'),
        level: 'error',
        message: { text: 'gone.json is not there' },
        locations: at('gone.json', { startLine: 1 }),
      },
      {
        ruleId: 'key-case',
        ruleIndex: ruleIndex('key-case'),
        level: 'warning',
        message: { text: expect.stringContaining('Write SubnetMax') },
        locations: at('warned.json', {
          startLine: 4,
          startColumn: 3,
          endLine: 4,
          endColumn: 14,
        }),
        fixes: [
          {
            description: { text: 'write SubnetMax' },
            artifactChanges: [
              {
                artifactLocation: { uri: 'warned.json' },
                replacements: [
                  {
                    deletedRegion: { startLine: 4, startColumn: 4, endLine: 4, endColumn: 13 },
                    insertedContent: { text: 'SubnetMax' },
                  },
                ],
              },
            ],
          },
        ],
      },
      {
        ruleId: 'vxlan-gbp',
        ruleIndex: ruleIndex('vxlan-gbp'),
        level: 'warning',
        message: { text: expect.any(String) },
        locations: at('site.yaml', {
          startLine: 11,
          startColumn: 32,
          endLine: 11,
          endColumn: 36,
        }),
        suppressions: [{ kind: 'inSource', justification: 'tested, <all> of it' }],
      },
    ]);
    expect(invocations).toEqual([
      {
        executionSuccessful: true,
        toolConfigurationNotifications: [
          {
            level: 'warning',
            message: {
              text: '--ignore vxlan-port matches nothing in any network config. Leave it out',
            },
            associatedRule: { id: 'unused-ignore', index: ruleIndex('unused-ignore') },
          },
        ],
      },
    ]);
  });

  it('explains every rule, with the page that says more', async () => {
    const { runs } = JSON.parse(await report('sarif', [], NONE));
    const [{ tool }] = runs;
    const rule = tool.driver.rules.find((one: { id: string }) => one.id === 'range-includes-bigip');
    expect([tool.driver.name, tool.driver.version]).toEqual([PROGRAM, VERSION]);
    expect(rule).toEqual({
      id: 'range-includes-bigip',
      shortDescription: { text: expect.stringMatching(/^[A-Z].*\.$/) },
      fullDescription: { text: expect.any(String) },
      help: {
        text: expect.stringMatching(/Cure: .*Source: /s),
        markdown: expect.stringMatching(/Cure: .*Source: /s),
      },
      helpUri: help('range-includes-bigip'),
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['flannel', 'configuration'] },
    });
  });

  it('names a file outside by its absolute URI', async () => {
    const outside = { ...gone, path: '/var/a b/ü.json' };
    const { runs } = JSON.parse(await report('sarif', [outside]));
    expect(runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(
      'file:///var/a%20b/%C3%BC.json',
    );
  });
});
