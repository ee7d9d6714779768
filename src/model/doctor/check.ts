import type { RuleId } from '../finding.ts';

/** Where a check looks; `host` is the node that doctor runs on. */
export type Part = 'etcd' | 'host' | 'bigip' | 'back';

/** Every check in the order a packet travels: etcd first, then pod to BIG-IP, then back. */
export const CHECKS = [
  { id: 'etcd-reachable', part: 'etcd', title: 'etcd answers' },
  { id: 'etcd-store', part: 'etcd', title: "one store holds flannel's keys" },
  { id: 'etcd-config', part: 'etcd', title: 'network config' },
  { id: 'etcd-range', part: 'etcd', title: 'allocation range' },
  { id: 'etcd-leases', part: 'etcd', title: 'subnet leases' },
  { id: 'etcd-bigip-lease', part: 'etcd', title: 'lease of the BIG-IP' },
  { id: 'linux-node', part: 'host', title: "this node's own lease" },
  { id: 'linux-subnet-env', part: 'host', title: 'subnet.env' },
  { id: 'linux-bridge', part: 'host', title: 'bridge of the pods' },
  { id: 'linux-ip-forward', part: 'host', title: 'forwarding is on' },
  { id: 'linux-packet-filter', part: 'host', title: 'packet filter' },
  { id: 'linux-device', part: 'host', title: 'VXLAN device' },
  { id: 'linux-route', part: 'host', title: 'routes' },
  { id: 'linux-arp', part: 'host', title: 'ARP entries' },
  { id: 'linux-fdb', part: 'host', title: 'FDB entries' },
  { id: 'linux-rp-filter', part: 'host', title: 'reverse path filter' },
  { id: 'linux-underlay', part: 'host', title: 'underlay' },
  { id: 'bigip-reachable', part: 'bigip', title: 'BIG-IP answers' },
  { id: 'bigip-tunnel', part: 'bigip', title: 'tunnel' },
  { id: 'bigip-self-ip', part: 'bigip', title: 'self IP' },
  { id: 'nodes-reachable', part: 'back', title: 'Kubernetes answers' },
  { id: 'nodes-lease', part: 'back', title: 'every Node has a lease' },
  { id: 'nodes-annotations', part: 'back', title: 'annotations of Nodes' },
  { id: 'nodes-cis', part: 'back', title: 'what CIS makes of Nodes' },
  { id: 'bigip-fdb', part: 'back', title: 'FDB records of the BIG-IP' },
  { id: 'bigip-arp', part: 'back', title: 'ARP entries of the BIG-IP' },
] as const satisfies readonly { id: string; part: Part; title: string }[];

export type CheckId = (typeof CHECKS)[number]['id'];

export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skip';

/** What came of a check; a check that finds several things has one of these for each. */
export interface Check {
  readonly id: CheckId;
  readonly status: CheckStatus;
  readonly message: string;
  /** BIG-IP, Node or lease that it is about; null when it is about the whole. */
  readonly subject: string | null;
  readonly expected?: string;
  readonly found?: string;
  /** Commands that mend it, to be run one after another. */
  readonly fix?: readonly string[];
  /** What else is to be known about the cure. */
  readonly advice?: string;
  /** Of `docs/rules.md`, where a rule says it. */
  readonly rule?: RuleId;
  /** Skipped because that one failed. */
  readonly because?: CheckId;
}

/** A check without what every list adds. */
export type Finding = Omit<Check, 'id' | 'status' | 'subject'> & { readonly subject?: string };

/** Checks as they come in, told in the order of `CHECKS`. */
export class CheckList {
  readonly #checks: Check[] = [];

  /** Notes something that is wrong. */
  fail(id: CheckId, finding: Finding): void {
    this.add(id, 'fail', finding);
  }

  warn(id: CheckId, finding: Finding): void {
    this.add(id, 'warn', finding);
  }

  /** Notes that all is well, unless something about that subject was noted before. */
  pass(id: CheckId, message: string, subject?: string): void {
    const isNoted = this.#checks.some(
      (one) => one.id === id && (subject === undefined || one.subject === subject),
    );
    if (!isNoted) this.add(id, 'pass', { message, ...(subject === undefined ? {} : { subject }) });
  }

  /** Notes that nothing was checked, and the earlier check that is to blame. */
  skip(id: CheckId, message: string, because?: CheckId, subject?: string): void {
    this.add(id, 'skip', {
      message,
      ...(because === undefined ? {} : { because }),
      ...(subject === undefined ? {} : { subject }),
    });
  }

  /** Whether a check failed, about that subject or about the whole. */
  failed(id: CheckId, subject?: string): boolean {
    return this.#checks.some(
      (one) =>
        one.id === id &&
        one.status === 'fail' &&
        (subject === undefined || one.subject === null || one.subject === subject),
    );
  }

  /** The first of several checks that failed. */
  firstFailed(...ids: readonly CheckId[]): CheckId | undefined {
    return ids.find((id) => this.failed(id));
  }

  get checks(): readonly Check[] {
    const order = new Map(CHECKS.map(({ id }, i) => [id as CheckId, i]));
    return this.#checks.toSorted(
      (a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0) || RANK[a.status] - RANK[b.status],
    );
  }

  private add(id: CheckId, status: CheckStatus, { subject = null, ...rest }: Loose): void {
    this.#checks.push({ id, status, subject, ...rest });
  }
}

type Loose = Omit<Finding, 'subject'> & { readonly subject?: string | null };

/** Within one check the worst comes first. */
const RANK: Record<CheckStatus, number> = { fail: 0, warn: 1, skip: 2, pass: 3 };

/** Whether nothing failed; warnings and what was skipped do not count. */
export function isHealthy(checks: readonly Check[]): boolean {
  return checks.every(({ status }) => status !== 'fail');
}

/** What is to be mended first. */
export function firstFault(checks: readonly Check[]): Check | undefined {
  return checks.find(({ status }) => status === 'fail');
}
