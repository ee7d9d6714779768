import { describe, expect, it } from 'vitest';
import { table } from '../../src/output/table.ts';
import { COLOURED, NASTY, PLAIN, SHOWN } from './plain.ts';

describe('a table', () => {
  it('has columns as wide as their widest cell, and no blanks at the ends of lines', () => {
    expect(
      table(
        ['A', 'LONG', 'C'],
        [
          ['x', 'y', ''],
          ['wide', 'z', '1'],
        ],
        PLAIN,
      ),
    ).toBe(['A     LONG  C', 'x     y', 'wide  z     1'].join('\n'));
  });

  it('counts what a terminal shows, not code units', () => {
    expect(
      table(
        ['A', 'B'],
        [
          ['東京', '1'],
          ['abcd', '2'],
        ],
        PLAIN,
      ),
    ).toBe(['A     B', '東京  1', 'abcd  2'].join('\n'));
  });

  it('has its header alone where there is no row', () => {
    expect(table(['A', 'B'], [], PLAIN)).toBe('A  B');
  });

  it('never prints control characters', () => {
    expect(table(['A'], [[NASTY]], PLAIN)).toBe(`A\n${SHOWN}`);
  });

  it('has a bold header in colour', () => {
    expect(table(['A'], [['x']], COLOURED)).toBe('\u001b[1mA\u001b[22m\nx');
  });
});
