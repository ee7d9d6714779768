import fc from 'fast-check';
import stringWidth from 'fast-string-width';
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

  describe('on a narrow terminal', () => {
    const header = ['SUBNET', 'VNI', 'MAC', 'NAME', 'PROBLEMS'];
    const rows = [
      ['10.244.100.0/24', '-', '00:0c:29:2e:db:2e', 'bigip-1', '-'],
      [
        '10.244.23.0/24',
        '-',
        '5a:7d:2e:91:0c:44',
        '上海（浦东）机房（一号',
        'lease-host-bits, mac-zero',
      ],
    ];
    const use = { keys: ['SUBNET', 'NAME'], spare: ['MAC'] };
    const on = (width: number, unicode = true) =>
      table(header, rows, { ...PLAIN, width, unicode }, use).split('\n');

    it('leaves out columns that say nothing, before any other', () => {
      expect(on(88)).toEqual([
        'SUBNET           MAC                NAME                    PROBLEMS',
        '10.244.100.0/24  00:0c:29:2e:db:2e  bigip-1                 -',
        '10.244.23.0/24   5a:7d:2e:91:0c:44  上海（浦东）机房（一号  lease-host-bits, mac-zero',
      ]);
    });

    it('then spare ones', () => {
      expect(on(70)).toEqual([
        'SUBNET           NAME                    PROBLEMS',
        '10.244.100.0/24  bigip-1                 -',
        '10.244.23.0/24   上海（浦东）机房（一号  lease-host-bits, mac-zero',
      ]);
    });

    it.each([
      [true, 'lease-host-bits,…'],
      [false, 'lease-host-bit...'],
    ])('then cuts cells, but no key (UTF-8: %s)', (unicode, cut) => {
      expect(on(58, unicode)).toEqual([
        'SUBNET           NAME                    PROBLEMS',
        '10.244.100.0/24  bigip-1                 -',
        `10.244.23.0/24   上海（浦东）机房（一号  ${cut}`,
      ]);
    });

    it('cuts wide columns evenly', () => {
      const [a, b, c] = ['a'.repeat(40), 'b'.repeat(30), 'c'.repeat(17)];
      expect(table(['KEY', 'A', 'B', 'C'], [['k', a, b, c]], { ...PLAIN, width: 69 })).toBe(
        [
          'KEY  A                      B                      C',
          `k    ${'a'.repeat(18)}...  ${'b'.repeat(18)}...  ${c}`,
        ].join('\n'),
      );
    });

    it('and then makes a block of each row, with every column that says something', () => {
      expect(on(40)).toEqual([
        'SUBNET    10.244.100.0/24',
        'MAC       00:0c:29:2e:db:2e',
        'NAME      bigip-1',
        'PROBLEMS  -',
        '',
        'SUBNET    10.244.23.0/24',
        'MAC       5a:7d:2e:91:0c:44',
        'NAME      上海（浦东）机房（一号',
        'PROBLEMS  lease-host-bits, mac-zero',
      ]);
    });

    it('breaks long values of a block in their own column', () => {
      expect(on(32).slice(-2)).toEqual(['PROBLEMS  lease-host-bits,', '          mac-zero']);
    });

    it('is never wider than the terminal, as long as one fits', () => {
      const cells = fc.array(fc.constantFrom(...'、（…–𠮷野a', '👨‍👩‍👧', 'e\u0301'), {
        maxLength: 30,
      });
      const row = fc.tuple(cells, cells, cells).map((row) => row.map((cell) => cell.join('')));
      fc.assert(
        fc.property(fc.array(row), fc.integer({ min: 80, max: 140 }), (rows, width) => {
          const text = table(['A', 'B', 'C'], rows, { ...PLAIN, width });
          expect(
            Math.max(...text.split('\n').map((line) => stringWidth(line))),
          ).toBeLessThanOrEqual(width);
        }),
      );
    });
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
