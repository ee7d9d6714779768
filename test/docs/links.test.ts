import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf, pages, readPage } from './markdown.ts';

const LINKS = pages().flatMap((page) =>
  linksOf(readPage(page))
    .filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))
    .map((target) => ({ page, target })),
);

describe('links of the documentation', () => {
  it('are there to be checked', () => {
    const linking = new Set(LINKS.map(({ page }) => page));
    expect([...linking]).toEqual(expect.arrayContaining(['README.md', 'docs/rules.md']));
  });

  it.each(LINKS)('$page: $target leads somewhere', ({ page, target }) => {
    const [file = '', anchor] = target.split('#');
    const at = file === '' ? page : path.join(path.dirname(page), decodeURI(file));
    expect(existsSync(at), `${at} is there`).toBe(true);
    expect(path.relative('.', at), 'a link stays inside the project').not.toMatch(/^\.\./);
    if (anchor !== undefined) expect(anchorsOf(readPage(at))).toContain(anchor);
  });
});
