import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, toValue } from '../../src/model/source.ts';
import { parseYamlText } from '../../src/model/yaml-source.ts';
import { marked } from './marked.ts';

function problemsOf(text: string) {
  const parsed = parseYamlText(text);
  return parsed.ok ? [] : parsed.problems;
}

function contentOf(text: string): unknown {
  const parsed = parseYamlText(text);
  return parsed.ok ? toValue(parsed.root) : parsed.problems;
}

describe('YAML text', () => {
  it('keeps where each key and value stood, with CRLF line ends too', () => {
    expect(parseYamlText('a: 0x10\r\nb:\r\n  - "x"\r\n')).toEqual({
      ok: true,
      root: {
        kind: 'object',
        span: { start: 0, end: 22 },
        raw: '{"a":16,"b":["x"]}',
        entries: [
          {
            key: 'a',
            keySpan: { start: 0, end: 1 },
            value: { kind: 'number', value: 16, span: { start: 3, end: 7 }, raw: '16' },
          },
          {
            key: 'b',
            keySpan: { start: 9, end: 10 },
            value: {
              kind: 'array',
              span: { start: 15, end: 22 },
              raw: '["x"]',
              items: [{ kind: 'string', value: 'x', span: { start: 17, end: 20 }, raw: '"x"' }],
            },
          },
        ],
      },
    });
  });

  it('keeps equal keys apart', () => {
    const parsed = parseYamlText('a: 1\nb: 2\na: 3\n');
    const entries = parsed.ok && parsed.root.kind === 'object' ? parsed.root.entries : [];
    expect(entries.map(({ key, keySpan, value }) => [key, keySpan.start, value.raw])).toEqual([
      ['a', 0, '1'],
      ['b', 5, '2'],
      ['a', 10, '3'],
    ]);
  });

  it.each([
    ['a byte-order mark', '\ufeffa: 1', { a: 1 }],
    ['a key without value', 'a:\nb: ~', { a: null, b: null }],
    ['keys that are no text', '1: x\ntrue: y', { 1: 'x', true: 'y' }],
    ['words that other YAML takes for booleans', 'a: yes\nb: off', { a: 'yes', b: 'off' }],
    [
      'a MAC address that other YAML takes for a number',
      'a: 00:10:20:30:40:50',
      { a: '00:10:20:30:40:50' },
    ],
    ['an alias', 'a: &x [1]\nb: *x', { a: [1], b: [1] }],
    [
      'what looks like a merge',
      'a: &x {c: 1}\nb:\n  <<: *x',
      { a: { c: 1 }, b: { '<<': { c: 1 } } },
    ],
    ['a document marker', '---\na: 1\n...\n', { a: 1 }],
    ['a text of many lines', 'a: |\n  x\n  y\n', { a: 'x\ny\n' }],
    ['brackets in a comment', `# ${'['.repeat(100)}\na: 1`, { a: 1 }],
    ['brackets in a text', `a: "${'['.repeat(100)}"`, { a: '['.repeat(100) }],
  ])('is read with %s', (_, text, value) => {
    expect(contentOf(text)).toEqual(value);
  });

  it('makes an ordinary key of __proto__', () => {
    const value = contentOf('__proto__: {x: 1}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.entries(value)).toEqual([['__proto__', { x: 1 }]]);
  });

  it.each([
    ['a list that holds itself', '- &a [«*a]', 'the alias stands inside what it repeats'],
    ['a mapping that holds itself', 'a: &x {b: [«*x]}', 'the alias stands inside what it repeats'],
    [
      'a tag that YAML does not have',
      'a: «!!js/function "x"',
      'unresolved tag: tag:yaml.org,2002:js/function',
    ],
    [
      'a raw control character',
      'a: b«\u001b[2J',
      'the control character U+001B may not stand in YAML',
    ],
    ['an alias without anchor', 'a: «*nowhere', 'the alias has no anchor'],
    ['a key that is a list', '«[1]: x', 'a key must be plain text'],
    ['a key that is an alias', 'a: &x 1\n«*x : 2', 'a key must be plain text'],
    ['an infinite number', 'a: «.inf', 'this is neither text, a number, true, false nor null'],
    ['no number', 'a: «.nan', 'this is neither text, a number, true, false nor null'],
  ])('is refused with %s', (_, text, message) => {
    const { text: plain, offset } = marked(text);
    const [problem] = problemsOf(plain);
    expect([problem?.message, problem?.span.start]).toEqual([message, offset]);
  });

  it.each(['', ' \n', '# nothing\n'])('%j is empty', (text) => {
    expect(problemsOf(text)).toEqual([{ span: { start: 0, end: 0 }, message: 'it is empty' }]);
  });

  it('is refused with a second document', () => {
    const { text, offset } = marked('a: 1\n---\n«b: 2\n');
    expect(problemsOf(text)).toEqual([
      {
        span: { start: offset, end: text.length },
        message: 'the file holds more than one YAML document',
        fix: 'use one file each',
      },
    ]);
  });

  it.each(['a: 1\nb: fd00::\nc: 2\n', 'b: fd00:: # the first\n', 'a:\n  b: fd00::'])(
    'says that %j wants quotes',
    (text) => {
      expect(problemsOf(text).map(({ fix }) => fix)).toEqual(['put the IPv6 address in quotes']);
    },
  );

  it('is read with an IPv6 address in quotes, and with one that does not end in colons', () => {
    expect(contentOf('a: "fd00::"\nb: fd00::1')).toEqual({ a: 'fd00::', b: 'fd00::1' });
  });

  it('is not repeated by aliases until it fills the memory', () => {
    const text = `a: &a [${'1,'.repeat(1_000)}]\nb: [${'*a,'.repeat(20)}]\n`;
    const start = text.indexOf('*a,*a') + '*a,'.repeat(9).length;
    expect(problemsOf(text)).toEqual([
      {
        span: { start, end: start + 2 },
        message: 'aliases repeat more than 10000 values',
        fix: 'write them out',
      },
    ]);
  });

  it('does not unfold a few aliases into millions of values', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 9; i++) {
      const aliases = Array(10).fill(`*a${i - 1}`);
      lines.push(`a${i}: &a${i} [${aliases.join(',')}]`);
    }
    expect(problemsOf(lines.join('\n')).map(({ message }) => message)).toEqual([
      'more than 100 aliases',
    ]);
  });

  it.each([
    ['flow lists', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['open flow lists', '['.repeat(10_000)],
    ['flow mappings', `${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['closing brackets first', `# ${']'.repeat(10_000)}\n${'['.repeat(10_000)}`],
    ['compact lists', '- '.repeat(10_000)],
    ['compact keys', '? '.repeat(10_000)],
    ['compact values', ': '.repeat(10_000)],
    ['keys in one line', `${'a: '.repeat(10_000)}1`],
    ['pairs in flow lists', '[a: '.repeat(10_000)],
    ['a block', Array.from({ length: 10_000 }, (_, i) => `${' '.repeat(i % 5000)}a:`).join('\n')],
    ['one level more than is read', `${'- '.repeat(MAX_DEPTH + 1)}x`],
  ])('that nests too deep is refused: %s', (_, text) => {
    expect(problemsOf(text).map(({ message }) => message)).toEqual([
      'the value is nested more than 64 levels deep',
    ]);
  });

  it('is read at the deepest nesting that JSON text may have', () => {
    expect(problemsOf(`${'- '.repeat(MAX_DEPTH)}x`)).toEqual([]);
  });
});
