import { formatAddress } from '../address.ts';
import { nodesOf } from '../bigip-lease.ts';
import { usableLease } from '../match-nodes.ts';
import type { BigIp } from '../site.ts';
import type { LiveLease } from '../snapshot.ts';
import { type DesiredDevice, pathOf } from './desired.ts';
import type { DeviceFinding } from './device-finding.ts';
import { removal } from './device-plan.ts';
import {
  type ArpEntry,
  cisEntries,
  type DeviceState,
  type FdbRecord,
  isOwnEntry,
  isOwnRecord,
  type Named,
  OWN_ARP_PREFIX,
  OWN_MARK,
  profileInUse,
  routed,
} from './objects.ts';
import type { DeviceStep, Values } from './step.ts';

/** What has to change so that a tunnel's FDB is what the leases say. */
export interface FdbPlan {
  readonly steps: readonly DeviceStep[];
  /** Errors forbid the steps. */
  readonly problems: readonly DeviceFinding[];
  /** How many records the leases want. */
  readonly wanted: number;
}

/** What a BIG-IP needs to reach one node. */
export interface NodeVtep {
  readonly mac: string;
  /** The node's public IP, with the route domain. */
  readonly endpoint: string;
  /** The VTEP's address in the overlay: the first of the lease's subnet; null when it has none. */
  readonly overlay: string | null;
}

/** The VTEPs of the nodes that hold a lease, by the lease's key. */
export function nodeVteps(
  leases: readonly LiveLease[],
  bigips: readonly BigIp[],
  routeDomain: number,
): NodeVtep[] {
  return nodesOf(leases, bigips).flatMap((lease) => {
    const usable = usableLease(lease);
    if (usable === null) return [];
    const overlay = lease.subnet && routed(formatAddress(4, lease.subnet.base), routeDomain);
    return [{ mac: usable.mac, endpoint: routed(usable.publicIP, routeDomain), overlay }];
  });
}

/** Whether packets need an ARP entry for a node's VTEP: a tunnel that floods finds it by itself. */
export function needsArp(state: DeviceState): boolean {
  return profileInUse(state)?.flooding === 'none';
}

/**
 * Compares the FDB of a tunnel, and the ARP entries beside it, with the leases. Only what carries
 * this program's mark is changed or taken away.
 */
export function planFdb(
  { names }: DesiredDevice,
  state: DeviceState,
  leases: readonly LiveLease[],
  bigips: readonly BigIp[],
  force: boolean,
): FdbPlan {
  const vteps = nodeVteps(leases, bigips, names.routeDomain);
  const { tunnel } = state;
  if (tunnel === null) return { steps: [], problems: [noTunnel(names)], wanted: vteps.length };
  const records = recordChanges(tunnel.path, state.fdb, vteps);
  const entries = needsArp(state) ? entryChanges(names, state.arp, vteps) : [];
  const steps = [...records, ...entries];
  // Nothing is taken away before what replaces it is there.
  const ordered = [
    ...steps.filter(({ action }) => action !== 'delete'),
    ...steps.filter(({ action }) => action === 'delete'),
  ];
  const problems = [
    ...(force ? [] : foreignOwner(state)),
    ...(vteps.length === 0 ? [noLeases(tunnel.path)] : []),
    ...(force ? [] : massRemoval(state.fdb, vteps, tunnel.path)),
    ...wrongForeign(state.fdb, vteps),
  ];
  return { steps: ordered, problems, wanted: vteps.length };
}

function noTunnel({ tunnel, partition }: DesiredDevice['names']): DeviceFinding {
  return {
    rule: 'tunnel-missing',
    severity: 'error',
    message: `there is no tunnel /${partition}/${tunnel}`,
    fix: 'make it with bigip apply',
    object: `/${partition}/${tunnel}`,
  };
}

function recordChanges(
  tunnel: string,
  fdb: readonly FdbRecord[],
  vteps: readonly NodeVtep[],
): DeviceStep[] {
  const live = new Map(fdb.map((record) => [record.mac, record]));
  const wanted = new Map(vteps.map((vtep) => [vtep.mac, vtep.endpoint]));
  const target = 'fdb-record';
  const set = [...wanted].flatMap(([mac, endpoint]): DeviceStep[] => {
    const path = `${tunnel} ${mac}`;
    const record = live.get(mac);
    const after = { endpoint, description: OWN_MARK };
    if (record === undefined) return [{ action: 'create', target, path, before: null, after }];
    if (!isOwnRecord(record) || record.endpoint === endpoint) return [];
    const before = { endpoint: record.endpoint, description: OWN_MARK };
    return [{ action: 'update', target, path, before, after: { endpoint } }];
  });
  const gone = fdb
    .filter((record) => isOwnRecord(record) && !wanted.has(record.mac))
    .map(({ mac, endpoint, description }): DeviceStep => {
      const before = { endpoint, description };
      return { action: 'delete', target, path: `${tunnel} ${mac}`, before, after: null };
    });
  return [...set, ...gone];
}

