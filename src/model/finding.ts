import type { Span } from './source.ts';

/** `error` makes a file invalid, `warning` is worth knowing and stops nothing. */
export type Severity = 'error' | 'warning';

/** What a rule has found in a declared value. Plain text: no colour, no width. */
export interface Finding {
  /** Stable kebab-case id; one entry in docs/rules.md. */
  readonly rule: RuleId;
  readonly severity: Severity;
  /** One sentence or two: what is wrong and why it matters. */
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
  /** JSON pointer (RFC 6901) to the value at fault; '' is the whole document. */
  readonly path: string;
  /** Where it stands in the text, when there is a text. */
  readonly span?: Span;
  /** The change that mends it without loss, where there is one. */
  readonly mend?: Mend;
}

/** A safe change: the key or the value at fault spelt anew, or fields of the network config set. */
type Mend =
  | { readonly key: string }
  | { readonly value: string }
  | { readonly fields: Readonly<Record<string, string>> };

/** What a rule has found in live state. */
export interface LiveFinding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly message: string;
  readonly fix?: string;
  /** The key at fault; null when it is the whole. */
  readonly key: string | null;
}

/** A finding before it is put down to a key. */
export type KeylessFinding = Omit<LiveFinding, 'key'>;

/** Every rule that can be reported on a declared value; docs/rules.md explains each. */
export const FILE_RULES = [
  'unreadable-file',
  'no-files',
  'no-network-config',
  'syntax',
  'missing-key',
  'wrong-type',
  'wrong-value',
  'unknown-key',
  'duplicate-key',
  'key-case',
  'flannel-rejects',
  'network-missing',
  'host-bits',
  'range-reversed',
  'range-empty',
  'range-small',
  'range-includes-bigip',
  'backend-not-vxlan',
  'backend-key-unread',
  'ipv6-unread',
  'key-unread',
  'family-mismatch',
  'bigip-name-duplicate',
  'bigip-outside-network',
  'bigip-first-subnet',
  'bigip-subnet-overlap',
  'bigip-subnet-length',
  'public-ip-unusable',
  'public-ip-in-network',
  'public-ip-duplicate',
  'vtep-mac-unusable',
  'vtep-mac-duplicate',
  'self-ip-outside',
  'self-ip-reserved',
  'device-without-management',
  'management-duplicate',
  'tunnel-name-reserved',
  'vxlan-direct-routing',
  'vxlan-gbp',
  'vxlan-port',
  'unused-ignore',
  'unused-option',
] as const;

/** The rules that are not about what one file says. */
export const RUN_RULES: readonly RuleId[] = ['no-files', 'no-network-config', 'unused-option'];

/** The rules that are held against a network config, in a site or on its own. */
export const NETWORK_RULES: readonly RuleId[] = [
  'unreadable-file',
  'unknown-key',
  'duplicate-key',
  'key-case',
  'flannel-rejects',
  'network-missing',
  'host-bits',
  'range-reversed',
  'range-empty',
  'range-small',
  'range-includes-bigip',
  'backend-not-vxlan',
  'backend-key-unread',
  'ipv6-unread',
  'key-unread',
  'family-mismatch',
  'bigip-outside-network',
  'bigip-first-subnet',
  'bigip-subnet-overlap',
  'bigip-subnet-length',
  'vxlan-direct-routing',
  'vxlan-gbp',
  'vxlan-port',
];

/** Every rule that only live state can break; docs/rules.md explains each. */
export const LIVE_RULES = [
  'subnet-held-by-node',
  'public-ip-of-node',
  'vtep-mac-of-node',
  'node-outside-config',
  'range-nearly-exhausted',
  'undeclared-reservation',
  'subnets-overlap',
  'config-unreadable',
  'key-unreadable',
  'value-unreadable',
  'lease-no-public-ip',
  'lease-no-vtep-mac',
  'lease-other-backend',
  'lease-host-bits',
  'lease-family-mismatch',
  'lease-expires',
  'public-ip-shared',
  'vtep-mac-shared',
  'stale-fdb-entry',
  'flanneld-restart',
  'new-network',
  'other-store-in-use',
  'still-declared',
  'not-in-backup',
  'newer-lease',
  'target-differs',
  'store-in-use',
  'node-without-lease',
  'node-ambiguous',
  'lease-without-node',
  'stale-arp-entry',
] as const;

/** Every rule that a BIG-IP itself can break; docs/rules.md explains each. */
export const DEVICE_RULES = [
  'configsync-carries-tunnels',
  'profile-shared',
  'tunnel-twin',
  'self-ip-elsewhere',
  'self-ip-undeclared',
  'local-address-no-self-ip',
  'tunnel-in-use',
  'object-differs',
  'fdb-not-ours',
  'fdb-no-leases',
  'fdb-mass-removal',
  'bigip-lease-missing',
  'tunnel-missing',
  'tunnel-key',
  'tunnel-port',
  'tunnel-flooding',
  'tunnel-local-address',
  'tunnel-mac',
  'self-ip-missing',
  'self-ip-mask',
  'self-ip-open',
  'self-ip-floating',
  'fdb-record-missing',
  'fdb-record-wrong',
  'fdb-record-stale',
  'fdb-record-fake',
  'arp-entry-stale',
  'arp-entry-missing',
  'node-not-annotated',
] as const;

export type RuleId =
  | (typeof FILE_RULES)[number]
  | (typeof LIVE_RULES)[number]
  | (typeof DEVICE_RULES)[number];

/** Errors first, then by place in the text; for `Array.sort`. */
export function compareFindings(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return a.severity === 'error' ? -1 : 1;
  return (a.span?.start ?? 0) - (b.span?.start ?? 0);
}
