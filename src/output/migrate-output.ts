import type { Change, Plan } from '../model/change.ts';
import type { Cutover, CutoverNode } from '../model/cutover.ts';
import { duration } from './duration.ts';
import { printable, type Style } from './style.ts';
import { table } from './table.ts';
import { wrapBehind } from './wrap.ts';

type Store = 'v2' | 'v3';

const READERS: Record<Store, string> = {
  v2: 'flannel up to v0.17',
  v3: 'flannel v0.18 and later',
};

/** What `migrate` says in the end. */
export function migratedLines(
  done: readonly Change[],
  plan: Plan,
  backup: string | null,
  from: Store,
  to: Store,
): string[] {
  const left = plan.problems.length;
  return [
    `\nMigrated and read back: ${done.length} key${done.length === 1 ? '' : 's'}; the ${from} store is as it was.`,
    ...(left > 0 ? [`Left alone: ${left}, said above.`] : []),
    ...(backup === null ? [] : [`The values before are in ${printable(backup)}`]),
    `The ${to} store is read by ${READERS[to]}, the ${from} store by ${READERS[from]}.`,
    ...(to === 'v3'
      ? ['flannel v0.19.2 and v0.20.0 want a client certificate for etcd, other versions do not.']
      : []),
  ];
}

const STATES: Record<CutoverNode['state'], string> = {
  upgraded: 'through: it renews its lease in the new store',
  copied: 'waits: a copy keeps its subnet',
  missing: 'not migrated yet',
};

const HEADER = ['PUBLIC IP', 'SUBNET', 'LEFT', 'STATE'];

/**
 * The plan of a cut-over, for people.
 *
 * @param own a command of this program about the same stores
 */
export function cutoverText(plan: Cutover, own: (words: string) => string, style: Style): string {
  const { from, to, nodes, shortest } = plan;
  const migrate = own(`migrate --from ${from} --to ${to}`);
  const waiting = nodes.filter(({ state }) => state !== 'upgraded');
  const rows = nodes.map(({ publicIP, subnet, ttl, state }) => [
    publicIP ?? '-',
    subnet,
    state === 'upgraded' || ttl === null ? '-' : duration(ttl),
    STATES[state],
  ]);
  const deadline =
    shortest === null
      ? 'no copy waits for its node'
      : `the first copy that nobody renews ends in ${duration(shortest)}`;
  const steps = [
    `Let no node join until you are through: flanneld on ${from} and on ${to} do not see each other, and each may hand out a subnet that a node of the other has.`,
    plan.isPrepared
      ? `Everything is migrated; run \`${migrate}\` again before each batch all the same: it brings renewed leases over and touches no node that is through.`
      : `Run \`${migrate}\`, now and again before each batch: it brings renewed leases over and touches no node that is through.`,
    `Upgrade flanneld (${READERS[from]} -> ${READERS[to]}) in batches, the shortest time first, and finish within it: ${deadline}. Copies last as long as the leases they were made of, 24 hours at most.`,
    `After each batch look at \`${own(`list --etcd-api ${to}`)}\`: each of its nodes must hold the subnet that it had.`,
    `When every node is through, set \`etcd.api: ${to}\` in the site file, and run \`${own('diff')}\`.`,
    `A day later, when nothing is left in the ${from} store that expires: \`${own(`migrate --retire ${from}`)}\`.`,
  ];
  return [
    ...(rows.length === 0
      ? [`no node has a lease in the ${from} store`]
      : [table(HEADER, rows, style, { keys: ['PUBLIC IP', 'SUBNET'] })]),
    '',
    `${nodes.length - waiting.length} of ${nodes.length} nodes are through.`,
    '',
    ...steps.map((step, index) => wrapBehind(`${index + 1}. `, step, style)),
  ].join('\n');
}

/** The document of `migrate --cutover -o json`. */
export function cutoverJson(plan: Cutover): unknown {
  const { from, to, prefix, isPrepared, shortest, nodes } = plan;
  return {
    from,
    to,
    prefix,
    prepared: isPrepared,
    shortestTtl: shortest,
    upgraded: nodes.filter(({ state }) => state === 'upgraded').length,
    nodes: nodes.map(({ publicIP, subnet, state, ttl }) => ({ publicIP, subnet, state, ttl })),
  };
}
