import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { callsIn } from './command-lines.ts';
import { pages, readPage, type Section, spansOf } from './markdown.ts';

const TRANSLATED = pages().filter((page) => page.startsWith('docs/zh/'));

/** What code says in every language: comments and the name of a site are the reader's. */
function withoutWords(code: string): string {
  return code.replace(/(?:^|\s+)#.*$/gm, '').replace(/^(name:).*$/gm, '$1');
}

/** What of a section does not depend on its language. */
function shapeOf(section: Section) {
  const fences = section.blocks.flatMap((block) => (block.kind === 'fence' ? [block] : []));
  const text = section.blocks
    .flatMap((block) => (block.kind === 'text' ? [block.text] : []))
    .join('\n');
  const found = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, one = '']) => one);
  return {
    level: section.level,
    fences: fences.map(({ info, text: code }) => ({ info, code: withoutWords(code) })),
    commands: spansOf(section).flatMap(callsIn).toSorted(),
    pictures: found(/!\[[^\]]*\]\(([^)]*)\)/g).map((file) => path.basename(file)),
    cells: found(/^\|(.*)\|$/gm).map((row) => row.split(/(?<!\\)\|/).length),
    items: found(/^ *([-*]|\d+\.) /gm),
  };
}

it('there are pages in Chinese', () => {
  expect(TRANSLATED).toContain('docs/zh/start.md');
});

it.each(TRANSLATED)('%s has what the English page has', (page) => {
  const english = page.replace('/zh/', '/');
  expect(existsSync(english)).toBe(true);
  expect(readPage(page).map(shapeOf)).toEqual(readPage(english).map(shapeOf));
});
