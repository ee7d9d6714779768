import type { Named, Tunnel } from '../model/device/objects.ts';
import { EXIT, Problem } from '../model/problem.ts';
import type { DeviceClient } from './client.ts';
import { itemsOf, profileOf, tunnelOf } from './objects.ts';
import { COLLECTION } from './paths.ts';

/**
 * The VXLAN tunnel of a unit that nobody has written down yet.
 *
 * @param name without partition; null takes the only one there is
 * @returns null when the unit has none
 * @throws Problem (exit 64) when there are several to choose from, or none of the name
 */
export async function findTunnel(
  client: DeviceClient,
  name: string | null,
): Promise<Named<Tunnel> | null> {
  const profiles = itemsOf(await client.get(COLLECTION.profile)).map(
    (body) => profileOf(body).path,
  );
  const tunnels = itemsOf(await client.get(COLLECTION.tunnel))
    .map((body) => tunnelOf(body, 0))
    .filter(({ profile }) => profiles.includes(profile));
  const wanted = tunnels.filter(({ path }) => name === null || path.endsWith(`/${name}`));
  const [found, ...others] = wanted;
  if (others.length === 0 && (found !== undefined || name === null)) return found ?? null;
  const names = tunnels.map(({ path }) => path).join(', ');
  throw new Problem(
    found === undefined
      ? `the BIG-IP at ${client.host} has no VXLAN tunnel ${name}`
      : `the BIG-IP at ${client.host} has several VXLAN tunnels: ${names}`,
    {
      exit: EXIT.usage,
      fix: found === undefined ? `it has ${names || 'none'}` : 'name one with --bigip-tunnel',
    },
  );
}
