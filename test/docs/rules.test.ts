import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../src/model/document.ts';
import { DEVICE_RULES, FILE_RULES, LIVE_RULES, type Severity } from '../../src/model/finding.ts';
import { temporaryFolder } from '../support/cli.ts';
import { runInProcess } from './in-process.ts';
import { readPage, type Section } from './markdown.ts';

const SECTIONS = readPage('docs/rules.md');
const RULE_SECTIONS = SECTIONS.filter(({ level }) => level === 3);
const BASE = baseSite();

/** What the visible line above an example must say; the info string is not shown to readers. */
const LABELS = { triggers: 'Reported:', passes: 'Not reported:' } as const;

type Effect = keyof typeof LABELS;

/** How the text of an example becomes something to check. */
const KINDS = ['json network-config', 'yaml part', 'yaml site', 'sh command'] as const;

type Kind = (typeof KINDS)[number];

interface Example {
  readonly rule: string;
  readonly number: number;
  readonly kind: Kind;
  readonly effect: Effect;
  readonly text: string;
}

/** The part of a finding that examples are about. */
interface Reported {
  readonly rule: string;
  readonly severity: Severity;
}

function ruleOf({ title }: Section): string {
  return /^`([a-z\d-]+)`$/.exec(title)?.[1] ?? title;
}

function baseSite(): string {
  const found = SECTIONS.flatMap(({ blocks }) => blocks).filter(
    (block) => block.kind === 'fence' && block.info === 'yaml base',
  );
  if (found.length !== 1) throw new Error(`one base site is wanted, there are ${found.length}`);
  return found[0]?.text ?? '';
}

function examplesOf(section: Section): Example[] {
  const rule = ruleOf(section);
  let label = '';
  return section.blocks.flatMap((block, number): Example[] => {
    if (block.kind === 'text') {
      label = block.text;
      return [];
    }
    const kind = KINDS.find((one) => block.info.startsWith(`${one} `));
    const effect = (['triggers', 'passes'] as const).find((one) => block.info.endsWith(` ${one}`));
    if (kind === undefined || effect === undefined || block.info !== `${kind} ${effect}`) {
      throw new Error(`${rule}: a code block is a ${JSON.stringify(block.info)}`);
    }
    if (label !== LABELS[effect]) throw new Error(`${rule}: ${effect} stands below ${label}`);
    return [{ rule, number, kind, effect, text: block.text }];
  });
}

/** The severities that a section's first line names. */
function severitiesOf({ blocks: [first] }: Section): Severity[] {
  const line = first?.kind === 'text' ? first.text : '';
  if (!/^\*\*(Error|Warning)\*\*[^\n]*$/.test(line)) return [];
  return [...line.matchAll(/\*\*(error|warning)\*\*/gi)].map(([, severity]) =>
    severity?.toLowerCase() === 'error' ? 'error' : 'warning',
  );
}

/** The top-level keys of a YAML text with the lines that belong to each. */
function partsOf(text: string): Map<string, string> {
  const parts = text.split(/^(?=\S)/m);
  return new Map(parts.map((part) => [/^[^:]+/.exec(part)?.[0] ?? part, part]));
}

async function reported({ kind, text }: Example): Promise<readonly Reported[]> {
  switch (kind) {
    case 'json network-config': {
      const { kind: found, findings } = checkDocument(text, 'net-conf.json');
      expect(found).toBe('network-config');
      return findings;
    }
    case 'yaml site':
      return checkDocument(text, 'site.yaml').findings;
    case 'yaml part': {
      const whole = [...new Map([...partsOf(BASE), ...partsOf(text)]).values()].join('');
      return checkDocument(whole, 'site.yaml').findings;
    }
    case 'sh command':
      return runCommand(text);
  }
}

/** Runs a `validate` command in a folder that holds the base site, its input what is echoed. */
async function runCommand(text: string): Promise<readonly Reported[]> {
  const { input = '', words = '' } =
    /^(?:echo '(?<input>[^']*)' \| )?(?<words>.*)$/.exec(text.trim())?.groups ?? {};
  const [program, ...args] = words.split(' ');
  expect(program).toBe('flannel-bigip');
  const { stdout } = await runInProcess([...args, '--output', 'json'], {
    cwd: temporaryFolder({ 'flannel-bigip.yaml': BASE }),
    input,
  });
  type Report = { files: { problems: Reported[] }[]; problems: Reported[] };
  const report = JSON.parse(stdout) as Report;
  return [...report.files.flatMap(({ problems }) => problems), ...report.problems];
}

const EXAMPLES = RULE_SECTIONS.filter((section) =>
  FILE_RULES.some((rule) => rule === ruleOf(section)),
).flatMap(examplesOf);

describe('docs/rules.md', () => {
  it('has one section for each rule, and no other', () => {
    const titles = RULE_SECTIONS.map(({ title }) => title);
    const wanted = [...FILE_RULES, ...LIVE_RULES, ...DEVICE_RULES].map((rule) => `\`${rule}\``);
    expect(titles.toSorted()).toEqual(wanted.toSorted());
  });

  it('has the rules of live state and of devices in parts of their own, in their order', () => {
    const rulesOf = (name: string) => {
      const behind = SECTIONS.slice(SECTIONS.findIndex(({ title }) => title === name) + 1);
      const end = behind.findIndex(({ level }) => level === 2);
      const part = behind.slice(0, end < 0 ? undefined : end);
      return part.filter(({ level }) => level === 3).map(ruleOf);
    };
    expect(rulesOf('Live state')).toEqual([...LIVE_RULES]);
    expect(rulesOf('BIG-IP devices')).toEqual([...DEVICE_RULES]);
  });

  it.each(RULE_SECTIONS)('says of $title how bad it is, the cure and the source', (section) => {
    const text = section.blocks.map((block) => block.text);
    expect(severitiesOf(section)).not.toEqual([]);
    expect(text.filter((one) => one.startsWith('Cure: '))).toHaveLength(1);
    expect(text.filter((one) => one.startsWith('Source: '))).toHaveLength(1);
  });

  it('begins with a site that has no problem', () => {
    const { site, findings } = checkDocument(BASE, 'site.yaml');
    expect(findings).toEqual([]);
    expect(site?.name).toBe('site-a');
  });
});

describe('examples in docs/rules.md', () => {
  it.each(FILE_RULES)('show %s broken and not broken', (rule) => {
    const effects = EXAMPLES.filter((one) => one.rule === rule).map(({ effect }) => effect);
    expect(new Set(effects)).toEqual(new Set(['triggers', 'passes']));
  });

  it.each(EXAMPLES)('$rule, block $number: $effect', async (example) => {
    const found = await reported(example);
    if (example.effect === 'triggers') {
      expect(found.map(({ rule }) => rule)).toContain(example.rule);
      return;
    }
    expect(
      found.filter(({ rule, severity }) => rule === example.rule || severity === 'error'),
    ).toEqual([]);
  });

  it.each(FILE_RULES)('show %s as bad as its section says', async (rule) => {
    const section = RULE_SECTIONS.find((one) => ruleOf(one) === rule);
    const triggers = EXAMPLES.filter((one) => one.rule === rule && one.effect === 'triggers');
    const found = (await Promise.all(triggers.map(reported))).flat();
    const severities = found.filter((one) => one.rule === rule).map(({ severity }) => severity);
    expect(new Set(severities)).toEqual(new Set(section && severitiesOf(section)));
  });
});
