import { expect, it } from 'vitest';
import { refusalOf } from '../../src/session/refusal.ts';

const finding = (n: number, severity: 'error' | 'warning' = 'error') => ({
  severity,
  message: `lease ${n} is in the way`,
  ...(n === 1 ? { fix: 'remove it' } : {}),
});
const messageOf = (...args: Parameters<typeof refusalOf>) => refusalOf(...args)?.message ?? null;

it.each([
  ['no finding', [], '', null],
  ['warnings', [finding(1, 'warning')], '', null],
  [
    'errors, with their cures',
    [finding(1), finding(2, 'warning'), finding(3)],
    ' on bigip-1',
    'refused, nothing was changed on bigip-1: lease 1 is in the way (remove it); lease 3 is in the way',
  ],
  [
    'thousands of errors, of which a line tells the first',
    Array.from({ length: 3_000 }, (_, n) => finding(n + 2)),
    '',
    'refused, nothing was changed: lease 2 is in the way; lease 3 is in the way; lease 4 is in the way; lease 5 is in the way; lease 6 is in the way; and 2995 more',
  ],
])('%s', (_, findings, where, message) => {
  expect(messageOf(findings, where)).toBe(message);
});
