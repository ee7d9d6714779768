import fc from 'fast-check';
import stringWidth from 'fast-string-width';
import { describe, expect, it } from 'vitest';
import { cutTo, ellipsisOf, lettersOf, widthOf } from '../../src/output/width.ts';

const FAMILY = '👨‍👩‍👧';
/** What cutters tear or count wrongly, among plain letters. */
const PIECES = [
  ...'、（）：；「」…–𠮷野家αжa ',
  FAMILY,
  'e\u0301',
  '🇨🇳',
  '\u001b[31m',
  '\u001b[39m',
];

describe('the columns of a text', () => {
  it.each([
    ['ASCII', 'abc', 3],
    ['wide letters', '上海（浦东）', 12],
    ['one letter of several code points', `${FAMILY}e\u0301`, 3],
    ['a colour', '\u001b[31mabc\u001b[39m', 3],
  ])('of %s', (_, text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });
});

describe('a text in so many columns', () => {
  it.each([
    [11, '上海（浦东）机房（一号', '上海（浦东…'],
    [6, '𠮷野家𠮷野家', '𠮷野…'],
    [4, '𠮷野家𠮷野家', '𠮷…'],
    [5, 'αβγδεζ', 'αβγδ…'],
    [4, `${FAMILY}${FAMILY}${FAMILY}`, `${FAMILY}…`],
    [3, 'e\u0301e\u0301e\u0301e\u0301', 'e\u0301e\u0301…'],
    [3, 'abc', 'abc'],
    [3, '\u001b[31mabcd\u001b[39m', '\u001b[31mab…'],
    [1, 'abc', '…'],
    [0, 'abc', ''],
  ])('%i: %s', (limit, text, shown) => {
    expect(cutTo(limit, text, '…')).toBe(shown);
  });

  it('never takes more, and is made of whole letters of the text', () => {
    const texts = fc.array(fc.constantFrom(...PIECES)).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(texts, fc.nat(30), fc.constantFrom('…', '...'), (text, limit, ellipsis) => {
        const cut = cutTo(limit, text, ellipsis);
        expect(stringWidth(cut)).toBeLessThanOrEqual(limit);
        const isCut = stringWidth(text) > limit && limit >= ellipsis.length;
        const kept = isCut ? lettersOf(cut.slice(0, -ellipsis.length)) : [];
        expect(kept).toEqual(lettersOf(text).slice(0, kept.length));
        if (stringWidth(text) <= limit) expect(cut).toBe(text);
      }),
    );
  });

  it('never takes more, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, limit) => {
        expect(stringWidth(cutTo(limit, text, '…'))).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it.each([
    [true, '…'],
    [false, '...'],
  ])('has where the locale shows more than ASCII (%s) the mark %s', (unicode, mark) => {
    expect(ellipsisOf({ unicode })).toBe(mark);
  });
});
