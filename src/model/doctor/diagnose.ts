import { unreadMacs } from '../device/resolve-macs.ts';
import { type NodeOfHost, nodeOfHost } from '../host/node-of-host.ts';
import { isVxlan } from '../network-config.ts';
import type { BigIp, Site } from '../site.ts';
import type { LiveState } from '../snapshot.ts';
import { checkUnit, etcdBlame } from './bigip-checks.ts';
import { CHECKS, type Check, type CheckId, CheckList, type Part } from './check.ts';
import type { Commands } from './commands.ts';
import { checkEtcd } from './etcd-checks.ts';
import { checkStore } from './etcd-store.ts';
import { checkNode } from './host-checks.ts';
import { checkNodes } from './node-checks.ts';
import type { Readings } from './readings.ts';
import { checkEntries } from './table-checks.ts';
import { checkWay } from './way-checks.ts';

/** What doctor has found, with what it was found from. */
export interface Diagnosis {
  readonly checks: readonly Check[];
  /** flannel's keys; null when they are not known. */
  readonly live: LiveState | null;
  /** The site with what only a BIG-IP could tell. */
  readonly site: Site;
  readonly own: NodeOfHost | null;
}

/** Goes the packet's way through everything that was read, and names what is wrong in that order. */
export function diagnose(declared: Site, readings: Readings, commands: Commands): Diagnosis {
  const list = new CheckList();
  const live = etcdOf(declared, readings, list, commands);
  const site = withMacs(declared, readings, live);
  if (live === null) skipPart('etcd', list, etcdBlame(list));
  else checkEtcd(live, site, assumedMacs(declared, readings), list, commands);
  const own = checkHost(readings, live, site, list, commands);
  const { nodes, cisVersion } = readings;
  if (nodes.state === 'read') {
    list.pass('nodes-reachable', `${nodes.value.length} Nodes`);
    if (live === null) {
      for (const id of ['nodes-lease', 'nodes-annotations', 'nodes-cis'] as const) {
        list.skip(id, 'the leases are not known', etcdBlame(list));
      }
    } else {
      checkNodes({ nodes: nodes.value, site, live, cisVersion, own }, list, commands);
    }
  } else
    tellUnread('nodes-reachable', nodes, ['nodes-lease', 'nodes-annotations', 'nodes-cis'], list);
  for (const bigip of site.bigips) {
    const device = readings.bigips.find(({ name }) => name === bigip.name)?.device ?? UNREAD;
    const hasNodes = nodes.state === 'read';
    checkUnit({ site, bigip, device, live, hasNodes, cisVersion }, list, commands);
  }
  const told = new Set(list.checks.map(({ id }) => id));
  for (const { id } of CHECKS) if (!told.has(id)) list.skip(id, 'there is nothing to check');
  return { checks: list.checks, live, site, own };
}

const UNREAD = { state: 'skipped', why: 'it was not looked at' } as const;

function etcdOf(
  site: Site,
  { etcd }: Readings,
  list: CheckList,
  commands: Commands,
): LiveState | null {
  if (etcd.state === 'read') {
    const { stores } = etcd.value;
    list.pass('etcd-reachable', stores.map(({ description }) => description).join(', '));
    return checkStore(etcd.value, site, list, commands);
  }
  if (etcd.state === 'failed') {
    const advice = etcd.fix === null ? {} : { advice: etcd.fix };
    list.fail('etcd-reachable', { message: etcd.why, ...advice });
  } else list.skip('etcd-reachable', etcd.why);
  return null;
}

/** Notes every check of a part that has not been told yet. */
function skipPart(
  part: Part,
  list: CheckList,
  because: CheckId | undefined,
  why = "flannel's keys are not known",
): void {
  for (const { id, part: of } of CHECKS) {
    if (of !== part || list.checks.some((one) => one.id === id)) continue;
    list.skip(id, why, because);
  }
}

function tellUnread(
  id: CheckId,
  reading: {
    readonly state: 'skipped' | 'failed';
    readonly why: string;
    readonly fix?: string | null;
  },
  behind: readonly CheckId[],
  list: CheckList,
): void {
  const isFailed = reading.state === 'failed';
  if (isFailed) {
    list.fail(id, { message: reading.why, ...(reading.fix ? { advice: reading.fix } : {}) });
  } else list.skip(id, reading.why);
  for (const one of behind) list.skip(one, 'nothing was read', isFailed ? id : undefined);
}

/** A MAC that the site file leaves to the device: as it was read, else as the lease has it. */
function withMacs(site: Site, { bigips }: Readings, live: LiveState | null): Site {
  return {
    ...site,
    bigips: site.bigips.map((bigip): BigIp => {
      if (bigip.ipv4.vtepMAC !== null) return bigip;
      const device = bigips.find(({ name }) => name === bigip.name)?.device;
      const read = device?.state === 'read' ? device.value.mac : null;
      const vtepMAC = read ?? leaseMac(bigip, live);
      return { ...bigip, ipv4: { ...bigip.ipv4, vtepMAC } };
    }),
  };
}

/** The BIG-IPs whose MAC neither the site file nor the device told. */
function assumedMacs(site: Site, { bigips }: Readings): Set<string> {
  const isRead = ({ device }: Readings['bigips'][number]) =>
    device.state === 'read' && device.value.mac !== null;
  const told = new Set(bigips.filter(isRead).map(({ name }) => name));
  return new Set(unreadMacs(site).filter((name) => !told.has(name)));
}

function leaseMac({ ipv4 }: BigIp, live: LiveState | null): string | null {
  const lease = live?.leases.find(({ subnet }) => subnet?.base === ipv4.subnet.base);
  return lease === undefined || typeof lease.value === 'string' ? null : lease.value.vtepMAC;
}

function checkHost(
  { host, bigips }: Readings,
  live: LiveState | null,
  site: Site,
  list: CheckList,
  commands: Commands,
): NodeOfHost | null {
  if (host.state !== 'read') {
    const [first, ...others] = CHECKS.filter(({ part }) => part === 'host').map(({ id }) => id);
    if (first) tellUnread(first, host, others, list);
    return null;
  }
  const config = live?.config ?? null;
  if (live === null || config === null) {
    skipPart('host', list, live === null ? etcdBlame(list) : 'etcd-config');
    return null;
  }
  if (!isVxlan(config)) {
    skipPart('host', list, 'etcd-config', 'the network is not of VXLAN');
    return null;
  }
  const own = nodeOfHost(host.value, live, config, site.bigips);
  checkNode(host.value, own, site, list, commands);
  checkEntries(host.value, own, live, site, list, commands);
  checkWay(host.value, own, site, bigips, list);
  return own;
}
