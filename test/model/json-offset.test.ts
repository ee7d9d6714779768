import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstBadOffset } from '../../src/model/json-offset.ts';

const CASES: readonly (readonly [text: string, offset: number])[] = [
  ['{ // c', 2],
  ['{"a":1,}', 7],
  ['{"a" 1}', 5],
  ['{,}', 1],
  ['[1,,2]', 3],
  ['[1,]', 3],
  ['[}', 1],
  ['{"a":01}', 6],
  ['{"a":"\n"}', 6],
  ['"\\x"', 2],
  ['"\\u12g4"', 5],
  ['"\\ud83d\\x', 8],
  ['trux', 3],
  ['-a', 1],
  ['1.a', 2],
  ['1e+a', 3],
  ['1 2', 2],
  ['{a:1}', 1],
  ["{'a':1}", 1],
  ['{"a":1}}', 7],
  ['\u00a0{}', 0],
  ['"\u007f\u0085😀', 5],
  ['nul', 3],
  ['-', 1],
  ['1.', 2],
  ['"abc', 4],
  ['{"a":[1', 7],
  ['', 0],
];

it.each(CASES)('%j breaks at %i', (text, offset) => {
  expect(firstBadOffset(text)).toBe(offset);
});

/** Whether V8 only misses the rest, as it says itself. */
function isUnfinished(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    const [, offset] = /at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message) ?? [];
    return message.startsWith('Unexpected end') || Number(offset) >= prefix.length;
  }
}

it('breaks where V8 breaks, whatever stands where it should not', () => {
  const scrap = fc.constantFrom(...'{}[],:"\\u0e1.-+ \ntruefalsnx/\u0001'.split(''));
  const spoilt = fc
    .tuple(fc.json(), fc.nat(), fc.nat(3), fc.array(scrap, { maxLength: 3 }))
    .map(([json, at, gone, put]) => {
      const where = at % (json.length + 1);
      return json.slice(0, where) + put.join('') + json.slice(where + gone);
    });
  fc.assert(
    fc.property(spoilt, (text) => {
      const offset = firstBadOffset(text);
      const isBad = offset < text.length;
      expect([
        isUnfinished(text.slice(0, offset)),
        isUnfinished(text.slice(0, offset + 1)),
      ]).toEqual([true, !isBad]);
    }),
    { numRuns: 5_000 },
  );
});
