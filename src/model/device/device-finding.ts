import type { RuleId, Severity } from '../finding.ts';

/** What is wrong with a unit, or between it, the leases and the Nodes. */
export interface DeviceFinding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** What is wrong. */
  readonly message: string;
  /** What traffic it breaks. */
  readonly effect?: string;
  /** What to do about it. */
  readonly fix?: string;
  /** The object at fault: a full path, a MAC or an address; null when it is the whole unit. */
  readonly object: string | null;
}
