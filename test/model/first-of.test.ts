import { expect, it } from 'vitest';
import { firstOf } from '../../src/model/first-of.ts';

it.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a, b'],
  [['a', 'b', 'c'], 'a, b and 1 more'],
  [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
])('the first two of %j are %j', (names, text) => {
  expect(firstOf(names, 2)).toBe(text);
});
