import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from '../../src/model/label-selector.ts';

const LABELS = { os: 'linux', 'example.org/edge': '', zone: 'b' };

describe('a label selector', () => {
  it.each([
    ['os', true],
    ['!os', false],
    ['missing', false],
    ['!missing', true],
    ['toString', false],
    ['os=linux', true],
    ['os==linux', true],
    ['os = linux', true],
    ['os!=linux', false],
    ['os!=windows', true],
    ['missing!=x', true],
    ['missing=x', false],
    ['example.org/edge', true],
    ['example.org/edge=', true],
    ['zone in (a, b)', true],
    ['zone in (a)', false],
    ['zone notin (a,c)', true],
    ['zone notin (b)', false],
    ['missing notin (b)', true],
    ['os=linux,zone in (a,b),!missing', true],
    ['os=linux,zone=a', false],
  ])('%s', (text, expected) => {
    expect(parseLabelSelector(text)?.(LABELS)).toBe(expected);
  });

  it.each([
    '',
    ',',
    'os=linux,',
    'os=a=b',
    'os in a',
    'os in (a',
    'os>1',
    '-x',
    'a b',
    'os=ä',
    '!os=linux',
  ])('is not %j', (text) => {
    expect(parseLabelSelector(text)).toBeNull();
  });
});
