import { formatAddress, formatSubnet, hasHostBits, subnetsOverlap } from './address.ts';
import { freeSubnets, keepsSubnet } from './allocation.ts';
import { isAtSubnet, isOwnLease, nodesOf } from './bigip-lease.ts';
import type { KeylessFinding, LiveFinding, RuleId } from './finding.ts';
import { checkLeasePairs } from './lease-pairs.ts';
import type { LeaseValue } from './lease-value.ts';
import type { NetworkConfig } from './network-config.ts';
import type { BigIp, Site } from './site.ts';
import { isNode, type LiveLease, type LiveState, type StoreApi } from './snapshot.ts';

/** How the flannel that reads a store takes something, where the versions differ. */
function effect(api: StoreApi, on: { readonly v2: string; readonly v3: string }): string {
  if (api === 'v2') return on.v2;
  return api === 'v3' ? on.v3 : `${on.v2}; ${on.v3}`;
}

const DEAFENS = {
  v2: 'a running flanneld up to v0.17 goes deaf on it for good',
  v3: 'flanneld v0.18 and later loses the events of the next second, and again when it is deleted',
};

const UNDEAFENS = {
  v2: 'remove it, then restart every flanneld',
  v3: 'remove it, then run apply --rewrite for nodes that missed an event',
  file: 'remove it, then restart every flanneld up to v0.17, or run apply --rewrite for later ones',
};

/** Problems of each lease by itself and beside the others, by key. */
export function checkLeases(live: LiveState): Map<string, LiveFinding[]> {
  const found = new Map<string, LiveFinding[]>();
  const add = (lease: LiveLease, findings: readonly KeylessFinding[]) => {
    if (findings.length === 0) return;
    const key = lease.stored.key;
    found.set(key, [...(found.get(key) ?? []), ...findings.map((one) => ({ ...one, key }))]);
  };
  for (const lease of live.leases) add(lease, checkLease(lease, live));
  for (const [lease, finding] of checkLeasePairs(live.leases)) add(lease, [finding]);
  return found;
}

function warning(rule: RuleId, message: string, fix?: string): KeylessFinding {
  return { rule, severity: 'warning', message, ...(fix ? { fix } : {}) };
}

function checkLease(lease: LiveLease, live: LiveState): KeylessFinding[] {
  const { api } = live.snapshot;
  const cure = UNDEAFENS[api];
  if (lease.subnet === null) {
    const message = `${lease.name} is no subnet key: ${effect(api, DEAFENS)}`;
    return [warning('key-unreadable', message, cure)];
  }
  if (typeof lease.value === 'string') {
    const message = `${lease.name}: ${lease.value}: ${effect(api, DEAFENS)}`;
    return [warning('value-unreadable', message, cure)];
  }
  const findings = checkValue(lease, lease.value, live.config);
  if (hasHostBits(lease.subnet)) {
    const message = `${lease.name} has host bits: the kernel refuses flannel's route`;
    findings.unshift(warning('lease-host-bits', message));
  }
  const families = checkFamilies(lease, lease.value, live.config);
  return families.length === 0 ? findings : [...findings, ...families];
}

function checkValue(
  lease: LiveLease,
  value: LeaseValue,
  config: NetworkConfig | null,
): KeylessFinding[] {
  const backend = config?.backendType.toLowerCase();
  if (backend !== undefined && value.backendType !== backend) {
    const type = value.backendType ?? 'none';
    const message = `${lease.name} is of backend ${type}, the network of ${backend}: flannel ignores it`;
    return [warning('lease-other-backend', message)];
  }
  const findings: KeylessFinding[] = [];
  const lacks = (field: string) => {
    const message = `${lease.name} has no ${field}: flannel makes an FDB entry that leads nowhere`;
    findings.push(warning('lease-no-public-ip', message));
  };
  if (!value.publicIP) lacks('PublicIP');
  if (lease.ipv6Subnet !== null && !value.publicIPv6) lacks('PublicIPv6');
  if (value.backendType === 'vxlan' && value.vtepMAC === null) {
    const message = `${lease.name} has no readable VtepMAC: flannel does not take it in`;
    findings.push(warning('lease-no-vtep-mac', message));
  }
  return findings;
}

function checkFamilies(
  lease: LiveLease,
  value: LeaseValue,
  config: NetworkConfig | null,
): KeylessFinding[] {
  if (config === null) return [];
  const rule = 'lease-family-mismatch';
  if (config.ipv6 === null || config.ipv4 === null) {
    if (lease.ipv6Subnet === null) return [];
    const message = `${lease.name} is dual-stack, the network is not: flanneld v0.20 hangs on it and takes in no later lease (v0.12 takes in its IPv4 half)`;
    return [warning(rule, message, 'remove it')];
  }
  if (lease.ipv6Subnet === null) {
    const message = `${lease.name} is IPv4 only, the network is dual-stack: every flanneld that has to pick a subnet crashes while it is there`;
    return [warning(rule, message, 'give it both families')];
  }
  if (value.vtepMACv6 !== null) return [];
  const message = `${lease.name} has an IPv6 subnet and no BackendV6Data: flannel skips it whole, IPv4 too`;
  return [warning(rule, message, 'give it both families')];
}

