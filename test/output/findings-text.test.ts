import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import { LineIndex } from '../../src/model/source.ts';
import { findingText } from '../../src/output/findings-text.ts';
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
