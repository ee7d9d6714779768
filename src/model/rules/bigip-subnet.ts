import { formatSubnet, type Subnet, subnetContains, subnetsOverlap } from '../address.ts';
import type { Finding, RuleId } from '../finding.ts';
import type { AllocationRange } from '../network-config.ts';

function error(rule: RuleId, path: string, message: string, fix?: string): Finding {
  return { rule, severity: 'error', path, message, ...(fix ? { fix } : {}) };
}

/** Where a BIG-IP's subnet may lie in the network, and how long its prefix is. */
export function checkSubnetPlace(subnet: Subnet, range: AllocationRange, path: string): Finding[] {
  const text = formatSubnet(subnet);
  const network = formatSubnet(range.network);
  if (!subnetContains(range.network, subnet)) {
    return [error('bigip-outside-network', path, `${text} is not inside the network ${network}`)];
  }
  const findings: Finding[] = [];
  const first = { ...range.network, length: range.subnetLen };
  if (subnetsOverlap(first, subnet)) {
    const message = `${text} is the first subnet of ${network}, whose address is the network's own`;
    findings.push(error('bigip-first-subnet', path, message, 'take another subnet'));
  }
  const longest = subnet.family === 4 ? 30 : 126;
  if (subnet.length > longest) {
    const message = `${text} has no room for a self IP beside flannel's own address`;
    findings.push(error('bigip-subnet-length', path, message, `take a /${range.subnetLen}`));
  } else if (subnet.length !== range.subnetLen) {
    findings.push({
      rule: 'bigip-subnet-length',
      severity: 'warning',
      message: `${text} is not a /${range.subnetLen}, the length of every node's subnet`,
      fix: `take a /${range.subnetLen} unless the other length is meant`,
      path,
    });
  }
  return findings;
}

/** A subnet of a BIG-IP, and where it stands. */
interface NamedSubnet {
  readonly name: string;
  readonly subnet: Subnet;
  readonly path: string;
}

/** Each pair of subnets that share addresses, put down to the later one. */
export function checkSubnetOverlaps(subnets: readonly NamedSubnet[]): Finding[] {
  return subnets.flatMap(({ subnet, path }, i) =>
    subnets
      .slice(0, i)
      .filter((other) => subnetsOverlap(subnet, other.subnet))
      .map((other) => {
        const message = `${formatSubnet(subnet)} overlaps ${formatSubnet(other.subnet)} of ${other.name}`;
        return error('bigip-subnet-overlap', path, message);
      }),
  );
}
