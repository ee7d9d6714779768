import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Document, type Scalar } from 'yaml';
import { parseEmbeddedJson } from '../../src/model/embedded-json.ts';
import { parseJsonText } from '../../src/model/json-source.ts';
import { lastEntry, type ScalarNode, type SourceNode, toValue } from '../../src/model/source.ts';
import { parseYamlText } from '../../src/model/yaml-source.ts';

function scalarIn(outer: string, language: 'yaml' | 'json' = 'yaml'): ScalarNode {
  const parsed = language === 'json' ? parseJsonText(outer) : parseYamlText(outer);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const scalar = lastEntry(parsed.root, 'c')?.value;
  if (scalar?.kind !== 'string') throw new Error('c is no text');
  return scalar;
}

/** Every key and value of the embedded document as the outer text spells it. */
function spellings(outer: string, language?: 'yaml' | 'json'): string[] {
  const parsed = parseEmbeddedJson(outer, scalarIn(outer, language));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const walk = (node: SourceNode): string[] =>
    node.kind === 'object'
      ? node.entries.flatMap(({ keySpan, value }) => [
          outer.slice(keySpan.start, keySpan.end),
          ...walk(value),
        ])
      : [outer.slice(node.span.start, node.span.end)];
  return walk(parsed.root);
}

describe('JSON inside a YAML scalar', () => {
  it.each([
    ['a literal block', 'c: |\n  {\n    "a": "x",\n    "b": 2\n  }\n'],
    ['a stripped block', 'c: |-\n  {"a": "x",\n   "b": 2}'],
    ['a kept block', 'c: |+\n  {"a": "x", "b": 2}\n\n\nd: 1\n'],
    ['a block with its indentation named', 'c: |2\n    {"a": "x",\n  "b": 2}\n'],
    ['a folded block', 'c: >\n  {"a": "x",\n  "b":\n    2}\n'],
    ['a block behind a comment', 'c: | # what flannel reads\n  {"a": "x", "b": 2}\n'],
    ['a plain scalar of several lines', 'c: \'{"a":\n  "x",\n  "b": 2}\'\n'],
    ['single quotes', 'c: \'{"a": "x", "b": 2}\'\n'],
    ['an anchor', 'c: &net |\n  {"a": "x", "b": 2}\n'],
    ['a tag', 'c: !!str |\n  {"a": "x", "b": 2}\n'],
    ['an alias', 'd: &net |\n  {"a": "x", "b": 2}\nc: *net\n'],
    ['lines that end in CRLF', 'c: |\r\n  {"a": "x",\r\n   "b": 2}\r\n'],
    ['blank lines', 'c: |\n\n  {"a":\n\n   "x", "b": 2}\n'],
  ])('is placed in %s', (_, outer) => {
    expect(spellings(outer)).toEqual(['"a"', '"x"', '"b"', '2']);
  });

  it('is placed in double quotes, escapes and all', () => {
    expect(spellings('c: "{\\"a\\": \\"x\\",\\n\\"b\\": 2}"\n')).toEqual([
      '\\"a\\"',
      '\\"x\\"',
      '\\"b\\"',
      '2',
    ]);
  });

  it('is placed behind an escaped line break', () => {
    expect(spellings('c: "{\\"a\\": \\\n    \\"x\\", \\\n    \\"b\\": 2}"\n')).toEqual([
      '\\"a\\"',
      '\\"x\\"',
      '\\"b\\"',
      '2',
    ]);
  });

  it('is placed behind characters of two code units, however they are spelt', () => {
    expect(spellings('c: "{\\"\\U0001F600\\": \\"😀\\", \\"b\\": 2}"\n')).toEqual([
      '\\"\\U0001F600\\"',
      '\\"😀\\"',
      '\\"b\\"',
      '2',
    ]);
  });

  it('is placed around a doubled single quote', () => {
    expect(spellings("c: '{\"it''s\": 1}'\n")).toEqual(['"it\'\'s"', '1']);
  });
});

describe('JSON inside a string of JSON', () => {
  it('is placed with its escapes', () => {
    const outer = JSON.stringify({ c: JSON.stringify({ a: 'x', b: [2] }, null, 2) });
    expect(spellings(outer, 'json').slice(0, 3)).toEqual(['\\"a\\"', '\\"x\\"', '\\"b\\"']);
  });
});

describe('broken JSON inside a YAML scalar', () => {
  it.each([
    ['c: |\n  {"a": 1,}\n', '}'],
    ['c: "{\\"a\\": x}"\n', 'x'],
    ['c: \'{"a" 1}\'\n', '1'],
  ])('is reported where it stands in %j', (outer, found) => {
    const parsed = parseEmbeddedJson(outer, scalarIn(outer));
    const [problem] = parsed.ok ? [] : parsed.problems;
    const { start = 0, end = 0 } = problem?.span ?? {};
    expect(outer.slice(start, end)).toBe(found);
    expect(start).toBe(outer.lastIndexOf(found));
  });

  it.each(['c: |\n  {"a": 1\n', 'c: ""\n'])(
    'that ends too early is reported inside %j',
    (outer) => {
      const parsed = parseEmbeddedJson(outer, scalarIn(outer));
      const [problem] = parsed.ok ? [] : parsed.problems;
      expect(problem?.span.start).toBeGreaterThanOrEqual(3);
      expect(problem?.span.end).toBeLessThanOrEqual(outer.length);
    },
  );
});

describe('any JSON document in any style of scalar', () => {
  const leaf = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.integer(), fc.boolean());
  const documents = fc.dictionary(fc.string({ minLength: 1 }), leaf, { minKeys: 1, maxKeys: 6 });
  const styles = fc.constantFrom(
    'BLOCK_LITERAL',
    'BLOCK_FOLDED',
    'QUOTE_DOUBLE',
    'QUOTE_SINGLE',
    'PLAIN',
  );

  it('keeps its value, and each part is placed inside the scalar in its order', () => {
    fc.assert(
      fc.property(documents, styles, fc.constantFrom(0, 2), (value, style, indent) => {
        const document = new Document({ before: 1, c: JSON.stringify(value, null, indent), d: 2 });
        (document.get('c', true) as Scalar).type = style as Scalar.Type;
        const outer = document.toString({ lineWidth: 40 });
        const scalar = scalarIn(outer);
        const parsed = parseEmbeddedJson(outer, scalar);
        if (!parsed.ok || parsed.root.kind !== 'object') throw new Error('it was JSON');
        expect(toValue(parsed.root)).toEqual(value);
        let last = scalar.span.start;
        for (const { keySpan, value: node } of parsed.root.entries) {
          for (const { start, end } of [keySpan, node.span]) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            last = end;
          }
        }
        expect(last).toBeLessThanOrEqual(scalar.span.end);
      }),
      { numRuns: 500 },
    );
  });
});
