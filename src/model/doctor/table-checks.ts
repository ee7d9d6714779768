import { formatAddress } from '../address.ts';
import { bigipOf } from '../bigip-lease.ts';
import {
  type ComparedEntries,
  type EntryState,
  fdbRemoval,
  HostTables,
  removalOf,
  routeText,
  staleEntries,
} from '../host/compare-entries.ts';
import {
  arpCommand,
  entriesOf,
  fdbCommand,
  type LeaseEntries,
  routeCommand,
} from '../host/entries.ts';
import type { NodeOfHost } from '../host/node-of-host.ts';
import type { HostState } from '../host/state.ts';
import type { BigIp, Site } from '../site.ts';
import type { LiveState, StoreApi } from '../snapshot.ts';
import type { CheckId, CheckList } from './check.ts';
import { type Commands, RESTART } from './commands.ts';

/** The kernel's three tables, each held against the leases as they are in etcd. */
const TABLES = [
  { id: 'linux-route', state: 'route', noun: 'route', command: routeCommand, text: routeOf },
  { id: 'linux-arp', state: 'arp', noun: 'ARP entry', command: arpCommand, text: arpOf },
  { id: 'linux-fdb', state: 'fdb', noun: 'FDB entry', command: fdbCommand, text: fdbOf },
] as const satisfies readonly {
  id: CheckId;
  state: 'route' | 'arp' | 'fdb';
  noun: string;
  command(entries: LeaseEntries): string;
  text(entries: LeaseEntries): string;
}[];

type Table = (typeof TABLES)[number];

/** Holds what the kernel knows of other VTEPs against the leases. */
export function checkEntries(
  host: HostState,
  node: NodeOfHost,
  live: LiveState,
  site: Site,
  list: CheckList,
  commands: Commands,
): void {
  const blame = list.firstFailed('linux-device', 'linux-node');
  if (node.device === undefined || (blame === 'linux-device' && !works(node))) {
    for (const { id } of TABLES) list.skip(id, 'the VXLAN device is not right', 'linux-device');
    return;
  }
  const others = live.leases
    .filter((lease) => lease !== node.lease)
    .flatMap((lease) => entriesOf(lease, node.config, host));
  const tables = new HostTables(host);
  const compared = others.map((entries) => compareOne(entries, tables, site));
  if (node.lease === undefined && !compared.every(isRight)) {
    const message = 'these may not be the leases of this network';
    for (const { id } of TABLES) list.skip(id, message, 'linux-node');
    return;
  }
  const ofBigIps = compared.filter(({ entries }) => bigipOf(entries.lease, site.bigips));
  const ofNodes = compared.filter(({ entries }) => !bigipOf(entries.lease, site.bigips));
  for (const one of ofBigIps) {
    const bigip = bigipOf(one.entries.lease, site.bigips) as BigIp;
    tellBigIp(one, bigip.name, live.snapshot.api, list, commands);
  }
  tellNodes(ofNodes, list, commands);
  const held = new Set(ofBigIps.map(({ entries }) => bigipOf(entries.lease, site.bigips)?.name));
  for (const { name } of site.bigips) if (!held.has(name)) tellNoLease(name, list);
  // Held against leases of another network everything would look stale.
  if (node.lease !== undefined) tellStale(host, node, others, list);
}

function tellNoLease(name: string, list: CheckList): void {
  const because = list.firstFailed('etcd-store', 'etcd-bigip-lease');
  for (const { id, noun } of TABLES) {
    list.skip(id, `no ${noun} to look for: ${name} has no lease`, because, name);
  }
}

function isRight({ route, arp, fdb, shadow }: ComparedEntries): boolean {
  return shadow === null && [route, arp, fdb].every((state) => state.is === 'right');
}

/** A device whose MTU or port alone is wrong has tables worth looking at; a new MAC has emptied them. */
function works({ device, config, lease }: NodeOfHost): boolean {
  const mac = typeof lease?.value === 'string' ? null : lease?.value.vtepMAC;
  return (
    device?.isUp === true && device.vxlan?.vni === config.vxlan.vni && (!mac || mac === device.mac)
  );
}

function compareOne(entries: LeaseEntries, tables: HostTables, site: Site): ComparedEntries {
  const bigip = bigipOf(entries.lease, site.bigips);
  const selfIP = entries.family === 4 ? bigip?.ipv4.selfIP : bigip?.ipv6?.selfIP;
  if (!selfIP) return tables.compare(entries);
  return tables.compareTo(entries, formatAddress(selfIP.family, selfIP.value));
}

function tellBigIp(
  compared: ComparedEntries,
  name: string,
  api: StoreApi,
  list: CheckList,
  commands: Commands,
): void {
  const lost = lostEvent(compared);
  if (lost !== null) tellLost(lost, compared, name, api, list, commands);
  else {
    for (const table of TABLES) tellTable(table, compared, name, list);
    tellShadow(compared, name, list);
  }
  for (const table of TABLES) {
    list.pass(table.id, `${name}: ${table.text(compared.entries)}`, name);
  }
}

function tellLost(
  { id, message, skipped }: LostEvent,
  compared: ComparedEntries,
  name: string,
  api: StoreApi,
  list: CheckList,
  commands: Commands,
): void {
  const { entries } = compared;
  list.fail(id, {
    subject: name,
    message: `${message} ${entries.lease.name} of ${name}: it has lost the event`,
    expected: TABLES.map(({ text }) => text(entries)).join('; '),
    found: foundOf(compared),
    ...cureOfDeafness(api, commands),
  });
  for (const table of TABLES) {
    if (!skipped.includes(table.id)) continue;
    list.skip(table.id, `the ${table.noun} of ${name} is not there either`, id, name);
  }
}

