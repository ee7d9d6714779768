import { changing, type NodeChange, type NodePlan } from '../model/annotate.ts';
import { ANNOTATIONS } from '../model/annotations.ts';
import type { NodeFinding } from '../model/node-finding.ts';
import { problemLines } from './plan-output.ts';
import { printable, type Style } from './style.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

/** How a run of `annotate` ended. */
export type AnnotateOutcome =
  | 'applied'
  | 'unchanged'
  | 'found'
  | 'dry-run'
  | 'declined'
  | 'refused'
  | 'partial'
  | 'failed';

/** How one Node came through; `pending` before anything is written. */
export type NodeStatus = 'done' | 'gone' | 'moved' | 'failed' | 'interrupted' | 'pending';

const HEADER = ['NODE', 'PUBLIC IP', 'MAC NOW', 'MAC WANTED', 'CHANGES'];

/** What a narrow terminal does without. */
const SPARE = ['PUBLIC IP', 'MAC NOW'];

/** What is to be done to Nodes, for people; `where` names the cluster. */
export function annotateText(plan: NodePlan, where: string, style: Style): string {
  const changes = changing(plan);
  const right = plan.nodes.length - changes.length;
  const rows = changes.map((change) => [
    change.name,
    change.publicIP ?? '-',
    change.macNow ?? '-',
    change.macWanted ?? '-',
    changesText(change),
  ]);
  return [
    wrap(printable(where), style, 2),
    '',
    ...(rows.length > 0 ? [table(HEADER, rows, style, { spare: SPARE }), ''] : []),
    ...nodeProblemLines(plan.problems, style),
    wrap(
      `${changes.length} of ${plan.nodes.length} nodes to change, ${right} right already${withoutLease(plan)}`,
      style,
      0,
    ),
  ].join('\n');
}

/** Nodes without a lease are none of those that are counted. */
function withoutLease({ problems }: NodePlan): string {
  const count = problems.filter(({ rule }) => rule === 'node-without-lease').length;
  return count === 0 ? '' : `, ${count} more without a lease`;
}

function nodeProblemLines(problems: readonly NodeFinding[], style: Style): string[] {
  return problems.length === 0 ? [] : [...problemLines(problems, style), ''];
}

function changesText({ changes }: NodeChange): string {
  if (changes.length === ANNOTATIONS.length) return 'all four annotations';
  return changes.map(({ annotation }) => annotation.replace(/^.*\//, '')).join(', ');
}

/** The part about Nodes of a document. */
export function nodesJson(plan: NodePlan, statusOf: (name: string) => NodeStatus): object {
  return {
    nodes: plan.nodes.map((node) => ({
      name: node.name,
      publicIP: node.publicIP,
      lease: node.lease,
      macNow: node.macNow,
      macWanted: node.macWanted,
      changes: node.changes.map(({ annotation, before, after }) => ({ annotation, before, after })),
      status: node.changes.length === 0 ? 'right' : statusOf(node.name),
    })),
    problems: plan.problems.map(({ rule, severity, message, fix, node, key }) => ({
      rule,
      severity,
      message,
      ...(fix ? { fix } : {}),
      node,
      key,
    })),
  };
}

/** The document of `annotate -o json`. */
export function annotateJson(
  plan: NodePlan,
  server: string,
  outcome: AnnotateOutcome,
  statusOf: (name: string) => NodeStatus,
  backup: string | null,
): unknown {
  return {
    server,
    outcome,
    backup,
    ...nodesJson(plan, statusOf),
  };
}
