import { isInRange } from './allocation.ts';
import { isAtSubnet, isOwnLease, leaseKeyOf, nodesOf } from './bigip-lease.ts';
import type { Change, Plan } from './change.ts';
import { changedFields, configDocument, sameConfig, withDefaults } from './compare-config.ts';
import { dangersOf } from './dangers.ts';
import type { LiveFinding } from './finding.ts';
import { documentOf, leaseFields, planRemoval } from './lease-change.ts';
import { checkLeasePairs } from './lease-pairs.ts';
import { meansReservation, reservationOf } from './lease-value.ts';
import {
  checkExhaustion,
  checkLeases,
  checkNodesAgainst,
  checkNodesFit,
  checkOther,
  undeclaredReservations,
} from './live-rules.ts';
import type { BigIp, Site } from './site.ts';
import {
  decodeSnapshot,
  emptyPlace,
  holdsKeys,
  isNode,
  type LiveLease,
  type LiveState,
} from './snapshot.ts';

export interface PlanOptions {
  /** Remove reservations that the site does not declare. */
  readonly prune?: boolean;
  /** Put equal reservations again. */
  readonly rewrite?: boolean;
  /** What the store beside the live one holds, where that was looked at. */
  readonly other?: LiveState | null;
}

/** Compares a site with live state. Pure: the same input gives the same plan, in the same order. */
export function planSite(site: Site, live: LiveState, options: PlanOptions = {}): Plan {
  const config = planConfig(site, live);
  const leases = site.bigips.flatMap((bigip) => planLease(bigip, live, options));
  const undeclared = undeclaredReservations(site, live);
  const nextRange = site.network.config.ipv4;
  const isInNextRange = ({ subnet }: LiveLease) =>
    subnet !== null && nextRange !== null && isInRange(subnet, nextRange);
  const pruned = options.prune ? undeclared : [];
  const changes = [
    // Out of the way before the range reaches over it; the others go last, so that a BIG-IP that
    // moves to another subnet is never without a lease.
    ...pruned.filter(isInNextRange).map((lease) => planRemoval(lease)),
    ...config,
    ...leases,
    ...pruned.filter((lease) => !isInNextRange(lease)).map((lease) => planRemoval(lease)),
  ];
  return {
    changes,
    problems: [
      ...findProblems(site, live, changes, options.prune ? [] : undeclared),
      ...(config.length > 0 ? checkOther(live, options.other ?? null, site) : []),
    ],
    dangers: config.length > 0 ? dangersOf(live, site.network.config, site.bigips) : [],
    nodeCount: untouchedNodes(site, live, changes),
    configRevision: live.snapshot.config?.revision ?? null,
  };
}

/** How many leases of nodes no change concerns. */
function untouchedNodes(site: Site, live: LiveState, changes: readonly Change[]): number {
  const touched = new Set(changes.map((change) => change.key));
  return nodesOf(live.leases, site.bigips).filter((node) => !touched.has(node.stored.key)).length;
}

function planConfig(site: Site, live: LiveState): Change[] {
  const stored = live.snapshot.config;
  if (stored && sameConfig({ text: stored.value, config: live.config }, site.network)) return [];
  return [configChange(site.network, live)];
}

/** Puts a network config in the place of the live one, or where none is. */
export function configChange(next: Site['network'], live: LiveState): Change {
  const stored = live.snapshot.config;
  const before = stored === null ? null : configDocument(stored.value);
  const after = configDocument(next.text);
  return {
    action: stored === null ? 'create' : 'update',
    kind: 'config',
    key: `${live.snapshot.prefix}/config`,
    name: null,
    before,
    after,
    fields: withDefaults(changedFields(before, after), live.config, next.config),
    value: next.text,
    ttl: null,
    liveValue: stored?.value ?? null,
    revision: stored?.revision ?? null,
  };
}

function planLease(bigip: BigIp, live: LiveState, options: PlanOptions): Change[] {
  const lease = live.leases.find((one) => isAtSubnet(one, bigip));
  const document = reservationOf(bigip);
  const sameValue =
    lease !== undefined && typeof lease.value !== 'string' && meansReservation(lease.value, bigip);
  const inSync = sameValue && !lease.stored.expires;
  if (inSync && !options.rewrite) return [];
  const before = lease === undefined ? null : documentOf(lease);
  return [
    {
      action: lease === undefined ? 'create' : inSync ? 'rewrite' : 'update',
      kind: 'lease',
      key: `${live.snapshot.prefix}/subnets/${leaseKeyOf(bigip)}`,
      name: bigip.name,
      before,
      after: document,
      fields: [
        // Another spelling of the same is no difference, though it goes when the TTL is taken off.
        ...(sameValue ? [] : leaseFields(before, document)),
        ...(lease?.stored.expires ? [{ field: 'expires', before: true, after: false }] : []),
      ],
      value: JSON.stringify(document),
      ttl: null,
      liveValue: lease?.stored.value ?? null,
      revision: lease?.stored.revision ?? null,
      ...(bigip.ipv4.vtepMAC === null ? { awaitsMac: true } : {}),
    },
  ];
}

