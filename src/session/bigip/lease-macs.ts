import { isAtSubnet } from '../../model/bigip-lease.ts';
import { errorText, Problem } from '../../model/problem.ts';
import type { World } from '../../world.ts';
import { nextCommand } from '../next-command.ts';
import { withSession } from '../open.ts';
import type { Args } from '../options.ts';
import type { LoadedSite } from '../site.ts';
import type { WrittenUnit } from './device-scope.ts';
import type { Unit } from './units.ts';

/** A new tunnel that has another MAC than nodes are told. */
interface Differing {
  readonly text: string;
  /** Whether nodes know the tunnel already, and send to the old MAC now. */
  readonly isUrgent: boolean;
}

/**
 * Holds the MACs of tunnels that were made just now against what nodes are told of them: by the lease
 * in etcd, and by the site file, which the lease comes from.
 *
 * @throws Problem (exit 1) when etcd cannot be read and a tunnel was made
 */
export async function comparedWithLeases(
  written: readonly { readonly unit: Unit; readonly value: WrittenUnit }[],
  loaded: LoadedSite,
  args: Args,
  world: World,
): Promise<Differing[]> {
  const made = written.filter(({ value }) => value.isNew && value.mac !== null);
  if (made.length === 0) return [];
  const again = nextCommand('apply', args);
  const ofFile = made.flatMap(({ unit, value }) => {
    const { name, ipv4 } = unit.bigip;
    if (ipv4.vtepMAC === null || ipv4.vtepMAC === value.mac) return [];
    const text = `${name}: the tunnel's MAC is ${value.mac}, the site file says ${ipv4.vtepMAC}: run ${nextCommand('bigip import', args)} --yes, then ${again}`;
    return [{ text, name, isUrgent: value.replaced }];
  });
  const rest = made.filter(({ unit }) => !ofFile.some(({ name }) => name === unit.bigip.name));
  // Where a tunnel was made for the first time there need be no etcd yet.
  const replaced = rest.filter(({ value }) => value.replaced);
  if (replaced.length === 0) return ofFile;
  try {
    const ofLeases = await withSession(args, world, loaded, async ({ live }) =>
      replaced.flatMap(({ unit, value }) => {
        const lease = live.leases.find((one) => isAtSubnet(one, unit.bigip));
        const mac = typeof lease?.value === 'object' ? lease.value.vtepMAC : null;
        if (mac === value.mac) return [];
        const says = mac === null ? 'there is no lease that says so' : `the lease says ${mac}`;
        const text = `${unit.bigip.name}: the tunnel's MAC is ${value.mac}, ${says}: run ${again}`;
        return [{ text, isUrgent: true }];
      }),
    );
    return [...ofFile, ...ofLeases];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(
      `the tunnel is made and saved, but its MAC could not be held against the lease: ${errorText(error)}`,
      { exit: error.exit, fix: `run ${again}`, cause: error },
    );
  }
}
