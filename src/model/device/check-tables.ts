import { formatSubnet, parseAddress, withoutHostBits } from '../address.ts';
import { BACKEND_DATA, macByJson } from '../annotations.ts';
import type { RuleId } from '../finding.ts';
import type { KubeNode } from '../kube-node.ts';
import type { BigIp, Site } from '../site.ts';
import type { LiveLease, LiveState } from '../snapshot.ts';
import { staleEntryCure } from './cis.ts';
import { namesOf } from './desired.ts';
import type { DeviceFinding } from './device-finding.ts';
import { type NodeVtep, needsArp, nodeVteps } from './fdb-plan.ts';
import {
  bareName,
  cisEntries,
  type DeviceState,
  type FdbRecord,
  isOwnEntry,
  isOwnRecord,
  OWN_ARP_PREFIX,
  plainAddress,
} from './objects.ts';

/** A Node of Kubernetes that runs flannel. */
export type CheckedNode = Pick<KubeNode, 'name' | 'annotations' | 'internalIPs'>;

interface TableCheck {
  readonly site: Site;
  readonly bigip: BigIp;
  readonly state: DeviceState;
  readonly live: LiveState;
  readonly nodes: readonly CheckedNode[] | null;
  readonly cisVersion: string | null;
}

/** Holds FDB records and static ARP entries against the leases. */
export function checkTables(check: TableCheck): DeviceFinding[] {
  const { site, bigip, state, live } = check;
  const vteps = nodeVteps(live.leases, site.bigips, namesOf(bigip).routeDomain);
  const keepsOwn = state.fdb.some(isOwnRecord) || state.arp.some(isOwnEntry);
  return [
    ...unannotated(check, vteps, keepsOwn),
    ...checkRecords(check, vteps, keepsOwn),
    ...checkCisEntries(check),
    ...(keepsOwn ? checkOwnEntries(state, vteps) : []),
  ];
}

/** Nodes of which CIS knows no VTEP. */
function unannotated(
  { nodes }: TableCheck,
  vteps: readonly NodeVtep[],
  keepsOwn: boolean,
): DeviceFinding[] {
  if (nodes === null || keepsOwn) return [];
  const macs = new Set(vteps.map(({ mac }) => mac));
  return nodes
    .filter(({ annotations }) => !macs.has(macByJson(annotations[BACKEND_DATA] ?? '') ?? ''))
    .map(({ name, annotations }) => {
      const mac = macByJson(annotations[BACKEND_DATA] ?? '');
      const what = mac === null ? 'says no MAC' : `says the MAC ${mac}, which no node's lease has`;
      return finding('node-not-annotated', name, {
        message: `the Node ${name} ${what} in ${BACKEND_DATA}`,
        effect: 'packets to its pods; CIS writes no ARP entry for any node while one is so',
        fix: 'run flannel-bigip annotate',
      });
    });
}

function finding(
  rule: RuleId,
  object: string,
  text: { readonly message: string; readonly effect: string; readonly fix: string },
): DeviceFinding {
  return { rule, severity: 'error', ...text, object };
}

function checkRecords(
  { live, state }: TableCheck,
  vteps: readonly NodeVtep[],
  keepsOwn: boolean,
): DeviceFinding[] {
  const fix = keepsOwn
    ? 'run flannel-bigip bigip fdb sync'
    : "run flannel-bigip annotate; CIS follows a Node's annotations within half a minute, unless the Node is not Ready or has a NoExecute taint";
  const records = new Map(state.fdb.map((record) => [record.mac, record]));
  const leaseMacs = new Set(live.leases.flatMap(macsOf));
  const ofNodes = vteps.flatMap(({ mac, endpoint }): DeviceFinding[] => {
    const record = records.get(mac);
    const node = endpoint;
    if (record === undefined) {
      const message = `there is no FDB record for the node ${node} (${mac})`;
      return [finding('fdb-record-missing', mac, { message, effect: toPods(node), fix })];
    }
    if (record.endpoint === endpoint) return [];
    const message = `the FDB record of ${mac} leads to ${record.endpoint}, the lease says ${endpoint}`;
    return [finding('fdb-record-wrong', mac, { message, effect: toPods(node), fix })];
  });
  const left = state.fdb
    .filter(({ mac }) => !leaseMacs.has(mac))
    .map((record) => leftOver(record, fix));
  return [...ofNodes, ...left];
}

