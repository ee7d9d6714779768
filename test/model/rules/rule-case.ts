import type { RuleId, Severity } from '../../../src/model/finding.ts';
import type { Edit } from './sites.ts';

/**
 * A document that breaks a rule: where, by which edits (the mark stands where the finding must),
 * and the edits that come close without breaking it there.
 */
type Case = readonly [
  path: string,
  base: string,
  broken: readonly Edit[],
  nearMiss: readonly Edit[],
  severity?: Severity,
];

export type Cases = Partial<Record<RuleId, readonly Case[]>>;

export interface RuleCase {
  readonly rule: string;
  readonly severity: Severity;
  readonly path: string;
  readonly base: string;
  readonly broken: readonly Edit[];
  readonly nearMiss: readonly Edit[];
}

export function ruleCases(cases: Cases): RuleCase[] {
  return Object.entries(cases).flatMap(([rule, ofRule]) =>
    ofRule.map(([path, base, broken, nearMiss, severity = 'error']) => ({
      rule,
      severity,
      path,
      base,
      broken,
      nearMiss,
    })),
  );
}
