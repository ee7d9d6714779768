import { formatAddress, formatSubnet } from '../../../model/address.ts';
import { isAtSubnet, nodesOf } from '../../../model/bigip-lease.ts';
import type { Check, CheckStatus } from '../../../model/doctor/check.ts';
import type { KubeNode } from '../../../model/kube-node.ts';
import type { BigIp } from '../../../model/site.ts';
import type { LiveLease } from '../../../model/snapshot.ts';
import { cut, drawing, element, type Markup } from './element.ts';
import type { DoctorPage } from './input.ts';
import { SYMBOLS, worst } from './status.ts';

const BOX = { width: 290, height: 84, gap: 18 };
const WIDTH = 976;
/** More nodes than these are counted only. */
const SHOWN = 8;

/** What stands in a box. */
interface Place {
  readonly name: string;
  readonly lines: readonly string[];
  readonly status: CheckStatus;
  /** The node that doctor ran on. */
  readonly isOwn?: boolean;
}

/** Nodes at the left, BIG-IPs at the right, a tunnel from each to each. */
export function siteDrawing(page: DoctorPage): Markup {
  const nodes = live(page);
  const left = [
    ...nodes.slice(0, SHOWN).map((lease) => nodePlace(lease, page)),
    ...(nodes.length > SHOWN ? [morePlace(nodes.length - SHOWN)] : []),
  ];
  const right = page.site.bigips.map((bigip) => bigipPlace(bigip, page));
  const rows = Math.max(left.length, right.length, 1);
  const height = rows * (BOX.height + BOX.gap) - BOX.gap + 4;
  const at = (i: number, count: number) => 2 + (i + (rows - count) / 2) * (BOX.height + BOX.gap);
  const tunnels = left.flatMap((node, i) =>
    right.map((bigip, j) => {
      const [from, to] = [at(i, left.length), at(j, right.length)].map((y) => y + BOX.height / 2);
      const between = node.isOwn ? tunnelStatus(bigip.name, page) : 'pass';
      const class_ = `link ${[node.status, bigip.status, between].reduce(worse)}`;
      const x = { x1: 2 + BOX.width, x2: WIDTH - 2 - BOX.width };
      return element('line', { ...x, y1: from ?? 0, y2: to ?? 0, class: class_ });
    }),
  );
  const about = {
    title: `The site ${page.site.name}`,
    description: `${nodes.length} nodes and ${right.length} BIG-IPs, joined by VXLAN tunnels`,
  };
  return drawing({ width: WIDTH, height }, about, [
    ...tunnels,
    ...left.map((place, i) => placeBox(place, 2, at(i, left.length))),
    ...right.map((place, i) => placeBox(place, WIDTH - 2 - BOX.width, at(i, right.length))),
  ]);
}

function live({ live, site }: DoctorPage): LiveLease[] {
  return live === null ? [] : nodesOf(live.leases, site.bigips);
}

const ORDER: readonly CheckStatus[] = ['fail', 'warn', 'skip', 'pass'];

function worse(a: CheckStatus, b: CheckStatus): CheckStatus {
  return ORDER.indexOf(a) < ORDER.indexOf(b) ? a : b;
}

function nodePlace(lease: LiveLease, { readings, own, shown }: DoctorPage): Place {
  const value = typeof lease.value === 'string' ? null : lease.value;
  const ip = value?.publicIP ? formatAddress(4, value.publicIP) : null;
  const kube = readings.nodes.state === 'read' ? named(readings.nodes.value, ip) : undefined;
  const isOwn = own?.lease === lease;
  const subjects = [lease.name, kube?.name].filter((one) => one !== undefined);
  const concerning = shown.filter(
    ({ id, subject }) =>
      (subject !== null && subjects.includes(subject)) || (isOwn && id.startsWith('linux-')),
  );
  return {
    name: `${kube?.name ?? ip ?? lease.name}${isOwn ? ' (this node)' : ''}`,
    lines: [
      `VTEP ${ip ?? 'unknown'}`,
      lease.subnet ? formatSubnet(lease.subnet) : lease.name,
      value?.vtepMAC ?? 'no MAC',
    ],
    // What was never looked at is not said to be right.
    status: worst(concerning.filter(({ status }) => status !== 'skip')) ?? 'pass',
    isOwn,
  };
}

/** What this node's kernel has of a BIG-IP. */
function tunnelStatus(name: string, { shown }: DoctorPage): CheckStatus {
  const between = shown.filter(({ id, subject }) => subject === name && id.startsWith('linux-'));
  return worst(between.filter(({ status }) => status !== 'skip')) ?? 'pass';
}

function named(nodes: readonly KubeNode[], ip: string | null): KubeNode | undefined {
  return ip === null ? undefined : nodes.find(({ internalIPs }) => internalIPs.includes(ip));
}

function morePlace(count: number): Place {
  const noun = count === 1 ? 'node' : 'nodes';
  return { name: `and ${count} more ${noun}`, lines: [], status: 'skip' };
}

function bigipPlace(bigip: BigIp, { live, shown }: DoctorPage): Place {
  const { name, ipv4 } = bigip;
  const lease = live?.leases.find((one) => isAtSubnet(one, bigip));
  const selfIP = ipv4.selfIP ? formatAddress(4, ipv4.selfIP.value) : null;
  // What the kernel of a node says of it is a matter between the two.
  const checks = shown.filter(({ id, subject }) => subject === name && !id.startsWith('linux-'));
  const known: readonly Check[] = checks.filter(({ status }) => status !== 'skip');
  return {
    name,
    lines: [
      `VTEP ${formatAddress(4, ipv4.publicIP.value)}`,
      `${formatSubnet(ipv4.subnet)}${lease ? '' : ' (no lease)'}`,
      `${ipv4.vtepMAC ?? 'MAC not known'}${selfIP ? `, ${selfIP}` : ''}`,
    ],
    status: worst(known) ?? 'skip',
  };
}

function placeBox({ name, lines, status }: Place, x: number, y: number): Markup {
  const { width, height } = BOX;
  return element(
    'g',
    {},
    element('rect', { x, y, width, height, rx: 8, class: `box ${status}` }),
    element('text', { x: x + 12, y: y + 23, class: `name ${status}` }, SYMBOLS[status]),
    element('text', { x: x + 30, y: y + 23, class: 'name' }, cut(name, LETTERS - 3)),
    lines.map((line, i) =>
      element('text', { x: x + 12, y: y + 42 + i * 16, class: 'quiet' }, cut(line, LETTERS)),
    ),
  );
}

/** What fits a box, at 7.3 units a letter. */
const LETTERS = 36;
