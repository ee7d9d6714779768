import {
  type Address,
  formatSubnet,
  hasHostBits,
  parseAddress,
  parseSubnet,
  type Subnet,
  withoutHostBits,
} from './address.ts';
import type { Finding } from './finding.ts';
import type { BigipDocument } from './generated/documents.ts';
import { parseMac } from './mac.ts';
import { readManagement } from './read-management.ts';
import { type BigIpFamily, DEVICE, type PlacedBigIp } from './site.ts';
import { type SourceNode, toValue } from './source.ts';

const IPV6_KEYS = ['ipv6Subnet', 'publicIPv6', 'vtepMACv6', 'selfIPv6'] as const;

/** Reads the entries of `bigips`, gathering what is wrong with their values. */
export class BigIpReader {
  readonly findings: Finding[] = [];

  /** One entry at a JSON pointer; null when it cannot be read far enough to be judged. */
  read(node: SourceNode, path: string): PlacedBigIp | null {
    const value = toValue(node) as Partial<Record<keyof BigipDocument, unknown>> | null;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const ipv6Keys = IPV6_KEYS.filter((key) => value[key] !== undefined);
    const ipv4 = this.family(value, path, 4, {
      subnet: 'subnet',
      publicIP: 'publicIP',
      vtepMAC: 'vtepMAC',
      selfIP: 'selfIP',
    });
    const ipv6 = this.family(value, path, 6, {
      subnet: 'ipv6Subnet',
      publicIP: 'publicIPv6',
      vtepMAC: 'vtepMACv6',
      selfIP: 'selfIPv6',
    });
    if (ipv4 === null || typeof value.name !== 'string') return null;
    const management = readManagement(value.management, `${path}/management`);
    this.findings.push(...management.findings);
    return {
      bigip: { name: value.name, ipv4, ipv6, management: management.management },
      path,
      ipv6Keys,
    };
  }

  private family(
    value: Partial<Record<keyof BigipDocument, unknown>>,
    path: string,
    family: 4 | 6,
    keys: Record<keyof BigIpFamily, keyof BigipDocument>,
  ): BigIpFamily | null {
    const text = (key: keyof BigipDocument) => {
      const found = value[key];
      return typeof found === 'string' ? { text: found, path: `${path}/${key}`, key } : null;
    };
    const subnet = this.subnet(text(keys.subnet), family);
    const publicIP = this.address(text(keys.publicIP), family);
    const vtepMAC = this.mac(text(keys.vtepMAC), family);
    const selfIP = this.address(text(keys.selfIP), family);
    if (subnet === null || publicIP === null || vtepMAC === null) return null;
    return { subnet, publicIP, vtepMAC: vtepMAC === DEVICE ? null : vtepMAC, selfIP };
  }

  private wrong(path: string, message: string, fix: string): null {
    this.findings.push({ rule: 'wrong-value', severity: 'error', message, fix, path });
    return null;
  }

  private subnet(found: Found | null, family: 4 | 6): Subnet | null {
    if (found === null) return null;
    const subnet = parseSubnet(found.text);
    if (subnet === null || subnet.family !== family) {
      const example = family === 4 ? '10.244.100.0/24' : 'fd00:10:244:64::/64';
      const what = `${found.key} ${JSON.stringify(found.text)} is not an IPv${family} subnet`;
      return this.wrong(found.path, what, `write it like ${example}`);
    }
    if (!hasHostBits(subnet)) return subnet;
    const cleared = withoutHostBits(subnet);
    this.findings.push({
      rule: 'host-bits',
      severity: 'error',
      message: `${found.key} ${found.text} is not on its own boundary; a key with host bits makes the kernel refuse flannel's route`,
      fix: `write ${formatSubnet(cleared)}`,
      mend: { value: formatSubnet(cleared) },
      path: found.path,
    });
    return cleared;
  }

  private address(found: Found | null, family: 4 | 6): Address | null {
    if (found === null) return null;
    const address = parseAddress(found.text);
    if (address?.family === family) return address;
    const what = `${found.key} ${JSON.stringify(found.text)} is not an IPv${family} address`;
    return this.wrong(found.path, what, 'write the address alone, without a prefix length');
  }

  private mac(found: Found | null, family: 4 | 6): string | null {
    if (found === null) return null;
    if (found.text === DEVICE && family === 4) return DEVICE;
    const mac = parseMac(found.text);
    if (mac !== null) return mac;
    const what = `${found.key} ${JSON.stringify(found.text)} is not a MAC address`;
    return this.wrong(found.path, what, 'write six octets, like 00:0c:29:2e:db:2e');
  }
}

interface Found {
  readonly text: string;
  readonly path: string;
  readonly key: string;
}
