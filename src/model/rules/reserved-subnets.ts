import { formatSubnet, type Subnet } from '../address.ts';
import type { Finding } from '../finding.ts';
import type { NetworkConfig } from '../network-config.ts';
import { type ConfigPlace, checkAgainstRange } from './bigip-range.ts';
import { checkSubnetOverlaps, checkSubnetPlace } from './bigip-subnet.ts';

/** What a network config must grant subnets that are reserved for BIG-IPs outside the document. */
export function checkReservedSubnets(
  subnets: readonly Subnet[],
  network: NetworkConfig,
  place: ConfigPlace,
): Finding[] {
  return ([4, 6] as const).flatMap((family): Finding[] => {
    const ofFamily = subnets.filter((subnet) => subnet.family === family);
    const range = family === 4 ? network.ipv4 : network.ipv6;
    const [first] = ofFamily;
    if (first === undefined) return [];
    const networkPath = place.pathOf(family === 4 ? 'Network' : 'IPv6Network') ?? place.base;
    if (range === null) {
      const message = `the BIG-IP's subnet ${formatSubnet(first)} is IPv${family}, and the network has no IPv${family}`;
      return [{ rule: 'family-mismatch', severity: 'error', message, path: networkPath }];
    }
    const named = ofFamily.map((subnet) => ({ subnet, name: 'the BIG-IP', path: networkPath }));
    return [
      ...checkAgainstRange(named, range, place),
      ...named.flatMap(({ subnet }) => checkSubnetPlace(subnet, range, networkPath)),
      ...checkSubnetOverlaps(named),
    ];
  });
}
