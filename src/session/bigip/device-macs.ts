import { DeviceError } from '../../bigip/errors.ts';
import { objectUrl } from '../../bigip/paths.ts';
import { readMac } from '../../bigip/read-mac.ts';
import { pathOf } from '../../model/device/desired.ts';
import { macObjections, unreadMacs, withVtepMacs } from '../../model/device/resolve-macs.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import type { Site } from '../../model/site.ts';
import type { World } from '../../world.ts';
import type { Args } from '../options.ts';
import type { LoadedSite } from '../site.ts';
import { type Devices, unitsOf, withDevices } from './units.ts';

/**
 * Reads from the devices the MACs that the site file leaves to them; null stays where a device has no
 * tunnel yet.
 *
 * @throws Problem (exit 1) when a device cannot be asked, or has a MAC that cannot be one
 */
export async function withDeviceMacs(
  loaded: LoadedSite,
  args: Args,
  world: World,
): Promise<LoadedSite> {
  const site = await withDevices(loaded, args, world, (devices) =>
    siteOfDevices(loaded.site, devices),
  );
  return { ...loaded, site };
}

async function siteOfDevices(site: Site, devices: Devices): Promise<Site> {
  const wanted = site.bigips.filter(({ ipv4 }) => ipv4.vtepMAC === null);
  const macs = new Map<string, string | null>();
  for (const unit of unitsOf(wanted)) {
    const { name } = unit.bigip;
    const { names } = unit.management;
    const tunnel = pathOf(names, names.tunnel);
    try {
      const client = await devices.open(unit);
      const isThere = (await client.get(objectUrl('tunnel', tunnel))) !== null;
      macs.set(name, isThere ? await readMac(client, tunnel) : null);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      throw new Problem(`the MAC of ${name} cannot be read: ${error.message}`, {
        exit: EXIT.failed,
        ...(error.fix ? { fix: error.fix } : {}),
        cause: error,
      });
    }
  }
  return checked(withVtepMacs(site, macs));
}

/** The site itself, once the rules about MACs hold for what was read. @throws Problem (exit 1) */
export function checked(site: Site): Site {
  const objections = macObjections(site);
  if (objections.length === 0) return site;
  throw new Problem(`refused, nothing was changed in etcd: ${objections.join('; ')}`, {
    exit: EXIT.failed,
    fix: 'see flannel-bigip bigip show',
  });
}

/** @throws Problem (exit 1) when a MAC is not read, so that no lease can be written */
export function assertMacsRead(site: Site): void {
  const unread = unreadMacs(site);
  if (unread.length === 0) return;
  throw new Problem(
    `refused, nothing was changed: the MAC of ${unread.join(', ')} is the device's, and there is no tunnel yet`,
    {
      exit: EXIT.failed,
      fix: 'make it with flannel-bigip bigip apply, or all in one with apply --scope all',
    },
  );
}
