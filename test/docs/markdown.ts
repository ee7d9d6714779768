import { readdirSync, readFileSync } from 'node:fs';

/** A heading of a Markdown page and what stands below it, up to the next heading. */
export interface Section {
  readonly level: number;
  /** As written, code marks and all; '' for what stands before the first heading. */
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A paragraph (or list, or table), or a fenced code block. */
type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fence'; readonly info: string; readonly text: string };

/** The pages that people read, as paths from the project's folder. */
export function pages(): string[] {
  const inRoot = readdirSync('.').filter((name) => name.endsWith('.md'));
  const inDocs = readdirSync('docs', { recursive: true, encoding: 'utf8' });
  return [
    ...inRoot,
    ...inDocs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ];
}

/** A heading, a fenced code block (in a list indented), or lines without a blank one between them. */
const BLOCKS =
  /^(?<marks>#{1,6}) (?<title>[^\n]+)$|^(?<indent> *)```(?<info>[^\n]*)\n(?<code>.*?)^\k<indent>```$|(?<text>(?:^(?! *```|#{1,6} )[^\n]+\n?)+)/gms;

/** Reads as much of a page as its tests need. */
export function readPage(path: string): Section[] {
  const text = readFileSync(path, 'utf8');
  const sections: { level: number; title: string; blocks: Block[] }[] = [
    { level: 0, title: '', blocks: [] },
  ];
  for (const { groups = {} } of text.matchAll(BLOCKS)) {
    const { marks = '', title, info = '', code, text: paragraph = '' } = groups;
    if (title !== undefined) {
      sections.push({ level: marks.length, title, blocks: [] });
      continue;
    }
    const block: Block =
      code === undefined
        ? { kind: 'text', text: paragraph.trimEnd() }
        : { kind: 'fence', info, text: code };
    sections.at(-1)?.blocks.push(block);
  }
  return sections;
}

/** The anchors that GitHub gives a page's headings. */
export function anchorsOf(sections: readonly Section[]): string[] {
  const counts = new Map<string, number>();
  return sections
    .filter(({ level }) => level > 0)
    .map(({ title }) => {
      const slug = title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-');
      const count = counts.get(slug) ?? 0;
      counts.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    });
}

/** Code in running text: between as many backticks as it begins with, on one line or several. */
const SPAN = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/gs;

/** What a section says outside of fenced code blocks. */
function prose({ title, blocks }: Section): string[] {
  return [title, ...blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []))];
}

/** Headings, paragraphs, lists and tables of a page, code left out. */
export function proseOf(sections: readonly Section[]): string[] {
  return sections.flatMap(prose).map((text) => text.replace(SPAN, '`'));
}

/** The code in a section's running text, each as one line. */
export function spansOf(section: Section): string[] {
  return prose(section)
    .flatMap((text) => [...text.matchAll(SPAN)])
    .map(([, , code = '']) => code.replaceAll('\\|', '|').replace(/\s+/g, ' ').trim());
}

/** Where the links and pictures of a page lead, code left out. */
export function linksOf(sections: readonly Section[]): string[] {
  return proseOf(sections)
    .flatMap((text) => [...text.matchAll(/\]\(\s*<?([^)>\s]+)>?[^)]*\)/g)])
    .flatMap(([, target]) => target ?? []);
}
