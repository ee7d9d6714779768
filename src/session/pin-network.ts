import { formatAddress } from '../model/address.ts';
import { effectivePort } from '../model/compare-config.ts';
import type { Family } from '../model/pinned-device.ts';
import { Problem } from '../model/problem.ts';
import type { LiveState } from '../model/snapshot.ts';
import { printable } from '../output/style.ts';
import type { World } from '../world.ts';
import { isNamed } from './connection-options.ts';
import { withSession } from './open.ts';
import type { Args } from './options.ts';
import { loadSiteIfAny } from './site.ts';

/** What etcd says that matters to a node's own device. */
export interface PinNetwork {
  readonly vni: number;
  readonly port: number;
  /** The MAC that the lease of one of these addresses says; null when none has a lease. */
  macOf(family: Family, addresses: readonly string[]): string | null;
}

/**
 * Asks etcd, where one is named. A host that boots may not reach it: that is said, and no more, since
 * what is kept is enough.
 */
export async function readPinNetwork(args: Args, world: World): Promise<PinNetwork | null> {
  try {
    const loaded = await loadSiteIfAny(args, world);
    if (loaded === null && !isNamed('endpoints', args, world)) return null;
    return await withSession(args, world, loaded, ({ live }) => Promise.resolve(networkOf(live)));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    world.stderr.write(`etcd was not asked: ${printable(error.message)}\n`);
    return null;
  }
}

function networkOf({ config, leases }: LiveState): PinNetwork | null {
  if (config === null || config.backendType.toLowerCase() !== 'vxlan') return null;
  return {
    vni: config.vxlan.vni,
    port: effectivePort(config),
    macOf(family, addresses) {
      for (const { value } of leases) {
        if (typeof value === 'string') continue;
        const [ip, mac] =
          family === 'ipv4'
            ? [value.publicIP && formatAddress(4, value.publicIP), value.vtepMAC]
            : [value.publicIPv6 && formatAddress(6, value.publicIPv6), value.vtepMACv6];
        if (ip && addresses.includes(ip)) return mac;
      }
      return null;
    },
  };
}
