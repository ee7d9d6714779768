import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with {
  type: 'json',
};
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { SITE } from '../support/sites.ts';

const CONFIGS = (
  JSON.parse(readFileSync('test/data/flannel-config-cases.json', 'utf8')) as {
    configs: { config: string }[];
  }
).configs.map(({ config }) => config);

/** Names that end a property, a path or an element where a report forgets to escape. */
const ODD_NAMES = ['a b.json', 'c%41,d:e.json', 'ü<&>"\'.json', 'line\nbreak.json', '全部.json'];
const NASTY = '{"Network":"10.244.0.0/16","\u0007\u001b[2J]]>\ud800\uffff":1}';

let folder: string;
let count: number;
beforeAll(() => {
  folder = temporaryFolder();
  const put = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
  for (const [n, config] of CONFIGS.entries()) put(`${n}.json`, config);
  for (const name of ODD_NAMES) put(name, NASTY);
  put('site.yaml', SITE);
  count = CONFIGS.length + ODD_NAMES.length + 1;
});

const report = (format: string) =>
  run(['validate', ...names(), '-o', format, '--bigip-subnet', '10.244.100.0/24'], { cwd: folder });
const names = () => [...CONFIGS.map((_, n) => `${n}.json`), ...ODD_NAMES, 'site.yaml'];

describe('a report on everything that flannel was asked about', () => {
  it('is SARIF as its schema wants it, every result at a place, errors first', async () => {
    const { code, stdout, stderr } = await report('sarif');

    const log = JSON.parse(stdout);
    // Draft 4, in which nothing that the schema uses means something else than later.
    const { $schema: _, id: __, ...schema } = sarifSchema as Record<string, unknown>;
    const validate = new Ajv({
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
    }).compile(schema);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      new RegExp(`^${count} files checked, \\d+ invalid: \\d+ errors, \\d+ warnings\\n$`),
    );
    expect(validate(log) ? [] : validate.errors).toEqual([]);
    const { results, tool } = log.runs[0];
    const levels = results.map((one: { level: string }) => one.level);
    expect(levels).toEqual(levels.toSorted());
    expect(results.length).toBeGreaterThan(CONFIGS.length / 2);
    for (const { ruleId, ruleIndex, locations } of results) {
      const [{ physicalLocation }] = locations;
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(names()).toContain(decodeURIComponent(physicalLocation.artifactLocation.uri));
      expect(physicalLocation.region.startLine).toBeGreaterThan(0);
    }
  });

  it('is JUnit as its XSD wants it, a suite for each file', async () => {
    const { code, stdout } = await report('junit');

    const file = path.join(folder, 'junit.xml');
    writeFileSync(file, stdout);
    const lint = spawnSync('xmllint', ['--noout', '--schema', 'test/data/junit.xsd', file], {
      encoding: 'utf8',
    });
    expect(code).toBe(3);
    expect([lint.status, lint.stderr]).toEqual([0, `${file} validates\n`]);
    expect(stdout.match(/<testsuite /g)).toHaveLength(count);
  });

  it('is JSON as its schema wants it, a record for each file', async () => {
    const { code, stdout } = await report('json');

    const document = JSON.parse(stdout);
    const schema = JSON.parse(readFileSync('schemas/validate-report.schema.json', 'utf8'));
    const validate = new Ajv2020({ allowUnionTypes: true, strictRequired: false }).compile(schema);
    expect(code).toBe(3);
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(document.files.map(({ file }: { file: string }) => file)).toEqual(names());
  });

  it('is one line of GitHub for each finding, and says the same as the JSON', async () => {
    const [github, json] = await Promise.all([report('github'), report('json')]);

    type Problem = { rule: string; severity: string; message: string; line: number };
    const files = JSON.parse(json.stdout).files as { file: string; problems: Problem[] }[];
    const wanted = files.flatMap(({ file, problems }) =>
      problems.map(({ rule, severity, line }) => ({ file, rule, severity, line })),
    );
    const lines = github.stdout.trimEnd().split('\n');
    const found = lines.slice(0, -1).map((line) => {
      const [, severity, list = ''] = /^::(error|warning) (.*?)::/.exec(line) ?? [];
      const properties = Object.fromEntries(
        list.split(',').map((pair) => pair.split(/=(.*)/s).map(unescaped)),
      );
      const { file, title, line: number } = properties;
      return { file, rule: title, severity, line: Number(number) };
    });
    const key = (one: object) => JSON.stringify(Object.entries(one).sort());
    expect(found.map(key).toSorted()).toEqual(wanted.map(key).toSorted());
    expect(lines.at(-1)).toMatch(
      new RegExp(`^${count} files checked, \\d+ invalid: \\d+ errors, \\d+ warnings$`),
    );
  });

  it('is text without a control character, whatever is in files and names', async () => {
    const { stdout } = await report('text');

    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

function unescaped(text: string): string {
  return text
    .replaceAll('%2C', ',')
    .replaceAll('%3A', ':')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%');
}

describe('paths in a report', () => {
  it.each(['GITHUB_WORKSPACE', 'CI_PROJECT_DIR'])(
    'start from the checkout, by %s',
    async (name) => {
      const workspace = temporaryFolder();
      mkdirSync(path.join(workspace, 'deploy'));
      writeFileSync(path.join(workspace, 'deploy/n.json'), '{}');

      const { stdout } = await run(['validate', 'n.json', '-o', 'github'], {
        cwd: path.join(workspace, 'deploy'),
        env: { [name]: workspace },
      });

      expect(stdout).toMatch(/^::error file=deploy\/n\.json,/);
    },
  );

  it('are absolute outside of it', async () => {
    const outside = temporaryFolder({ 'n.json': '{}' });

    const { stdout } = await run(['validate', `${outside}/n.json`, '-o', 'github']);

    expect(stdout).toMatch(new RegExp(`^::error file=${outside}/n\\.json,`));
  });
});
