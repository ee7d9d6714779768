import { formatLeaseKey } from './lease-key.ts';
import type { BigIp } from './site.ts';
import { isNode, type LiveLease } from './snapshot.ts';

/** A lease with a TTL at the BIG-IP's own key and with its public IP is the BIG-IP's. */
export function isOwnLease(lease: LiveLease, bigip: BigIp): boolean {
  return (
    isAtSubnet(lease, bigip) &&
    typeof lease.value !== 'string' &&
    lease.value.publicIP === bigip.ipv4.publicIP.value
  );
}

/** Whether the lease stands at exactly the key of the BIG-IP's reservation. */
export function isAtSubnet(lease: LiveLease, bigip: BigIp): boolean {
  return lease.name === leaseKeyOf(bigip);
}

/** The BIG-IP that a lease belongs to; undefined for a node's and for any other reservation. */
export function bigipOf(lease: LiveLease, bigips: readonly BigIp[]): BigIp | undefined {
  return bigips.find((one) => isAtSubnet(lease, one) && (!isNode(lease) || isOwnLease(lease, one)));
}

/** The key of a BIG-IP's reservation under `subnets/`. */
export function leaseKeyOf(bigip: BigIp): string {
  return formatLeaseKey({ subnet: bigip.ipv4.subnet, ipv6Subnet: bigip.ipv6?.subnet ?? null });
}

/** The living nodes among the leases: what expires and is no BIG-IP's own. */
export function nodesOf(leases: readonly LiveLease[], bigips: readonly BigIp[]): LiveLease[] {
  return leases.filter(
    (lease) => isNode(lease) && !bigips.some((bigip) => isOwnLease(lease, bigip)),
  );
}
