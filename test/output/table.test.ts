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

  it('leaves out on a narrow terminal what says nothing, then cuts the widest cells', () => {
    const header = ['SUBNET', 'VNI', 'MAC', 'NAME'];
    const rows = [
      ['10.244.100.0/24', '-', '00:0c:29:2e:db:2e', 'bigip-1'],
      ['10.244.23.0/24', '-', '5a:7d:2e:91:0c:44', '東京の負荷分散装置'],
    ];
    const on = (width: number, unicode = true) => table(header, rows, { ...PLAIN, width, unicode });

    expect(on(56)).toBe(
      [
        'SUBNET           MAC                NAME',
        '10.244.100.0/24  00:0c:29:2e:db:2e  bigip-1',
        '10.244.23.0/24   5a:7d:2e:91:0c:44  東京の負荷分散装置',
      ].join('\n'),
    );
    expect(on(44)).toBe(
      [
        'SUBNET           MAC                NAME',
        '10.244.100.0/24  00:0c:29:2e:db:2e  bigip-1',
        '10.244.23.0/24   5a:7d:2e:91:0c:44  東京の…',
      ].join('\n'),
    );
    expect(table(header, rows, { ...PLAIN, width: 44 }, ['MAC'])).toBe(
      [
        'SUBNET           NAME',
        '10.244.100.0/24  bigip-1',
        '10.244.23.0/24   東京の負荷分散装置',
      ].join('\n'),
    );
    expect(
      on(30, false)
        .split('\n')
        .every((line) => line.length <= 30),
    ).toBe(true);
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
