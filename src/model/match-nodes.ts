import { formatAddress, parseIpv4 } from './address.ts';
import { PUBLIC_IP } from './annotations.ts';
import { bigipOf } from './bigip-lease.ts';
import type { KubeNode } from './kube-node.ts';
import { isGroupMac, isZeroMac } from './mac.ts';
import type { NodeFinding } from './node-finding.ts';
import type { BigIp } from './site.ts';
import { isNode, type LiveLease } from './snapshot.ts';

/** A Node with the lease that its flanneld holds. */
interface MatchedNode {
  readonly node: KubeNode;
  readonly lease: UsableLease;
}

/** A lease that says where a VTEP is. */
export interface UsableLease {
  readonly key: string;
  /** The part of the key behind `subnets/`. */
  readonly name: string;
  /** As flannel writes it. */
  readonly publicIP: string;
  /** Lower case with colons. */
  readonly mac: string;
  readonly expires: boolean;
}

export interface Matches {
  readonly matched: readonly MatchedNode[];
  /** Errors stand for what cannot be told; nothing is to be written then. */
  readonly problems: readonly NodeFinding[];
}

export interface MatchOptions {
  readonly bigips: readonly BigIp[];
  /** Public IP by Node name: the site file's last word where addresses do not tell. */
  readonly map: Readonly<Record<string, string>>;
  /** Whether not all Nodes of the cluster are given: leases without a Node are no news then. */
  readonly isPartial: boolean;
}

/**
 * Finds each Node's lease: by the public IP among its InternalIPs, then its ExternalIPs, then in its
 * present annotation, then in the site file's map.
 */
export function matchNodes(
  nodes: readonly KubeNode[],
  leases: readonly LiveLease[],
  { bigips, map, isPartial }: MatchOptions,
): Matches {
  const candidates = leases.filter((lease) => bigipOf(lease, bigips) === undefined);
  const usable = candidates.flatMap((lease) => usableLease(lease) ?? []);
  const byIP = groupBy(usable, (lease) => lease.publicIP);
  const places: readonly ((node: KubeNode) => readonly string[])[] = [
    (node) => node.internalIPs,
    (node) => node.externalIPs,
    (node) => [node.annotations[PUBLIC_IP] ?? ''],
    (node) => [(Object.hasOwn(map, node.name) ? map[node.name] : undefined) ?? ''],
  ];
  const found = nodes.map((node) => {
    for (const place of places) {
      const held = [...new Set(place(node).map(canonical))].flatMap((ip) => byIP.get(ip) ?? []);
      if (held.length > 0) return { node, held };
    }
    return { node, held: [] };
  });
  const matched = found.flatMap(({ node, held }) => {
    const [lease, ...others] = held;
    return lease && others.length === 0 ? [{ node, lease }] : [];
  });
  // Of what two Nodes share, neither is sure to be the one: none of them is written.
  const shared = [...sharedLeases(matched), ...sharedMacs(matched)];
  const doubtful = new Set(shared.flatMap(({ nodes }) => nodes));
  const taken = new Set(found.flatMap(({ held }) => held.map(({ key }) => key)));
  return {
    matched: matched.filter(({ node }) => !doubtful.has(node.name)),
    problems: [
      ...found.flatMap(({ node, held }) => ofNode(node, held)),
      ...shared.map(({ finding }) => finding),
      ...(isPartial ? [] : leftOver(candidates, taken)),
    ],
  };
}

/** Null when nobody can send to what the lease says. */
export function usableLease({ stored, name, value }: LiveLease): UsableLease | null {
  if (typeof value === 'string' || value.backendType !== 'vxlan') return null;
  const { publicIP, vtepMAC: mac } = value;
  if (publicIP === null || mac === null || isGroupMac(mac) || isZeroMac(mac)) return null;
  const { key, expires } = stored;
  return { key, name, publicIP: formatAddress(4, publicIP), mac, expires };
}

/** One spelling for one address. */
function canonical(text: string): string {
  const address = parseIpv4(text.trim());
  return address === null ? '' : formatAddress(4, address);
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

function ofNode({ name: node }: KubeNode, held: readonly UsableLease[]): NodeFinding[] {
  if (held.length === 1) return [];
  if (held.length === 0) {
    const message = `${node} has no subnet lease, so it gets no annotations: CIS writes no ARP entry for any node once a pod that it exposes runs there`;
    const fix =
      'see that flanneld runs there; name its public IP under kubernetes.nodes if its addresses do not tell, or a label of nodes without flannel in kubernetes.ignoreNodes';
    return [{ rule: 'node-without-lease', severity: 'warning', message, fix, node, key: null }];
  }
  const names = held.map((lease) => lease.name).join(' and ');
  const message = `the addresses of ${node} lead to ${held.length} leases, ${names}: which one its flanneld holds cannot be told`;
  const fix = 'wait until the one that nobody renews has expired, or remove it';
  const key = held[0]?.key ?? null;
  return [{ rule: 'node-ambiguous', severity: 'error', message, fix, node, key }];
}

/** Nodes of which only one can be right, and what is said of them. */
interface Shared {
  readonly nodes: readonly string[];
  readonly finding: NodeFinding;
}

function sharedLeases(matched: readonly MatchedNode[]): Shared[] {
  return [...groupBy(matched, ({ lease }) => lease.key).values()].flatMap((group) => {
    const [first, second] = group;
    if (!first || !second) return [];
    const nodes = group.map(({ node }) => node.name);
    const names = nodes.join(' and ');
    const message = `${names} have one public IP, ${first.lease.publicIP}: which of them holds ${first.lease.name} cannot be told`;
    const fix = 'take the Node that is gone out of Kubernetes, or mend the addresses';
    const { node, lease } = first;
    const at = { node: node.name, key: lease.key };
    return [
      { nodes, finding: { rule: 'public-ip-shared', severity: 'error', message, fix, ...at } },
    ];
  });
}

function sharedMacs(matched: readonly MatchedNode[]): Shared[] {
  return [...groupBy(matched, ({ lease }) => lease.mac).values()].flatMap((group) => {
    const leases = new Set(group.map(({ lease }) => lease.name));
    const [first] = group;
    if (!first || leases.size < 2) return [];
    const nodes = group.map(({ node }) => node.name);
    const names = nodes.join(' and ');
    const message = `${names} have one VTEP MAC, ${first.lease.mac}: the BIG-IP can send to one of them only`;
    const fix = 'give each flannel device a MAC of its own, and restart its flanneld';
    const { node, lease } = first;
    const at = { node: node.name, key: lease.key };
    return [
      { nodes, finding: { rule: 'vtep-mac-shared', severity: 'error', message, fix, ...at } },
    ];
  });
}

/** Leases that expire are held by somebody; a reservation need not be a node's. */
function leftOver(leases: readonly LiveLease[], taken: ReadonlySet<string>): NodeFinding[] {
  return leases
    .filter((lease) => isNode(lease) && !taken.has(lease.stored.key))
    .map((lease) => {
      const usable = usableLease(lease);
      const whose = usable ? `of ${usable.publicIP} ` : '';
      const why = usable ? 'belongs to no Node' : 'says no public IP and MAC that CIS could use';
      return {
        rule: 'lease-without-node',
        severity: 'warning',
        message: `the lease ${lease.name} ${whose}${why}: CIS makes no FDB record for it, and the BIG-IP reaches no pod there`,
        fix: 'if a Node of Kubernetes holds it, name its public IP under kubernetes.nodes',
        node: null,
        key: lease.stored.key,
      };
    });
}
