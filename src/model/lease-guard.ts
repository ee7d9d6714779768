import { formatAddress } from './address.ts';
import { leaseKeyOf } from './bigip-lease.ts';
import type { Change } from './change.ts';
import { planSite } from './plan.ts';
import type { BigIp, Site } from './site.ts';
import { emptyPlace, type LiveState } from './snapshot.ts';

/** A BIG-IP's lease that is not as declared. */
export interface LostLease {
  readonly bigip: BigIp;
  /** What puts it back. */
  readonly change: Change;
  /** In words: who has it now. */
  readonly taker: string;
  /** Why it must not be put back; null when it may. */
  readonly objection: string | null;
}

/** The leases of BIG-IPs that somebody took or changed. Reservations that nobody declares are none of it. */
export function lostLeases(site: Site, live: LiveState): LostLease[] {
  return site.bigips.flatMap((bigip) => {
    const key = `${live.snapshot.prefix}/subnets/${leaseKeyOf(bigip)}`;
    // By itself: what is wrong with one BIG-IP's lease keeps no other from being put back.
    const plan = planSite({ ...site, bigips: [bigip] }, live, { prune: false, rewrite: false });
    const change = plan.changes.find((one) => one.key === key);
    if (change === undefined || change.value === null) return [];
    // That a node holds this very lease is what is to be mended; whatever else forbids it counts.
    const error = plan.problems.find((one) => one.severity === 'error' && one.key !== key);
    const objection = withoutNetwork(live) ?? error?.message ?? null;
    return [{ bigip, change, taker: takerOf(key, live), objection }];
  });
}

/** A reservation alone, in the store beside or under a misspelt prefix, would look like a network there. */
function withoutNetwork({ snapshot }: LiveState): string | null {
  if (snapshot.config !== null) return null;
  return `there is no network config under ${emptyPlace(snapshot.prefix)}`;
}

function takerOf(key: string, live: LiveState): string {
  const lease = live.leases.find(({ stored }) => stored.key === key);
  if (lease === undefined) return 'deleted';
  if (typeof lease.value === 'string' || lease.value.publicIP === null) return 'overwritten';
  const ip = formatAddress(4, lease.value.publicIP);
  return lease.stored.expires ? `taken by the node with public IP ${ip}` : `overwritten, for ${ip}`;
}

/** How often a lease may be put back within this many milliseconds. */
const TAKEN_TIMES = 3;
export const TAKEN_WITHIN = 600_000;

/** Whether a lease that was put back at these times (milliseconds) is better left to whoever takes it. */
export function isFoughtOver(restored: readonly number[], now: number): boolean {
  return restored.filter((at) => now - at < TAKEN_WITHIN).length >= TAKEN_TIMES;
}
