import fc from 'fast-check';
import stringWidth from 'fast-string-width';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import { LineIndex } from '../../src/model/source.ts';
import { findingText } from '../../src/output/findings-text.ts';
import type { Style } from '../../src/output/style.ts';
import { COLOURED, NASTY, PLAIN, SHOWN } from './plain.ts';

const text = 'name: a\nnetwork:\n\tSubnetLen: 17\n';
const lines = new LineIndex(text);

function finding(parts: Partial<Finding> = {}): Finding {
  return { rule: 'wrong-value', severity: 'error', message: 'it is wrong', path: '', ...parts };
}

function spanOf(piece: string) {
  const start = text.indexOf(piece);
  return { start, end: start + piece.length };
}

describe('the text of a finding', () => {
  it('shows place, rule, the line with a caret below, and the cure', () => {
    const one = finding({ span: spanOf('17'), fix: 'write 24' });
    expect(findingText('site.yaml', one, lines, PLAIN)).toBe(
      [
        'site.yaml:3:13: error: it is wrong [wrong-value]',
        '    3 |  SubnetLen: 17',
        '      |             ^^',
        '    write 24',
      ].join('\n'),
    );
  });

  it('marks the first character of what goes over several lines', () => {
    const one = finding({ span: { start: 8, end: text.length } });
    expect(findingText('site.yaml', one, lines, PLAIN)).toBe(
      ['site.yaml:2:1: error: it is wrong [wrong-value]', '    2 | network:', '      | ^'].join(
        '\n',
      ),
    );
  });

  it.each([
    ['no place', {}, lines],
    ['no text', { span: spanOf('17') }, null],
  ])('is one line with %s', (_, parts, index) => {
    expect(findingText('site.yaml', finding(parts), index, PLAIN)).toBe(
      'site.yaml: error: it is wrong [wrong-value]',
    );
  });

  it('shows no snippet of an empty line', () => {
    const one = finding({ span: { start: text.length, end: text.length } });
    expect(findingText('site.yaml', one, lines, PLAIN)).toBe(
      'site.yaml:4:1: error: it is wrong [wrong-value]',
    );
  });

  describe('has the caret below the value', () => {
    const shown = (line: string, value: string, style: Style) => {
      const start = line.indexOf(value);
      const one = finding({ span: { start, end: start + value.length } });
      return findingText('s.yaml', one, new LineIndex(line), style).split('\n').slice(-2);
    };
    const on = (width: number | null, unicode = true) => ({ ...PLAIN, width, unicode });

    it.each([
      [
        'behind wide letters',
        'name: 负载均衡一号设备, subnet: 10.244.0.0/33',
        '33',
        [
          '    1 | name: 负载均衡一号设备, subnet: 10.244.0.0/33',
          '      |                                            ^^',
        ],
      ],
      [
        'of wide letters',
        '自身地址: 10.244.100.10',
        '自身地址',
        ['    1 | 自身地址: 10.244.100.10', '      | ^^^^^^^^'],
      ],
    ])('%s', (_, line, value, lines) => {
      expect(shown(line, value, on(null))).toEqual(lines);
    });

    const long = `${'a'.repeat(60)} VALUE ${'b'.repeat(60)}`;
    it.each([
      [
        'a terminal',
        on(40),
        ['    1 | …aaaaaaaaaaaaaa VALUE bbbbbbbbb…', '      |                 ^^^^^'],
      ],
      [
        'a terminal that shows ASCII only',
        on(40, false),
        ['    1 | ...aaaaaaaaaaaa VALUE bbbbbbb...', '      |                 ^^^^^'],
      ],
      [
        'a pipe',
        on(null),
        [`    1 | …${'a'.repeat(58)} VALUE ${'b'.repeat(53)}…`, `      | ${' '.repeat(60)}^^^^^`],
      ],
    ])('in a long line on %s', (_, style, lines) => {
      expect(shown(long, 'VALUE', style)).toEqual(lines);
    });

    it('in whole letters, within any terminal', () => {
      const letters = fc
        .array(fc.constantFrom('、', '（', '…', '𠮷', '👨‍👩‍👧', 'e\u0301', 'a'), { maxLength: 90 })
        .map((all) => all.join(''));
      fc.assert(
        fc.property(letters, letters, fc.integer({ min: 28, max: 100 }), (left, right, width) => {
          const [source = '', caret = ''] = shown(`${left}VALUE${right}`, 'VALUE', on(width));
          expect(stringWidth(source)).toBeLessThanOrEqual(width);
          const [before = ''] = source.split('VALUE');
          expect(caret).toBe(`      | ${' '.repeat(stringWidth(before) - 8)}^^^^^`);
          expect(source).not.toMatch(/\p{Surrogate}/u);
          expect(source).not.toMatch(/(?:^|[^👨👩])\u200d|…\u0301/u);
        }),
      );
    });
  });

  it('breaks sentences at the width of a terminal', () => {
    const one = finding({ message: 'the value is wrong', fix: 'write another value' });
    expect(findingText('site.yaml', one, null, { ...PLAIN, width: 24 })).toBe(
      [
        'site.yaml: error: the',
        '  value is wrong',
        '  [wrong-value]',
        '    write another value',
      ].join('\n'),
    );
  });

  it('never prints control characters of the file', () => {
    const one = finding({ message: NASTY, fix: NASTY, span: { start: 0, end: 1 } });
    expect(findingText('site.yaml', one, new LineIndex(NASTY), PLAIN)).toBe(
      [
        `site.yaml:1:1: error: ${SHOWN} [wrong-value]`,
        `    1 | ${SHOWN}`,
        '      | ^',
        `    ${SHOWN}`,
      ].join('\n'),
    );
  });

  it.each([
    ['error', '\u001b[31merror\u001b[39m'],
    ['warning', '\u001b[33mwarning\u001b[39m'],
  ] as const)('paints an %s', (severity, painted) => {
    expect(findingText('f', finding({ severity }), null, COLOURED)).toBe(
      `\u001b[1mf\u001b[22m: ${painted}: it is wrong \u001b[2m[wrong-value]\u001b[22m`,
    );
  });
});
