// Makes the help texts of rules in reports from docs/rules.md, so that the two cannot drift apart.
import { readFileSync } from 'node:fs';

/**
 * What docs/rules.md says of each rule, as a TypeScript module.
 *
 * @param {string} page the path of docs/rules.md
 * @param {string} base where the pages in docs/ are published, with a slash at its end
 */
export function ruleTextsModule(page, base) {
  const sections = readFileSync(page, 'utf8').split(/^### /m).slice(1);
  const texts = Object.fromEntries(sections.flatMap((section) => ruleText(section, base)));
  return [
    '/* Generated from docs/rules.md by scripts/generate.mjs. */',
    '',
    "import type { RuleId, Severity } from '../finding.ts';",
    '',
    'interface RuleText {',
    '  readonly level: Severity;',
    '  readonly summary: string;',
    '  readonly description: string;',
    '  readonly cure: string;',
    '  readonly source: string;',
    '  readonly markdown: string;',
    '}',
    '',
    `export const RULE_TEXTS: Readonly<Record<RuleId, RuleText>> = ${JSON.stringify(texts, null, 2)};`,
    '',
  ].join('\n');
}

function ruleText(section, base) {
  const id = /^`([a-z\d-]+)`$/m.exec(section)?.[1];
  const level = /^\*\*(Error|Warning)\*\*/im.exec(section)?.[1]?.toLowerCase();
  if (id === undefined || level === undefined) return [];
  const paragraphs = section
    .split(/\n{2,}/)
    .slice(2)
    .map((paragraph) => paragraph.trim());
  const find = (start) => paragraphs.find((one) => one.startsWith(start)) ?? '';
  const [cure, source] = [find('Cure: '), find('Source: ')];
  const about = paragraphs.slice(0, paragraphs.indexOf(cure));
  const description = about.map(plain).join('\n\n');
  const markdown = [...about, cure, source]
    .map((one) => one.replace(/\]\((?!https?:)([^)]+)\)/g, (_, to) => `](${absolute(to, base)})`))
    .join('\n\n');
  const summary = /^.*?[.:](?=\s|$)/s.exec(description)?.[0].replace(/:$/, '.') ?? description;
  const text = { level, summary, description, cure: plain(cure), source: plain(source), markdown };
  return [[id, text]];
}

function absolute(link, base) {
  return new URL(link.startsWith('#') ? `rules.md${link}` : link, base).href;
}

/** Without marks of Markdown and line breaks within a paragraph. */
function plain(paragraph) {
  const lines = /^[|*-]/.test(paragraph) ? paragraph : paragraph.replaceAll('\n', ' ');
  return lines.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('`', '');
}
