import { describe, expect, it } from 'vitest';
import { type CheckedDocument, checkDocument } from '../../../src/model/document.ts';
import { FILE_RULES } from '../../../src/model/finding.ts';
import { marked } from '../marked.ts';
import { BIGIP_CASES } from './bigip-cases.ts';
import { NETWORK_CASES } from './network-cases.ts';
import { ruleCases } from './rule-case.ts';
import { BARE, DUAL, edited, PAIR, SITE } from './sites.ts';
import { STRUCTURE_CASES } from './structure-cases.ts';

const RULE_CASES = [STRUCTURE_CASES, NETWORK_CASES, BIGIP_CASES].flatMap(ruleCases);

function check(text: string): CheckedDocument {
  return checkDocument(text, text.trimStart().startsWith('{') ? 'net.json' : 'site.yaml');
}

function placesOf(rule: string, { findings, lines }: CheckedDocument) {
  return findings
    .filter((finding) => finding.rule === rule)
    .map(({ severity, path, span }) => ({ severity, path, ...(span && lines.at(span.start)) }));
}

describe('the documents that the cases start from', () => {
  it.each([
    ['site', SITE],
    ['pair', PAIR],
    ['dual-stack site', DUAL],
    ['bare config', BARE],
  ])('have no finding: %s', (_, text) => {
    expect(check(text).findings).toEqual([]);
  });
});

describe('every rule on files', () => {
  it('has a case, but for those that no text of a site or a config alone can break', () => {
    const covered = new Set<string>(RULE_CASES.map(({ rule }) => rule));
    expect(FILE_RULES.filter((rule) => !covered.has(rule))).toEqual([
      'unreadable-file',
      'no-files',
      'no-network-config',
      'key-unread',
      'unused-option',
    ]);
  });

  it.each(RULE_CASES)('$rule is found at $path after $broken', (one) => {
    const { text, line, column } = marked(edited(one.base, one.broken));
    const { rule, severity, path } = one;
    expect(placesOf(rule, check(text))).toEqual([{ severity, path, line, column }]);
  });

  it.each(RULE_CASES)('$rule is not found at $path after $nearMiss', (one) => {
    const places = placesOf(one.rule, check(edited(one.base, one.nearMiss)));
    expect(
      places.filter(({ path, severity }) => path === one.path && severity === one.severity),
    ).toEqual([]);
  });

  it.each(RULE_CASES.filter(({ severity }) => severity === 'error'))(
    '$rule keeps a document with $broken from being a site',
    (one) => {
      const { site } = check(marked(edited(one.base, one.broken)).text);
      expect(site).toBeNull();
    },
  );
});
