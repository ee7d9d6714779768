import {
  withoutHostBits as clearHostBits,
  compareSubnets,
  formatAddress,
  formatSubnet,
  hasHostBits,
  parseIpv4,
  parseSubnet,
} from './address.ts';
import { ALL_BACKEND_KEYS } from './backends.ts';
import type { BigipDocument } from './generated/documents.ts';
import { foldedNames, foldKey } from './go-decode.ts';
import { parseJsonText } from './json-source.ts';
import { formatLeaseKey } from './lease-key.ts';
import { checkLeases } from './live-rules.ts';
import { parseMac } from './mac.ts';
import { CONFIG_FIELDS } from './network-config.ts';
import { checkDraft, findingLine, type SiteDraft } from './site-draft.ts';
import { isNode, type LiveLease, type LiveState } from './snapshot.ts';
import { type SourceNode, toValue } from './source.ts';

/** A live network config as a site file can hold it. */
export interface LiveNetwork {
  readonly network: Readonly<Record<string, unknown>>;
  /** What was left out or written in another way although flannel takes it alike, in words. */
  readonly notes: readonly string[];
}

/**
 * The live network config key for key, in its order: keys spelt as flannel does, without those that
 * flannel ignores, of equal ones the last. Null when there is none that flannel can start with.
 */
export function networkOfLive(live: LiveState): LiveNetwork | null {
  const text = live.snapshot.config?.value;
  if (text === undefined || live.config === null) return null;
  const parsed = parseJsonText(text);
  if (!parsed.ok) return null;
  const notes: string[] = [];
  const top = knownKeys(parsed.root, CONFIG_FIELDS, '', notes);
  const network = Object.fromEntries(
    [...top].map(([key, node]) => {
      if (key !== 'Backend' || node.kind !== 'object') return [key, toValue(node)];
      const members = knownKeys(node, ALL_BACKEND_KEYS, 'Backend.', notes);
      const values = [...members].map(([name, member]) => [name, toValue(member)]);
      return [key, Object.fromEntries(values)];
    }),
  );
  return { network: withoutHostBits(network, notes), notes };
}

/** An object's values by the names that flannel reads them under, in the order of the text. */
function knownKeys(
  node: SourceNode,
  known: readonly string[] | Readonly<Record<string, unknown>>,
  place: string,
  notes: string[],
): Map<string, SourceNode> {
  const names = foldedNames(known);
  const values = new Map<string, SourceNode>();
  for (const { key, value } of node.kind === 'object' ? node.entries : []) {
    const name = names.get(foldKey(key));
    if (name === undefined) {
      notes.push(`the live config also has ${JSON.stringify(place + key)}, which flannel ignores`);
    } else if (value.kind !== 'null' || name === 'Backend') {
      // null leaves a field as it is, except Backend: there it is an empty one.
      values.set(name, value);
    }
  }
  return values;
}

/** flannel clears host bits without a word; a site file must not have them. */
function withoutHostBits(
  network: Record<string, unknown>,
  notes: string[],
): Record<string, unknown> {
  const cleared = (['Network', 'IPv6Network'] as const).flatMap((field) => {
    const subnet = parseSubnet(String(network[field]));
    if (subnet === null || !hasHostBits(subnet)) return [];
    const meant = formatSubnet(clearHostBits(subnet));
    notes.push(
      `the live config says ${field} ${formatSubnet(subnet)}, which flannel takes as ${meant}`,
    );
    return [[field, meant]];
  });
  return { ...network, ...Object.fromEntries(cleared) };
}

/** A reservation that a site file can declare as a BIG-IP. */
export interface OfferedBigip {
  readonly bigip: BigipDocument;
  readonly lease: LiveLease;
}

/** A reservation that a site file cannot declare, and why. */
export interface RefusedReservation {
  /** The key behind `subnets/`; text from outside. */
  readonly name: string;
  readonly reason: string;
}

/**
 * Every reservation by address: as a BIG-IP of the draft's network where the rules allow it.
 *
 * @param draft what the BIG-IPs are to join
 * @param names for the first ones; the others become bigip-1, bigip-2 and so on
 */
