import type { RuleId, Severity } from './finding.ts';

/** What is wrong between leases and Nodes. */
export interface NodeFinding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly message: string;
  readonly fix?: string;
  /** The Node's name; null when it is about a lease without one. */
  readonly node: string | null;
  /** The lease's key; null when it is about a Node without one. */
  readonly key: string | null;
}
