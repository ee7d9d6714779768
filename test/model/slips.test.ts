import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slips } from '../../src/model/slips.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

describe('the slips between two words', () => {
  it('are none exactly when they are the same', () => {
    fc.assert(fc.property(word, word, (a, b) => (slips(a, b) === 0) === (a === b)));
  });

  it('are as many from either side', () => {
    fc.assert(fc.property(word, word, (a, b) => slips(a, b) === slips(b, a)));
  });

  it('are no fewer than the letters that one is longer, and no more than the longer one has', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(slips(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(slips(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('are one for two neighbours that are swapped', () => {
    fc.assert(
      fc.property(word, word, (before, after) => {
        expect(slips(`${before}xy${after}`, `${before}yx${after}`)).toBe(1);
      }),
    );
  });

  it('are one for a letter that is too many, too few or wrong', () => {
    fc.assert(
      fc.property(word, word, (before, after) => {
        expect(slips(`${before}x${after}`, `${before}${after}`)).toBe(1);
        expect(slips(`${before}x${after}`, `${before}y${after}`)).toBe(1);
      }),
    );
  });

  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    // Swapped and changed as well would be two.
    ['ca', 'abc', 3],
  ])('from %j to %j are %i', (a, b, count) => {
    expect(slips(a, b)).toBe(count);
  });
});
