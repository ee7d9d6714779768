import {
  ANNOTATIONS,
  type Annotation,
  BACKEND_DATA,
  differences,
  macByJson,
} from './annotations.ts';
import { firstOf } from './first-of.ts';
import type { KubeNode } from './kube-node.ts';
import { type MatchOptions, matchNodes } from './match-nodes.ts';
import type { NodeFinding } from './node-finding.ts';
import type { LiveLease } from './snapshot.ts';

/** One annotation that is to change; null is none. */
interface AnnotationChange {
  readonly annotation: Annotation;
  readonly before: string | null;
  readonly after: string | null;
}

/** A Node with what its annotations say and are to say. */
export interface NodeChange {
  readonly name: string;
  readonly publicIP: string | null;
  /** As CIS since 2.2.2 reads it from the annotation. */
  readonly macNow: string | null;
  readonly macWanted: string | null;
  /** The lease's name; null where annotations are taken off. */
  readonly lease: string | null;
  readonly isReady: boolean | null;
  /** Empty when the Node already is right. */
  readonly changes: readonly AnnotationChange[];
}

/** What is to be done so that every Node says what its lease says. */
export interface NodePlan {
  /** By name; those that are right already too. */
  readonly nodes: readonly NodeChange[];
  readonly problems: readonly NodeFinding[];
}

/** What the annotations of these Nodes have to become. */
export function planAnnotations(
  nodes: readonly KubeNode[],
  leases: readonly LiveLease[],
  options: MatchOptions,
): NodePlan {
  const { matched, problems } = matchNodes(nodes, leases, options);
  const planned = byName(
    matched.map(({ node, lease }) => ({
      ...factsOf(node),
      publicIP: lease.publicIP,
      macWanted: lease.mac,
      lease: lease.name,
      changes: differences(node.annotations, lease.publicIP, lease.mac),
    })),
  );
  return { nodes: planned, problems: [...problems, ...staleEntries(planned)] };
}

/** CIS computes ARP entries when pods come and go, and at no other time (cis.md, section 6). */
function staleEntries(planned: readonly NodeChange[]): NodeFinding[] {
  const names = planned
    .filter(({ isReady, macNow, macWanted }) => isReady !== false && macNow && macNow !== macWanted)
    .map(({ name }) => name);
  const [node] = names;
  if (node === undefined) return [];
  const message = `the MAC of ${firstOf(names, 5)} changes while it is Ready: CIS keeps the ARP entries of its pods with the old one`;
  const fix =
    'restart CIS afterwards, as it is called here: kubectl -n kube-system rollout restart deployment/k8s-bigip-ctlr-deployment';
  return [{ rule: 'stale-arp-entry', severity: 'warning', message, fix, node, key: null }];
}

/** What takes flannel's four annotations off these Nodes again. */
export function planRemoval(nodes: readonly KubeNode[]): NodePlan {
  return {
    nodes: byName(
      nodes.map((node) => ({
        ...factsOf(node),
        publicIP: null,
        macWanted: null,
        lease: null,
        changes: ANNOTATIONS.flatMap((annotation) => {
          const before = node.annotations[annotation] ?? null;
          return before === null ? [] : [{ annotation, before, after: null }];
        }),
      })),
    ),
    problems: [],
  };
}

/** Those that are not right yet. */
export function changing({ nodes }: NodePlan): readonly NodeChange[] {
  return nodes.filter(({ changes }) => changes.length > 0);
}

/** Whether every Node says what its lease says, and nothing about them is wrong. */
export function areTrue(plan: NodePlan): boolean {
  return (
    changing(plan).length === 0 &&
    plan.problems.every(
      ({ rule, severity }) => severity !== 'error' && rule !== 'node-without-lease',
    )
  );
}

function factsOf({ name, annotations, isReady }: KubeNode) {
  return { name, macNow: macByJson(annotations[BACKEND_DATA] ?? ''), isReady };
}

function byName(changes: readonly NodeChange[]): NodeChange[] {
  return changes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
