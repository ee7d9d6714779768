import { type Check, isHealthy } from '../../model/doctor/check.ts';

/** The document of `doctor -o json`: every check in the order of the packet's way. */
export function doctorJson(checks: readonly Check[]): Record<string, unknown> {
  return { ok: isHealthy(checks), checks: checks.map(checkJson) };
}

function checkJson(check: Check): Record<string, unknown> {
  const { id, status, subject, message, expected, found, fix, advice, rule, because } = check;
  return { id, status, subject, message, expected, found, fix: fix ?? [], advice, rule, because };
}
