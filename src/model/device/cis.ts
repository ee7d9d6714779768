/** What the releases of F5's CIS do with ARP entries (CIS sources; docs/how-it-works.md has the table). */

/** Why an ARP entry of CIS that is stale stays so, and what mends it. */
const NEVER_BY_HAND =
  'deleting the entry does not help, since CIS writes it back from what it has computed';

type Version = readonly [major: number, minor: number, patch: number];

/** The numbers of a release; null when it is none. */
function parseCisVersion(text: string): Version | null {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  return match && [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Whether this release cannot change an ARP entry that is there: to 1.14.0, and 2.0.0 to 2.2.3. */
function cannotChangeEntries(version: Version): boolean {
  return isBefore(version, [1, 14, 1]) || (version[0] === 2 && isBefore(version, [2, 2, 4]));
}

/** Whether this release takes the MAC from `backend-data` by its quotes: to 1.14.0, 2.0.0 to 2.2.1. */
function splitsAtQuotes(version: Version): boolean {
  return isBefore(version, [1, 14, 1]) || (version[0] === 2 && isBefore(version, [2, 2, 2]));
}

/** Whether this release leaves Nodes out that have a NoExecute taint: 1.9.1 to 2.14.0. */
function leavesTaintedOut(version: Version): boolean {
  return !isBefore(version, [1, 9, 1]) && isBefore(version, [2, 15, 0]);
}

/** What a release of CIS makes of Nodes; null where it is not known which release it is. */
export interface CisHabits {
  readonly splitsAtQuotes: boolean;
  readonly leavesTaintedOut: boolean;
  /** Since 2.15.0: Nodes that are not Ready. */
  readonly leavesUnreadyOut: boolean;
}

/** @param version e.g. `2.16.1` */
export function cisHabits(version: string | null): CisHabits | null {
  const release = version === null ? null : parseCisVersion(version);
  return (
    release && {
      splitsAtQuotes: splitsAtQuotes(release),
      leavesTaintedOut: leavesTaintedOut(release),
      leavesUnreadyOut: !isBefore(release, [2, 15, 0]),
    }
  );
}

function isBefore(version: Version, other: Version): boolean {
  const at = version.findIndex((part, i) => part !== other[i]);
  return at >= 0 && (version[at] ?? 0) < (other[at] ?? 0);
}

/**
 * What mends a stale ARP entry of CIS.
 *
 * @param version e.g. `2.16.1`; null when it is not known
 */
export function staleEntryCure(version: string | null): string {
  const release = version === null ? null : parseCisVersion(version);
  const restart = 'kubectl -n kube-system rollout restart deployment/k8s-bigip-ctlr-deployment';
  if (release === null) {
    return `see that the Nodes' annotations are right, then restart CIS, as it is called here: ${restart}; up to CIS 1.14.0 and in 2.0.0 to 2.2.3 recreate the pods of that node where a restart does not do; ${NEVER_BY_HAND}`;
  }
  if (cannotChangeEntries(release)) {
    return `CIS ${version} cannot change an entry that is there: see that the Nodes' annotations are right, then recreate the pods of that node, or restart CIS (${restart}), which is a short outage; ${NEVER_BY_HAND}`;
  }
  const outage = isBefore(release, [2, 7, 1]) ? ', which is a short outage' : '';
  return `see that the Nodes' annotations are right, then let CIS compute its entries anew: scale or restart a workload that it exposes, or restart CIS (${restart})${outage}; ${NEVER_BY_HAND}`;
}
