import { describe, expect, it } from 'vitest';
import { EXIT, errorText, Problem } from '../../src/model/problem.ts';

describe('a failure in one line', () => {
  it.each([
    ['it failed', undefined, 'it failed'],
    ['it failed', 'try again', 'it failed. Try again'],
    ['is it etcd?', 'check --endpoints', 'is it etcd? Check --endpoints'],
  ])('that is %j and mended by %j reads %j', (message, fix, text) => {
    const problem = new Problem(message, { exit: EXIT.failed, ...(fix ? { fix } : {}) });
    expect(errorText(problem)).toBe(text);
  });
});