/** Errors that forbid applying a site: a node holds what the site declares for a BIG-IP. */
export function checkNodesAgainst(site: Pick<Site, 'bigips'>, live: LiveState): LiveFinding[] {
  const nodes = nodesOf(live.leases, []);
  return site.bigips.flatMap((bigip) =>
    nodes.filter((node) => !isOwnLease(node, bigip)).flatMap((node) => clashes(bigip, node)),
  );
}

function clashes(bigip: BigIp, node: LiveLease): LiveFinding[] {
  const key = node.stored.key;
  const error = (rule: RuleId, message: string, fix: string): LiveFinding => {
    return { rule, severity: 'error', message, fix, key };
  };
  const value = typeof node.value === 'string' ? null : node.value;
  const held = [bigip.ipv4.subnet, ...(bigip.ipv6 ? [bigip.ipv6.subnet] : [])].find(
    (subnet) =>
      (node.subnet !== null && subnetsOverlap(node.subnet, subnet)) ||
      (node.ipv6Subnet !== null && subnetsOverlap(node.ipv6Subnet, subnet)),
  );
  const samePublicIP =
    value?.publicIP === bigip.ipv4.publicIP.value ||
    (bigip.ipv6 !== null && value?.publicIPv6 === bigip.ipv6.publicIP.value);
  const macs = [bigip.ipv4.vtepMAC, bigip.ipv6?.vtepMAC].filter((mac) => mac !== undefined);
  const sameMac = macs.find((mac) => value?.vtepMAC === mac || value?.vtepMACv6 === mac);
  // Of thousands of nodes hardly one clashes: no text is made for the others.
  if (!held && !samePublicIP && !sameMac) return [];
  const at = publicIPOf(node);
  return [
    ...(held
      ? [
          error(
            'subnet-held-by-node',
            `${formatSubnet(held)} of ${bigip.name} is held by the node of ${node.name}${at}`,
            'give the BIG-IP another subnet, or drain that node and restart its flanneld with a range that leaves the subnet out',
          ),
        ]
      : []),
    ...(samePublicIP
      ? [
          error(
            'public-ip-of-node',
            `the public IP of ${bigip.name} is that of the node of ${node.name}${at}: its flanneld would take the reservation over or delete it`,
            "write the BIG-IP's own underlay self IP",
          ),
        ]
      : []),
    ...(sameMac
      ? [
          error(
            'vtep-mac-of-node',
            `${sameMac} of ${bigip.name} is the VTEP MAC of the node of ${node.name}${at}`,
            "write the MAC of the BIG-IP's tunnel",
          ),
        ]
      : []),
  ];
}

/** A network that is made in one of etcd's stores while nodes live in the other, and only there. */
export function checkOther(
  live: LiveState,
  other: LiveState | null,
  { bigips }: Pick<Site, 'bigips'>,
): LiveFinding[] {
  if (live.snapshot.config !== null || other === null) return [];
  const [here, there] = [live, other].map(({ leases }) => nodesOf(leases, bigips).length);
  if (!there || here) return [];
  const { api } = other.snapshot;
  const nodes =
    there === 1 ? '1 living node has its lease' : `${there} living nodes have their leases`;
  const readers = api === 'v2' ? 'flannel up to v0.17' : 'flannel from v0.18 on';
  return [
    {
      rule: 'other-store-in-use',
      severity: 'warning',
      message: `${nodes} in the ${api} store, which ${readers} reads: no flanneld there sees what this makes in ${live.snapshot.api}`,
      fix: `--etcd-api ${api}, or etcd.api: ${api} in the site file, is for those`,
      key: null,
    },
  ];
}

/** Nodes that would get another subnet under the config when their flanneld restarts. */
export function checkNodesFit(live: LiveState, site: Site): LiveFinding[] {
  const { config } = site.network;
  return nodesOf(live.leases, site.bigips)
    .filter((node) => node.subnet !== null && !keepsSubnet(node, config))
    .map((node) => ({
      rule: 'node-outside-config',
      severity: 'warning',
      message: `the node of ${node.name}${publicIPOf(node)} loses its subnet when its flanneld restarts; its pods keep old addresses until they are recreated`,
      key: node.stored.key,
    }));
}

function publicIPOf(lease: LiveLease): string {
  if (typeof lease.value === 'string' || lease.value.publicIP === null) return '';
  return ` (${formatAddress(4, lease.value.publicIP)})`;
}

/** Whether hardly a subnet is left for new nodes: none, or under a tenth of the range. */
export function checkExhaustion(live: LiveState, config: NetworkConfig): LiveFinding[] {
  return [config.ipv4, config.ipv6].flatMap((range): LiveFinding[] => {
    if (range === null) return [];
    const subnets = live.leases.flatMap((lease) =>
      [lease.subnet, lease.ipv6Subnet].filter((one) => one !== null),
    );
    const { free, total } = freeSubnets(range, subnets);
    if (free * 10n >= total) return [];
    const message = `${free} of ${total} subnets of the IPv${range.family} allocation range are free`;
    const fix = 'widen the range before new nodes join';
    return [{ rule: 'range-nearly-exhausted', severity: 'warning', message, fix, key: null }];
  });
}

/** Reservations that no BIG-IP of the site declares. */
export function undeclaredReservations(site: Site, live: LiveState): LiveLease[] {
  return live.leases.filter(
    (lease) =>
      !isNode(lease) &&
      lease.subnet !== null &&
      typeof lease.value !== 'string' &&
      !site.bigips.some((bigip) => isAtSubnet(lease, bigip)),
  );
}