function findProblems(
  site: Site,
  live: LiveState,
  changes: readonly Change[],
  undeclared: readonly LiveLease[],
): LiveFinding[] {
  const touched = new Set(changes.map((change) => change.key));
  const ofLeases = [...checkLeases(live)]
    .filter(([key]) => !touched.has(key))
    .flatMap(([, findings]) => findings);
  const next = site.network.config;
  return [
    ...checkNodesAgainst(site, live),
    ...checkLiveConfig(live, touched),
    ...ofLeases,
    ...sharedByPlan(changes, live),
    ...checkNodesFit(live, site),
    ...checkExhaustion(live, next),
    ...undeclared.map(undeclaredFinding),
    ...staleFdbEntries(site, live),
    ...restartFinding(changes, live),
    ...newNetworkFinding(changes, live),
  ];
}

/** Where a network is thought to be, a misspelt prefix shows as an empty place. */
function newNetworkFinding(changes: readonly Change[], live: LiveState): LiveFinding[] {
  const config = changes.find((change) => change.kind === 'config');
  if (config === undefined || holdsKeys(live.snapshot)) return [];
  const place = emptyPlace(live.snapshot.prefix);
  const message = `nothing is live under ${place}: this makes a new network`;
  return [{ rule: 'new-network', severity: 'warning', message, key: config.key }];
}

/** What the leases that are written come to share with each other and with reservations that stay. */
function sharedByPlan(changes: readonly Change[], live: LiveState): LiveFinding[] {
  const ofLeases = changes.filter((change) => change.kind === 'lease');
  const touched = new Set(ofLeases.map((change) => change.key));
  const written = ofLeases.flatMap(({ key, value }) =>
    value === null ? [] : [{ key, value, revision: '', expires: false, ttl: null }],
  );
  const { leases } = decodeSnapshot({ ...live.snapshot, config: null, leases: written });
  // Of nodes an error tells already. A finding is put down to the latter of two.
  const staying = live.leases.filter((one) => !isNode(one) && !touched.has(one.stored.key));
  return checkLeasePairs([...staying, ...leases]).flatMap(([{ stored }, found]) =>
    found.rule !== 'subnets-overlap' && touched.has(stored.key)
      ? [{ ...found, key: stored.key }]
      : [],
  );
}

function checkLiveConfig(live: LiveState, touched: ReadonlySet<string>): LiveFinding[] {
  const stored = live.snapshot.config;
  if (stored === null || live.config !== null) return [];
  const cure = touched.has(stored.key) ? 'this plan replaces it' : 'replace it';
  const message = 'flannel refuses the live network config: no flanneld can start with it';
  const { key } = stored;
  return [{ rule: 'config-unreadable', severity: 'warning', message, fix: cure, key }];
}

function undeclaredFinding(lease: LiveLease): LiveFinding {
  return {
    rule: 'undeclared-reservation',
    severity: 'warning',
    message: `${lease.name} is a reservation that the site file does not declare`,
    fix: 'declare it under bigips, or remove it with apply --prune',
    key: lease.stored.key,
  };
}

/** flannel follows an overwritten lease, but leaves the FDB entry of the old MAC behind. */
function staleFdbEntries(site: Site, live: LiveState): LiveFinding[] {
  return site.bigips.flatMap((bigip) => {
    const lease = live.leases.find((one) => isAtSubnet(one, bigip));
    if (lease === undefined || typeof lease.value === 'string') return [];
    // A node's own lease is not overwritten: that is refused.
    if (isNode(lease) && !isOwnLease(lease, bigip)) return [];
    const { vtepMAC, vtepMACv6 } = lease.value;
    return [
      ...staleFdbEntry(lease, vtepMAC, bigip.ipv4.vtepMAC),
      ...(bigip.ipv6 ? staleFdbEntry(lease, vtepMACv6, bigip.ipv6.vtepMAC) : []),
    ];
  });
}

function staleFdbEntry(lease: LiveLease, old: string | null, next: string | null): LiveFinding[] {
  if (old === null || next === null || old === next) return [];
  const message = `every node keeps an FDB entry for the old MAC ${old}, which nothing uses: untidy, harmless`;
  return [{ rule: 'stale-fdb-entry', severity: 'warning', message, key: lease.stored.key }];
}

/** A config that changes reaches flanneld only when it starts. */
export function restartFinding(changes: readonly Change[], live: LiveState): LiveFinding[] {
  const config = changes.find((change) => change.kind === 'config');
  if (config === undefined || live.snapshot.config === null) return [];
  return [
    {
      rule: 'flanneld-restart',
      severity: 'warning',
      message: 'flanneld reads its config only when it starts',
      fix: 'restart flanneld on every node, one after another, when the plan is carried out',
      key: config.key,
    },
  ];
}
