import { macFindings } from '../rules/bigips.ts';
import type { Site } from '../site.ts';

/**
 * A site with the MACs that were read from its BIG-IPs, where the site file leaves them to the device.
 *
 * @param macs by the BIG-IP's name; null where the device has no tunnel yet
 */
export function withVtepMacs(site: Site, macs: ReadonlyMap<string, string | null>): Site {
  const bigips = site.bigips.map((bigip) => {
    const { ipv4, name } = bigip;
    return { ...bigip, ipv4: { ...ipv4, vtepMAC: ipv4.vtepMAC ?? macs.get(name) ?? null } };
  });
  return { ...site, bigips };
}

/** The BIG-IPs whose MAC is not read. */
export function unreadMacs(site: Site): string[] {
  return site.bigips.filter(({ ipv4 }) => ipv4.vtepMAC === null).map(({ name }) => name);
}

/** What the rules about MACs say of those that were read: the site file could not be asked. */
export function macObjections(site: Site): string[] {
  const placed = site.bigips.map((bigip) => ({ bigip, path: '', ipv6Keys: [] }));
  return macFindings(placed).map(({ message, rule }) => `${message} [${rule}]`);
}