export function bigipsOfLive(
  draft: SiteDraft,
  live: LiveState,
  names: readonly string[] = [],
): { readonly offered: readonly OfferedBigip[]; readonly refused: readonly RefusedReservation[] } {
  const offered: OfferedBigip[] = [];
  const refused: RefusedReservation[] = [];
  const problems = checkLeases(live);
  for (const lease of reservations(live)) {
    const bigips = offered.map((one) => one.bigip);
    const name = names[offered.length] ?? nextName([...draft.bigips, ...bigips]);
    const bigip = documentOf(lease, name);
    const index = draft.bigips.length + bigips.length;
    const reason =
      typeof bigip === 'string'
        ? (problems.get(lease.stored.key)?.[0]?.message ?? bigip)
        : objectionTo({ ...draft, bigips: [...draft.bigips, ...bigips, bigip] }, index);
    if (typeof bigip === 'string' || reason !== null) {
      refused.push({ name: lease.name, reason: reason ?? '' });
    } else {
      offered.push({ bigip, lease });
    }
  }
  return { offered, refused };
}

/** The live reservation of a BIG-IP that is to join a draft, by its public IP or VTEP MAC. */
export function ownReservation(
  draft: SiteDraft,
  live: LiveState,
  { publicIP = '', vtepMAC = '' }: Partial<BigipDocument>,
): BigipDocument | undefined {
  const address = parseIpv4(publicIP);
  const [ip, mac] = [address === null ? null : formatAddress(4, address), parseMac(vtepMAC)];
  if (ip === null && mac === null) return undefined;
  return bigipsOfLive(draft, live).offered.find(
    ({ bigip }) => bigip.publicIP === ip || bigip.vtepMAC === mac,
  )?.bigip;
}

/** The name that the next BIG-IP of a site gets unless it is given one. */
export function nextName(bigips: readonly { readonly name?: string }[]): string {
  const taken = new Set(bigips.map(({ name }) => name));
  for (let n = bigips.length + 1; ; n++) if (!taken.has(`bigip-${n}`)) return `bigip-${n}`;
}

/** What never expires, by address, unreadable keys last. */
function reservations(live: LiveState): LiveLease[] {
  return live.leases
    .filter((lease) => !isNode(lease))
    .sort((a, b) => {
      if (a.subnet !== null && b.subnet !== null) return compareSubnets(a.subnet, b.subnet);
      return Number(a.subnet === null) - Number(b.subnet === null);
    });
}

/** A reservation as an entry of a site file; a text says why it is none. */
function documentOf({ name, subnet, ipv6Subnet, value }: LiveLease, as: string) {
  if (subnet === null) return 'its key names no subnet';
  if (typeof value === 'string') return value;
  const key = formatLeaseKey({ subnet, ipv6Subnet });
  if (name !== key) return `its key is not spelt ${key}, as flannel spells it`;
  if (value.backendType !== 'vxlan') return 'its BackendType is not vxlan';
  const { publicIP, vtepMAC, publicIPv6, vtepMACv6 } = value;
  if (publicIP === null || vtepMAC === null) return 'it has no PublicIP or no VtepMAC';
  const ipv4 = { subnet: formatSubnet(subnet), publicIP: formatAddress(4, publicIP), vtepMAC };
  if (ipv6Subnet === null) {
    const surplus = publicIPv6 !== null || vtepMACv6 !== null;
    return surplus ? 'it has IPv6 values and no IPv6 subnet' : { name: as, ...ipv4 };
  }
  if (publicIPv6 === null || vtepMACv6 === null) return 'its IPv6 half is not complete';
  const ipv6 = { publicIPv6: formatAddress(6, publicIPv6), vtepMACv6 };
  return { name: as, ...ipv4, ipv6Subnet: formatSubnet(ipv6Subnet), ...ipv6 };
}

/** The first error that a draft has in one of its BIG-IPs. */
function objectionTo(draft: SiteDraft, index: number): string | null {
  const at = `/bigips/${index}`;
  const error = checkDraft(draft).findings.find(
    ({ severity, path }) => severity === 'error' && (path === at || path.startsWith(`${at}/`)),
  );
  return error === undefined ? null : findingLine(error);
}
