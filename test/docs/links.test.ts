import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf, pages, proseOf, readPage } from './markdown.ts';

const LINKS = pages().flatMap((page) =>
  linksOf(readPage(page))
    .filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))
    .map((target) => {
      const [file = '', anchor] = target.split('#');
      const at = file === '' ? page : path.join(path.dirname(page), decodeURI(file));
      return { page, target, at: path.relative('.', at), anchor };
    }),
);

const PUBLISHED = published();

/** Files that a clone has (or will have, once they are added), and the folders that they are in. */
function published(): Set<string> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { encoding: 'utf8' }).split('\0').filter(existsSync);
  const parents = files.flatMap((file) => {
    const words = path.dirname(file).split('/');
    return words.map((_, index) => words.slice(0, index + 1).join('/'));
  });
  return new Set([...files, ...parents]);
}

describe('links of the documentation', () => {
  it('are there to be checked', () => {
    const linking = new Set(LINKS.map(({ page }) => page));
    expect([...linking]).toEqual(expect.arrayContaining(['README.md', 'docs/rules.md']));
  });

  it.each(pages())('%s has no other kind of link or picture than is checked here', (page) => {
    const unchecked =
      /\][ \n]?\[[^\]\n]*\]|^ {0,3}\[[^\]\n]+\]:[^\n]*|<\/?[a-z][a-z\d]*(?:\s[^>]*)?>/gim;
    expect(proseOf(readPage(page)).flatMap((text) => text.match(unchecked) ?? [])).toEqual([]);
  });

  it.each(LINKS)('$page: $target leads somewhere', ({ at, anchor }) => {
    expect(PUBLISHED).toContain(at);
    if (anchor !== undefined) expect(anchorsOf(readPage(at))).toContain(anchor);
  });

  it('lead to every picture', () => {
    const pictures = [...PUBLISHED].filter((file) => /^docs\/pictures\/.*\.\w+$/.test(file));
    const linked = new Set(LINKS.map(({ at }) => at));
    expect(pictures.filter((file) => !linked.has(file))).toEqual([]);
  });
});
