import { describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../src/commands/index.ts';
import { EXIT, Problem } from '../../src/model/problem.ts';
import type { CommandSpec } from '../../src/session/command-spec.ts';
import { GLOBAL_OPTIONS } from '../../src/session/options.ts';
import { callsIn, readings } from './command-lines.ts';
import { runInProcess } from './in-process.ts';
import { pages, readPage, type Section, spansOf } from './markdown.ts';

/** Code that looks like this program's and is another's: node's, flanneld's, CIS's, npm scripts'. */
const OTHERS = [
  'node -e 0',
  '--all',
  '--allocate-node-cidrs',
  '--bigip-partition',
  '--cluster-cidr',
  '--cure',
  '--enable-v2',
  '--etcd-',
  '--fault',
  '--flannel-name',
  '--kube-subnet-mgr',
  '--kubeconfig-file',
  '--net-config-path',
  '--node-cidr-mask-size',
  '--pool-member-type',
];

const SPECS = COMMANDS.flatMap((spec) => [spec, ...(spec.subcommands ?? [])]);
const FLAGS = [...GLOBAL_OPTIONS, ...SPECS.flatMap(({ options }) => options)].map(
  ({ flag }) => `--${flag}`,
);

// The program reads the words; what it would then do stays undone.
for (const spec of SPECS) {
  vi.spyOn(spec, 'run').mockImplementation(async ({ positionals }) => checkWord(spec, positionals));
}

/** Holds the first argument against the words that a command chooses by. */
function checkWord({ positionals, completes }: CommandSpec, [word = '']: readonly string[]) {
  const isChoice = positionals === 'some' && typeof completes === 'object';
  if (isChoice && !completes.words.includes(word)) {
    throw new Problem(`${word} is none of ${completes.words.join(', ')}`, { exit: EXIT.usage });
  }
  return EXIT.done;
}

interface Line {
  readonly page: string;
  readonly line: string;
  readonly args: readonly string[];
}

/** Without the page that is made from the table, and what earlier versions had. */
const PAGES = pages().filter((page) => page !== 'docs/commands.md' && page !== 'CHANGELOG.md');

function linesOf(page: string, textsOf: (section: Section) => string[]): Line[] {
  return readPage(page)
    .flatMap(textsOf)
    .flatMap(callsIn)
    .filter((args) => args.length > 0)
    .flatMap(readings)
    .map((args) => args.map((word) => (word === 'COMMAND' ? 'init' : word)))
    .map((args) => ({ page, line: args.join(' '), args }));
}

const shellTexts = (section: Section) => [
  ...section.blocks.flatMap((block) =>
    block.kind === 'fence' && !/^(?:ya?ml|json)/.test(block.info) ? [block.text] : [],
  ),
  ...spansOf(section),
];

/** Code such as `apply --scope`: the program's name goes without saying, and so do values. */
const mentions = (section: Section) =>
  spansOf(section)
    .filter((code) => COMMANDS.some(({ name }) => code.startsWith(`${name} `)))
    .filter((code) => !OTHERS.includes(code) && callsIn(code).length === 0)
    .map((code) => `flannel-bigip ${code}`);

describe('commands in the documentation', () => {
  const lines = PAGES.flatMap((page) => linesOf(page, shellTexts));

  it('are there to be checked', () => {
    expect(new Set(lines.map(({ page }) => page))).toContain('docs/zh/onboarding.md');
  });

  it.each(lines)('$page: flannel-bigip $line', async ({ args }) => {
    expect(await runInProcess(args)).toMatchObject({ code: EXIT.done, stderr: '' });
  });

  it.each(PAGES.flatMap((page) => linesOf(page, mentions)))(
    '$page mentions $line',
    async ({ args }) => {
      const { stderr } = await runInProcess(args);
      expect(stderr).toMatch(/^(?:error: (?:option \S+ wants a value|.*nothing is named).*\n)?$/);
    },
  );

  it.each(PAGES)('%s has no flag that no command takes', (page) => {
    const flags = readPage(page)
      .flatMap(spansOf)
      .flatMap((code) => /^--[a-z][a-z\d-]*/.exec(code) ?? []);
    expect(
      flags.filter((flag) => ![...FLAGS, '--help', '--version', ...OTHERS].includes(flag)),
    ).toEqual([]);
  });
});
