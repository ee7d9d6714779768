import type { Check, CheckStatus } from '../../../model/doctor/check.ts';

/** Never by colour alone. */
export const SYMBOLS: Readonly<Record<CheckStatus, string>> = {
  pass: '✓',
  warn: '!',
  fail: '✗',
  skip: '–',
};

export const WORDS: Readonly<Record<CheckStatus, string>> = {
  pass: 'passed',
  warn: 'warning',
  fail: 'fault',
  skip: 'skipped',
};

const WORST_FIRST: readonly CheckStatus[] = ['fail', 'warn', 'skip', 'pass'];

/** The worst among checks; null where there is none. */
export function worst(checks: readonly Check[]): CheckStatus | null {
  return WORST_FIRST.find((status) => checks.some((one) => one.status === status)) ?? null;
}
