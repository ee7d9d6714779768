import { describe, expect, it } from 'vitest';
import { parseJsonText } from '../../src/model/json-source.ts';
import { MAX_DEPTH } from '../../src/model/source.ts';
import { marked } from './marked.ts';

function problemsOf(text: string) {
  const parsed = parseJsonText(text);
  return parsed.ok ? [] : parsed.problems;
}

describe('JSON text', () => {
  it('keeps where each key and value stood, and how it was spelt', () => {
    const text = '{ "a" : 1.0,\r\n "b":[true] }';
    expect(parseJsonText(text)).toEqual({
      ok: true,
      root: {
        kind: 'object',
        span: { start: 0, end: 27 },
        raw: '{"a":1.0,"b":[true]}',
        entries: [
          {
            key: 'a',
            keySpan: { start: 2, end: 5 },
            value: { kind: 'number', value: 1, span: { start: 8, end: 11 }, raw: '1.0' },
          },
          {
            key: 'b',
            keySpan: { start: 15, end: 18 },
            value: {
              kind: 'array',
              span: { start: 19, end: 25 },
              raw: '[true]',
              items: [{ kind: 'boolean', value: true, span: { start: 20, end: 24 }, raw: 'true' }],
            },
          },
        ],
      },
    });
  });

  it('keeps equal keys apart, and keys like __proto__', () => {
    const parsed = parseJsonText('{"__proto__":1,"a":2,"a":3}');
    const entries = parsed.ok && parsed.root.kind === 'object' ? parsed.root.entries : [];
    expect(entries.map(({ key, value }) => [key, value.raw])).toEqual([
      ['__proto__', '1'],
      ['a', '2'],
      ['a', '3'],
    ]);
  });

  it.each([
    ['{"a":1,«}', 'there is a comma before "}"', 'remove the comma'],
    ['[1,\n «]', 'there is a comma before "]"', 'remove the comma'],
    [
      '«\ufeff{}',
      'it begins with a byte-order mark, which flannel does not read',
      'save the file as UTF-8 without BOM',
    ],
  ])('%j is refused, with the cure', (text, message, fix) => {
    const { text: plain, offset } = marked(text);
    expect(problemsOf(plain)).toEqual([{ span: { start: offset, end: offset + 1 }, message, fix }]);
  });

  it.each([
    ['{"a" «1}', '"1"'],
    ['{«a:1}', '"a"'],
    ["{«'a':1}", '"\'"'],
    ['{"a":0«1}', '"1"'],
    ['{"a":«+1}', '"+"'],
    ['{"a":1.«}', '"}"'],
    ['{"a":-«}', '"}"'],
    ['{"a":tru«}', '"}"'],
    ['{"a":«NaN}', '"N"'],
    ['{"a":"x«\ny"}', '"\\n"'],
    ['{"a":"\\«x"}', '"x"'],
    ['{"a":"\\u12«g4"}', '"g"'],
    ['{"a":1}«}', '"}"'],
    ['{"a":1} «{"b":2}', '"{"'],
    ['{}\n «x at position 1', '"x"'],
    ['«// no comment\n{}', '"/"'],
    ['{"a":1,«,"b":2}', '","'],
    ['[1 «2]', '"2"'],
    ['{"a":[1«}', '"}"'],
    ['«“a”', '"“"'],
    ['{"a":«\u00a01}', '"\u00a0"'],
  ])('%j is refused where it goes wrong', (text, found) => {
    const { text: plain, offset } = marked(text);
    expect(problemsOf(plain)).toEqual([
      { span: { start: offset, end: offset + 1 }, message: `${found} is not expected here` },
    ]);
  });

  it.each(['{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '["', '["\\', '["\\u1', 'tru', '-', '[1.'])(
    '%s ends too early',
    (text) => {
      const end = { start: text.length, end: text.length };
      expect(problemsOf(text)).toEqual([{ span: end, message: 'it ends too early' }]);
    },
  );

  it.each(['', ' \n\t'])('%j is empty', (text) => {
    expect(problemsOf(text)).toEqual([{ span: { start: 0, end: 0 }, message: 'it is empty' }]);
  });

  it.each([
    ['closed lists', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['open lists', '['.repeat(10_000)],
    ['closed objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['open objects', '{"a":'.repeat(10_000)],
    ['one level more than is read', '['.repeat(MAX_DEPTH + 1) + ']'.repeat(MAX_DEPTH + 1)],
  ])('that nests too deep is refused: %s', (_, text) => {
    expect(problemsOf(text)).toEqual([
      { span: { start: 0, end: 1 }, message: 'the value is nested more than 64 levels deep' },
    ]);
  });

  it.each([
    ['the deepest nesting that is read', '['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH)],
    ['brackets in a string', `["${'['.repeat(100)}\\"${'{'.repeat(100)}"]`],
    ['a list of many lists', `[${Array(1000).fill('[]').join(',')}]`],
  ])('is read with %s', (_, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});
