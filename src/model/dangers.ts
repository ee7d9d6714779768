import { keepsSubnet } from './allocation.ts';
import { nodesOf } from './bigip-lease.ts';
import { effectivePort } from './compare-config.ts';
import { firstOf } from './first-of.ts';
import type { NetworkConfig } from './network-config.ts';
import type { BigIp } from './site.ts';
import type { LiveState } from './snapshot.ts';

/** What a changed config does to nodes that are alive, in words; empty when none suffers. */
export function dangersOf(
  live: LiveState,
  next: NetworkConfig,
  bigips: readonly BigIp[],
): string[] {
  const nodes = nodesOf(live.leases, bigips);
  if (nodes.length === 0) return [];
  const now = live.config;
  const losing = nodes
    .filter((node) => (now === null || keepsSubnet(node, now)) && !keepsSubnet(node, next))
    .map((node) => node.name);
  const count = (n: number) => `${n} living node${n === 1 ? '' : 's'}`;
  return [
    ...(losing.length > 0
      ? [`${count(losing.length)} would get another subnet: ${firstOf(losing, 10)}`]
      : []),
    ...(now === null
      ? []
      : tunnelDangers(now, next).map((what) => `${what} under ${count(nodes.length)}`)),
  ];
}

function tunnelDangers(now: NetworkConfig, next: NetworkConfig): string[] {
  const families = (config: NetworkConfig) =>
    [config.ipv4 && 'IPv4', config.ipv6 && 'IPv6'].filter(Boolean).join(' and ');
  const pairs: [string, string | number, string | number][] = [
    ['the backend', now.backendType.toLowerCase(), next.backendType.toLowerCase()],
    ['the address family', families(now), families(next)],
    ['VNI', now.vxlan.vni, next.vxlan.vni],
    ['Port', effectivePort(now), effectivePort(next)],
  ];
  return pairs
    .filter(([, before, after]) => before !== after)
    .map(([what, before, after]) => `${what} changes from ${before} to ${after}`);
}
