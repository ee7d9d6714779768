import {
  type Address,
  contains,
  formatAddress,
  formatSubnet,
  rangeOf,
  type Subnet,
} from '../address.ts';
import type { Finding, RuleId } from '../finding.ts';
import { isGroupMac, isZeroMac } from '../mac.ts';
import type { AllocationRange, NetworkConfig } from '../network-config.ts';
import type { BigIpFamily, PlacedBigIp } from '../site.ts';
import { type ConfigPlace, checkAgainstRange } from './bigip-range.ts';
import { checkSubnetOverlaps, checkSubnetPlace } from './bigip-subnet.ts';
import { checkManagement } from './management.ts';

/** The document's names of one family's values. */
const KEYS = {
  4: { subnet: 'subnet', publicIP: 'publicIP', vtepMAC: 'vtepMAC', selfIP: 'selfIP' },
  6: { subnet: 'ipv6Subnet', publicIP: 'publicIPv6', vtepMAC: 'vtepMACv6', selfIP: 'selfIPv6' },
} as const;

/** One family of one BIG-IP, with what is needed to report on it. */
interface Side extends BigIpFamily {
  readonly name: string;
  readonly path: string;
  readonly keys: (typeof KEYS)[4 | 6];
}

/** Everything that must hold between the declared BIG-IPs and the network they join. */
export function checkBigips(
  bigips: readonly PlacedBigIp[],
  network: NetworkConfig,
  place: ConfigPlace,
): Finding[] {
  return [
    ...checkNames(bigips),
    ...checkManagement(bigips),
    ...bigips.flatMap((bigip) => checkFamilies(bigip, network)),
    ...checkSides(sidesOf(bigips, 4), network.ipv4, place),
    ...checkSides(sidesOf(bigips, 6), network.ipv6, place),
  ];
}

function sidesOf(bigips: readonly PlacedBigIp[], family: 4 | 6): Side[] {
  return bigips.flatMap(({ bigip, path }) => {
    const side = family === 4 ? bigip.ipv4 : bigip.ipv6;
    return side === null ? [] : [{ ...side, name: bigip.name, path, keys: KEYS[family] }];
  });
}

function error(rule: RuleId, path: string, message: string, fix?: string): Finding {
  return { rule, severity: 'error', path, message, ...(fix ? { fix } : {}) };
}

function checkNames(bigips: readonly PlacedBigIp[]): Finding[] {
  return duplicates(bigips, ({ bigip }) => bigip.name).map(({ path, bigip }) =>
    error('bigip-name-duplicate', `${path}/name`, `two BIG-IPs are named ${bigip.name}`),
  );
}

/** Those whose key an earlier one has already. */
function duplicates<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    const repeated = seen.has(key);
    seen.add(key);
    return repeated;
  });
}

/** flannel needs exactly the network's families in the lease: anything between crashes it. */
function checkFamilies({ bigip, path, ipv6Keys }: PlacedBigIp, network: NetworkConfig): Finding[] {
  const rule = 'family-mismatch';
  if (network.ipv4 === null) {
    const message = 'the network has no IPv4, and a subnet lease always has an IPv4 subnet';
    return [error(rule, `${path}/subnet`, message, 'EnableIPv4: true, with a Network')];
  }
  if (network.ipv6 === null) {
    if (ipv6Keys.length === 0) return [];
    const message = `${bigip.name} has ${ipv6Keys.join(', ')}, but the network is IPv4 only: flanneld v0.20 hangs on such a lease, and no later lease is taken in`;
    const fix = `remove ${ipv6Keys.join(', ')}, or make the network dual-stack`;
    return [error(rule, `${path}/${ipv6Keys[0]}`, message, fix)];
  }
  const missing = ['ipv6Subnet', 'publicIPv6', 'vtepMACv6'].filter((k) => !ipv6Keys.includes(k));
  if (missing.length === 0) return [];
  const message = `the network is dual-stack and ${bigip.name} lacks ${missing.join(', ')}: every flanneld that has to pick a subnet crashes while an IPv4-only lease is there`;
  return [error(rule, path, message, `add ${missing.join(', ')}`)];
}

