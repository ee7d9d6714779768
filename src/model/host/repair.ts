import type { LiveState } from '../snapshot.ts';
import { fdbRemoval, HostTables, staleEntries } from './compare-entries.ts';
import { arpCommand, entriesOf, fdbCommand, routeCommand } from './entries.ts';
import type { NodeOfHost } from './node-of-host.ts';
import type { HostState } from './state.ts';

/** A command of iproute2 that mends an entry, and why. */
export interface RepairStep {
  /** e.g. `bridge fdb replace MAC dst IP dev flannel.1 self permanent`. */
  readonly command: string;
  /** `add` what is missing, `replace` what is wrong, `remove` what is stale. */
  readonly action: 'add' | 'replace' | 'remove';
  /** The lease it is for; null for what no lease stands behind. */
  readonly lease: string | null;
}

/**
 * What flanneld would have done: missing and wrong entries made, stale FDB entries removed. In an order
 * in which no packet goes astray: FDB entry and ARP entry are there before the route leads to them.
 */
export function planRepair(host: HostState, node: NodeOfHost, live: LiveState): RepairStep[] {
  const tables = new HostTables(host);
  const all = live.leases
    .filter((lease) => lease !== node.lease)
    .flatMap((lease) => entriesOf(lease, node.config, host));
  const steps = all.flatMap((entries): RepairStep[] => {
    const compared = tables.compare(entries);
    const lease = entries.lease.name;
    const made = [
      { state: compared.fdb, command: fdbCommand(entries) },
      { state: compared.arp, command: arpCommand(entries) },
      { state: compared.route, command: routeCommand(entries) },
    ].flatMap(({ state, command }): RepairStep[] => {
      if (state.is === 'right') return [];
      return [{ command, action: state.is === 'missing' ? 'add' : 'replace', lease }];
    });
    const misled = compared.misled.map(
      (entry): RepairStep => ({ command: fdbRemoval(entry), action: 'remove', lease }),
    );
    return [...misled, ...made];
  });
  const devices = new Set([node.deviceName, ...all.map(({ dev }) => dev)]);
  const stale = staleEntries(host, all, devices).fdb.map(
    (entry): RepairStep => ({ command: fdbRemoval(entry), action: 'remove', lease: null }),
  );
  return [...steps, ...stale];
}
