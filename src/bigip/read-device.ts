import { CONFIGSYNC } from '../model/device/device-plan.ts';
import type { DeviceState, FdbRecord, Named, Profile, Tunnel } from '../model/device/objects.ts';
import type { PoolMember } from '../model/device/removal-plan.ts';
import type { DeviceNames } from '../model/site.ts';
import type { DeviceClient } from './client.ts';
import { entryOf, itemsOf, profileOf, recordOf, selfIpOf, text, tunnelOf } from './objects.ts';
import { COLLECTION, DEVICES, objectUrl, POOLS, partitionOf, recordsUrl } from './paths.ts';
import { readMac } from './read-mac.ts';
import type { Json } from './reply.ts';

/**
 * Reads what a unit holds of a site.
 *
 * @param withMac whether the tunnel's MAC is wanted too, which takes an Administrator
 * @throws DeviceError when it cannot be read
 */
export async function readDevice(
  client: DeviceClient,
  names: DeviceNames,
  { withMac }: { readonly withMac: boolean },
): Promise<DeviceState> {
  const path = (name: string) => `/${names.partition}/${name}`;
  const { version, build } = await client.version();
  const units = itemsOf(await client.get(DEVICES));
  const configsync = await client.get(objectUrl('db', CONFIGSYNC));
  const domain = await client.routeDomainOf(names.partition);
  // Objects of other partitions are compared with none of the site's.
  const domainOf = (body: Json) => (text(body, 'partition') === names.partition ? domain : 0);
  const tunnels = itemsOf(await client.get(COLLECTION.tunnel)).map((body) =>
    tunnelOf(body, domainOf(body)),
  );
  const tunnel = tunnels.find((one) => one.path === path(names.tunnel)) ?? null;
  const profile = await readProfile(client, path(names.profile));
  const selfIps = itemsOf(await client.get(COLLECTION['self-ip'])).map((body) =>
    selfIpOf(body, domainOf(body)),
  );
  const fdb = tunnel === null ? [] : await readRecords(client, tunnel.path);
  const entries = itemsOf(await client.get(COLLECTION['arp-entry'])).map((body) =>
    entryOf(body, domainOf(body)),
  );
  return {
    version,
    build,
    ...unitOf(units),
    configsync: configsync === null ? null : text(configsync, 'value') === 'enable',
    profile,
    tunnel,
    tunnelProfile: await otherProfile(client, tunnel, profile),
    otherTunnels: tunnels.filter((one) => one !== tunnel && isVxlan(one)),
    selfIps,
    fdb,
    arp: entries.filter((entry) => entry.path.startsWith(`/${names.partition}/`)),
    mac: tunnel !== null && withMac ? await readMac(client, tunnel.path) : null,
  };
}

/** The factory's own carry no network. */
function isVxlan({ path }: Named<Tunnel>): boolean {
  return !['/Common/http-tunnel', '/Common/socks-tunnel'].includes(path);
}

function unitOf(units: readonly Json[]): Pick<DeviceState, 'hostname' | 'failoverState' | 'peers'> {
  const self = units.find((unit) => text(unit, 'selfDevice') === 'true') ?? units[0];
  const nameOf = (unit: Json) => text(unit, 'hostname') || text(unit, 'name');
  return {
    hostname: self === undefined ? '' : nameOf(self),
    failoverState: self === undefined ? null : text(self, 'failoverState') || null,
    peers: units
      .filter((unit) => unit !== self)
      .map((unit) => ({
        hostname: nameOf(unit),
        failoverState: text(unit, 'failoverState') || null,
      })),
  };
}

/** A profile by its full path; null when it is not there. */
async function readProfile(client: DeviceClient, path: string): Promise<Named<Profile> | null> {
  const body = await client.get(objectUrl('profile', path));
  return body === null ? null : profileOf(body);
}

async function otherProfile(
  client: DeviceClient,
  tunnel: Named<Tunnel> | null,
  profile: Named<Profile> | null,
): Promise<Named<Profile> | null> {
  if (tunnel === null || tunnel.profile === profile?.path) return null;
  return readProfile(client, tunnel.profile);
}

/** The records of a tunnel's FDB, by MAC. Before 12.1 they stand in the tunnel's own object. */
export async function readRecords(client: DeviceClient, tunnel: string): Promise<FdbRecord[]> {
  const { version } = await client.version();
  const domain = await client.routeDomainOf(partitionOf(tunnel));
  if (isBefore121(version)) {
    const inline = (await client.get(objectUrl('fdb', tunnel)))?.['records'];
    return Array.isArray(inline) ? inline.map((record: Json) => recordOf(record, domain)) : [];
  }
  const records = itemsOf(await client.get(recordsUrl(tunnel))).map((body) =>
    recordOf(body, domain),
  );
  return records.toSorted((a, b) => (a.mac < b.mac ? -1 : 1));
}

/** Whether FDB records stand in the tunnel's own object, and are no objects themselves. */
export function isBefore121(version: string): boolean {
  const [major = 99, minor = 0] = version.split('.').map(Number);
  return major < 12 || (major === 12 && minor < 1);
}

/** The members of every pool; none where the unit balances no load. */
export async function readPoolMembers(client: DeviceClient): Promise<PoolMember[]> {
  return itemsOf(await client.get(POOLS)).flatMap((pool) => {
    const members = (pool['membersReference'] ?? {}) as Json;
    return itemsOf(members).map((member) => ({
      pool: text(pool, 'fullPath') || text(pool, 'name'),
      address: text(member, 'address'),
    }));
  });
}