/** Readers of v2 that miss an event are deaf for good; those of v3 hear the next one (flannel.md). */
function cureOfDeafness(api: StoreApi, commands: Commands) {
  const repair = `${commands.own('node repair')} makes the entries here alone`;
  if (api === 'v2') {
    return { fix: [RESTART], advice: `flanneld up to v0.17 hears nothing more; ${repair}` };
  }
  return { fix: [commands.own('apply --rewrite')], advice: repair };
}

function tellTable(table: Table, compared: ComparedEntries, name: string, list: CheckList): void {
  const state = compared[table.state];
  if (state.is === 'right') return;
  list.fail(table.id, {
    subject: name,
    message: `the ${table.noun} for ${name} ${state.is === 'missing' ? 'is missing' : 'is wrong'}: ${EFFECT[table.state]}`,
    expected: table.text(compared.entries),
    found: stateText(state),
    fix: fixOf(table, compared),
  });
}

function tellShadow({ entries, shadow }: ComparedEntries, name: string, list: CheckList): void {
  if (shadow === null) return;
  list.fail('linux-route', {
    subject: name,
    message: `a more specific route takes the packets for ${name} elsewhere`,
    expected: routeOf(entries),
    found: routeText(shadow),
    fix: [`ip route del ${routeText(shadow)}`],
  });
}

const EFFECT = {
  route: 'packets leave by another way, or not at all',
  arp: 'the kernel does not know the MAC behind the route, or takes another',
  fdb: 'the kernel does not know the VTEP behind the MAC, or takes another',
};

interface LostEvent {
  readonly id: CheckId;
  readonly message: string;
  readonly skipped: readonly CheckId[];
}

/** What shows that flanneld did not take in a lease, new or overwritten, at all. */
function lostEvent(compared: ComparedEntries): LostEvent | null {
  const { route, arp, fdb, entries } = compared;
  if (entries.direct !== null) return null;
  const message = "this node's flanneld has not taken in the lease";
  if (route.is === 'missing' && arp.is === 'missing' && fdb.is === 'missing') {
    return { id: 'linux-route', message, skipped: ['linux-arp', 'linux-fdb'] };
  }
  // Another MAC than before: the entries are still those of the old value.
  if (route.is === 'right' && arp.is === 'wrong' && fdb.is === 'missing') {
    return {
      id: 'linux-arp',
      message: "this node's flanneld has not taken in the new MAC of the lease",
      skipped: ['linux-fdb'],
    };
  }
  return null;
}

function foundOf(compared: ComparedEntries): string {
  return TABLES.map(({ state, noun }) => `${noun}: ${stateText(compared[state])}`).join('; ');
}

function stateText(state: EntryState): string {
  if (state.is === 'wrong') return state.found;
  return state.is === 'right' ? 'as it should be' : 'none';
}

function fixOf(table: Table, { entries, misled }: ComparedEntries): string[] {
  const extra = table.state === 'fdb' ? misled.map(fdbRemoval) : [];
  return [...extra, table.command(entries)];
}

function routeOf(entries: LeaseEntries): string {
  return routeCommand(entries).replace(/^ip( -6)? route replace /, '');
}

function arpOf(entries: LeaseEntries): string {
  return arpCommand(entries).replace(/^ip( -6)? neigh replace /, '');
}

function fdbOf(entries: LeaseEntries): string {
  return fdbCommand(entries).replace('bridge fdb replace ', '');
}

/** How many leases are named one by one. */
const NAMED = 3;

function tellNodes(all: readonly ComparedEntries[], list: CheckList, commands: Commands): void {
  for (const table of TABLES) {
    const broken = all.filter((one) => one[table.state].is !== 'right');
    const [first] = broken;
    if (first === undefined) continue;
    const names = broken.slice(0, NAMED).map(({ entries }) => entries.lease.name);
    const more = broken.length > NAMED ? ` and ${broken.length - NAMED} more` : '';
    list.fail(table.id, {
      ...(broken.length === 1 ? { subject: first.entries.lease.name } : {}),
      message: `the ${table.noun} for ${broken.length === 1 ? 'the node of' : `${broken.length} nodes,`} ${names.join(', ')}${more} is missing or wrong: their pods are not reached from here`,
      expected: table.text(first.entries),
      found: stateText(first[table.state]),
      fix:
        broken.length > NAMED
          ? [commands.own('node repair')]
          : broken.flatMap((one) => fixOf(table, one)),
    });
  }
  const count = all.length;
  if (count === 0) return;
  for (const { id, noun } of TABLES) {
    list.pass(
      id,
      `the ${noun} of ${count === 1 ? 'the other node' : `${count} other nodes`} is right`,
    );
  }
}

function tellStale(
  host: HostState,
  node: NodeOfHost,
  others: readonly LeaseEntries[],
  list: CheckList,
): void {
  const devices = new Set([node.deviceName, ...others.map(({ dev }) => dev)]);
  const stale = staleEntries(host, others, devices);
  const none = { routes: [], neighbours: [], fdb: [] };
  const tell = (id: CheckId, what: string, fix: readonly string[]) => {
    if (fix.length === 0) return;
    const count =
      fix.length === 1 ? `an ${what} has` : `${fix.length} ${what.replace(/y$/, 'ie')}s have`;
    list.warn(id, {
      message: `${count} no lease any more: untidy, and harmless while nothing else points there`,
      fix,
    });
  };
  tell('linux-route', 'extra route', removalOf({ ...none, routes: stale.routes }));
  tell('linux-arp', 'ARP entry', removalOf({ ...none, neighbours: stale.neighbours }));
  tell('linux-fdb', 'FDB entry', removalOf({ ...none, fdb: stale.fdb }));
}