function entryChanges(
  names: DesiredDevice['names'],
  arp: readonly Named<ArpEntry>[],
  vteps: readonly NodeVtep[],
): DeviceStep[] {
  const live = new Map(arp.map((entry) => [entry.ipAddress, entry]));
  const wanted = new Map(vteps.flatMap(({ overlay, mac }) => (overlay ? [[overlay, mac]] : [])));
  const target = 'arp-entry';
  const set = [...wanted].flatMap(([ipAddress, macAddress]): DeviceStep[] => {
    const entry = live.get(ipAddress);
    const after: Values = { ipAddress, macAddress, description: OWN_MARK };
    const path = pathOf(names, `${OWN_ARP_PREFIX}${ipAddress.replace(/%.*$/, '')}`);
    if (entry === undefined) return [{ action: 'create', target, path, before: null, after }];
    if (!isOwnEntry(entry) || entry.macAddress === macAddress) return [];
    const before = { macAddress: entry.macAddress, description: OWN_MARK };
    return [{ action: 'update', target, path: entry.path, before, after: { macAddress } }];
  });
  const gone = arp
    .filter((entry) => isOwnEntry(entry) && !wanted.has(entry.ipAddress))
    .map((entry) => removal(target, entry));
  return [...set, ...gone];
}

/** CIS replaces the whole table from its own list, so two writers undo each other's work for ever. */
function foreignOwner(state: DeviceState): DeviceFinding[] {
  const foreign = state.fdb.filter((record) => !isOwnRecord(record));
  const entries = cisEntries(state);
  if (foreign.length === 0 && entries.length === 0) return [];
  const what = [
    ...(foreign.length > 0 ? [`FDB records that are not this program's (${foreign.length})`] : []),
    ...(entries.length > 0 ? [`ARP entries of CIS (${entries.length})`] : []),
  ].join(' and ');
  return [
    {
      rule: 'fdb-not-ours',
      severity: 'error',
      message: `the tunnel has ${what}: somebody else keeps its FDB, and would undo this`,
      fix: 'let CIS keep it (annotate the Nodes); pass --force where that is over',
      object: state.tunnel?.path ?? null,
    },
  ];
}

function noLeases(tunnel: string): DeviceFinding {
  return {
    rule: 'fdb-no-leases',
    severity: 'error',
    message: "no node's lease was read, and a table is not emptied for that",
    fix: 'check --endpoints, --prefix and --etcd-api with flannel-bigip list',
    object: tunnel,
  };
}

function massRemoval(
  fdb: readonly FdbRecord[],
  vteps: readonly NodeVtep[],
  tunnel: string,
): DeviceFinding[] {
  const own = fdb.filter(isOwnRecord);
  // A node whose MAC changed loses a record and gets another.
  const wanted = new Set(vteps.map(({ endpoint }) => endpoint));
  const lost = own.filter(({ endpoint }) => !wanted.has(endpoint)).length;
  if (lost * 2 <= own.length) return [];
  return [
    {
      rule: 'fdb-mass-removal',
      severity: 'error',
      message: `${lost} of ${own.length} FDB records would go, which is more than half`,
      fix: 'see with flannel-bigip list whether so many nodes are gone; pass --force if they are',
      object: tunnel,
    },
  ];
}

function wrongForeign(fdb: readonly FdbRecord[], vteps: readonly NodeVtep[]): DeviceFinding[] {
  const live = new Map(fdb.map((record) => [record.mac, record]));
  return vteps.flatMap(({ mac, endpoint }): DeviceFinding[] => {
    const record = live.get(mac);
    if (!record || isOwnRecord(record) || record.endpoint === endpoint) return [];
    return [
      {
        rule: 'fdb-record-wrong',
        severity: 'warning',
        message: `the record of ${mac} leads to ${record.endpoint} instead of ${endpoint}, and is not this program's`,
        fix: 'remove it, then run this again',
        object: mac,
      },
    ];
  });
}