function checkSides(
  sides: readonly Side[],
  range: AllocationRange | null,
  place: ConfigPlace,
): Finding[] {
  if (range === null) return [];
  return [
    ...checkAgainstRange(sides, range, place),
    ...sides.flatMap((side) => checkSubnetPlace(side.subnet, range, subnetPath(side))),
    ...sides.flatMap((side) => checkPublicIP(side, range)),
    ...sides.flatMap(checkMac),
    ...sides.flatMap(checkSelfIP),
    ...checkSubnetOverlaps(sides.map((side) => ({ ...side, path: subnetPath(side) }))),
    ...duplicates(sides, (side) => String(side.publicIP.value)).map((side) =>
      error(
        'public-ip-duplicate',
        `${side.path}/${side.keys.publicIP}`,
        `${format(side.publicIP)} is the public IP of another BIG-IP too`,
      ),
    ),
    ...duplicateMacs(sides),
  ];
}

/** The rules about MACs alone, for those that were read from the devices. */
export function macFindings(bigips: readonly PlacedBigIp[]): Finding[] {
  const sides = sidesOf(bigips, 4);
  return [...sides.flatMap(checkMac), ...duplicateMacs(sides)];
}

function duplicateMacs(sides: readonly Side[]): Finding[] {
  const known = sides.filter((side) => side.vtepMAC !== null);
  return duplicates(known, (side) => side.vtepMAC ?? '').map((side) =>
    error(
      'vtep-mac-duplicate',
      `${side.path}/${side.keys.vtepMAC}`,
      `${side.vtepMAC} is the VTEP MAC of another BIG-IP too`,
    ),
  );
}

function subnetPath({ path, keys }: Side): string {
  return `${path}/${keys.subnet}`;
}

function format(address: Address): string {
  return formatAddress(address.family, address.value);
}

/** Blocks no VTEP can have as its address: this network, loopback, multicast, link-local IPv6. */
const UNUSABLE: readonly Subnet[] = [
  { family: 4, base: 0n, length: 8 },
  { family: 4, base: 127n << 24n, length: 8 },
  { family: 4, base: 224n << 24n, length: 3 },
  { family: 6, base: 0n, length: 127 },
  { family: 6, base: 0xffn << 120n, length: 8 },
  { family: 6, base: 0xfe80n << 112n, length: 10 },
];

function checkPublicIP(side: Side, range: AllocationRange): Finding[] {
  const path = `${side.path}/${side.keys.publicIP}`;
  const text = format(side.publicIP);
  const { family, value } = side.publicIP;
  if (UNUSABLE.some((block) => block.family === family && contains(block, value))) {
    return [error('public-ip-unusable', path, `${text} cannot be the address of a VTEP`)];
  }
  if (!contains(range.network, value)) return [];
  const message = `${text} lies inside the overlay network ${formatSubnet(range.network)}: tunnel packets to it would go into the tunnel`;
  return [error('public-ip-in-network', path, message, 'write the underlay self IP')];
}

function checkMac(side: Side): Finding[] {
  if (side.vtepMAC === null) return [];
  const kind = isZeroMac(side.vtepMAC)
    ? 'all zero'
    : isGroupMac(side.vtepMAC)
      ? 'a multicast address (group bit set)'
      : null;
  if (kind === null) return [];
  const message = `${side.vtepMAC} is ${kind}; the MAC of a tunnel is a unicast address`;
  return [error('vtep-mac-unusable', `${side.path}/${side.keys.vtepMAC}`, message)];
}

function checkSelfIP(side: Side): Finding[] {
  if (side.selfIP === null) return [];
  const path = `${side.path}/${side.keys.selfIP}`;
  const text = format(side.selfIP);
  const subnet = formatSubnet(side.subnet);
  const { first, last } = rangeOf(side.subnet);
  const { value } = side.selfIP;
  if (value < first || value > last) {
    const message = `${text} is not inside ${subnet}: nodes would route replies elsewhere`;
    return [error('self-ip-outside', path, message, `take an address of ${subnet}`)];
  }
  if (value === first) {
    const message = `${text} is the first address of ${subnet}, which flannel uses for the VTEP`;
    return [error('self-ip-reserved', path, message, 'take the next one')];
  }
  if (value === last && side.subnet.family === 4) {
    return [error('self-ip-reserved', path, `${text} is the broadcast address of ${subnet}`)];
  }
  return [];
}
