import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { checkDocument } from '../../src/model/document.ts';
import { pages, readPage } from './markdown.ts';

/** Pages whose site is wrong on purpose, since they show how that is found and mended. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  'docs/start.md': ['range-includes-bigip'],
  'docs/zh/start.md': ['range-includes-bigip'],
};

/** Examples of rules have more than the language in their first line, and tests of their own. */
const YAML = pages().flatMap((page) =>
  readPage(page)
    .flatMap(({ blocks }) => blocks)
    .flatMap((block) =>
      block.kind === 'fence' && block.info === 'yaml' ? [{ page, text: block.text }] : [],
    ),
);

it.each(YAML)('$page: YAML can be read', ({ text }) => {
  expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
});

it.each(YAML.filter(({ text }) => /^kind: Site$/m.test(text)))(
  '$page: its site file is as right as the page says',
  ({ page, text }) => {
    const { findings } = checkDocument(text, 'site.yaml');
    expect(findings.map(({ rule }) => rule)).toEqual(WRONG[page] ?? []);
  },
);