function toPods(node: string): string {
  return `packets from this BIG-IP to the pods of ${node}`;
}

function macsOf({ value }: LiveLease): string[] {
  return typeof value === 'string' || value.vtepMAC === null ? [] : [value.vtepMAC];
}

function leftOver(record: FdbRecord, fix: string): DeviceFinding {
  const { mac, endpoint } = record;
  if (mac === fakeMac(endpoint)) {
    return finding('fdb-record-fake', mac, {
      message: `the FDB record ${mac} of ${endpoint} is made up by CIS from the address, because the Node is not annotated`,
      effect: toPods(plainAddress(endpoint)),
      fix: 'run flannel-bigip annotate',
    });
  }
  return finding('fdb-record-stale', mac, {
    message: `the FDB record ${mac} (${endpoint}) has a MAC that no lease has`,
    effect: `${toPods(plainAddress(endpoint))}, where its MAC has changed; none where the node is gone`,
    fix,
  });
}

/** What CIS takes for the MAC of a Node without annotations: `0a:0a:` and the octets of its address. */
function fakeMac(endpoint: string): string | null {
  const address = parseAddress(plainAddress(endpoint));
  if (address?.family !== 4) return null;
  const hex = address.value.toString(16).padStart(8, '0');
  return `0a:0a:${hex.match(/../g)?.join(':')}`;
}

/** CIS computes its entries when pods come and go, and never when an annotation changes. */
function checkCisEntries({ live, state, cisVersion }: TableCheck): DeviceFinding[] {
  const macs = new Set(live.leases.flatMap(macsOf));
  const leaseAt = leasesByAddress(live.leases);
  return cisEntries(state).flatMap(({ path, ipAddress, macAddress }): DeviceFinding[] => {
    const at = leaseAt(plainAddress(ipAddress));
    const [wanted] = at ? macsOf(at) : [];
    if (macs.has(macAddress) && (wanted === undefined || wanted === macAddress)) return [];
    const instead = wanted === undefined ? '' : `; its node's lease says ${wanted}`;
    const why = macs.has(macAddress) ? "another node's lease has" : 'no lease has';
    return [
      finding('arp-entry-stale', path, {
        message: `${bareName(path)} has the MAC ${macAddress}, which ${why}${instead}`,
        effect: `packets from this BIG-IP to the pod ${plainAddress(ipAddress)}`,
        fix: staleEntryCure(cisVersion),
      }),
    ];
  });
}

/** Finds the lease whose subnet an IPv4 address lies in, without going through all of them. */
function leasesByAddress(leases: readonly LiveLease[]): (address: string) => LiveLease | undefined {
  const bySubnet = new Map(
    leases.flatMap((lease) => (lease.subnet ? [[formatSubnet(lease.subnet), lease]] : [])),
  );
  const lengths = new Set(leases.flatMap(({ subnet }) => (subnet ? [subnet.length] : [])));
  return (text) => {
    const address = parseAddress(text);
    if (address?.family !== 4) return undefined;
    const found = [...lengths].map((length) =>
      bySubnet.get(formatSubnet(withoutHostBits({ family: 4, base: address.value, length }))),
    );
    return found.find((lease) => lease !== undefined);
  };
}

/** Only what this site keeps itself can be missing: which pods CIS wants is its own affair. */
function checkOwnEntries(state: DeviceState, vteps: readonly NodeVtep[]): DeviceFinding[] {
  if (!needsArp(state)) return [];
  const entries = new Map(state.arp.map((entry) => [entry.ipAddress, entry]));
  return vteps.flatMap(({ overlay, mac, endpoint }): DeviceFinding[] => {
    const entry = overlay === null ? undefined : entries.get(overlay);
    if (overlay === null || entry?.macAddress === mac) return [];
    const what =
      entry === undefined ? 'is missing' : `has the MAC ${entry.macAddress} instead of ${mac}`;
    return [
      finding('arp-entry-missing', overlay, {
        message: `the ARP entry ${OWN_ARP_PREFIX}${plainAddress(overlay)} of the node ${endpoint} ${what}`,
        effect: `packets from this BIG-IP to ${plainAddress(overlay)}, the node itself`,
        fix: 'run flannel-bigip bigip fdb sync',
      }),
    ];
  });
}
