import path from 'node:path';
import { findTunnel } from '../../bigip/find-tunnel.ts';
import { readDevice } from '../../bigip/read-device.ts';
import { formatSubnet, parseAddress, withoutHostBits } from '../../model/address.ts';
import { importedValues } from '../../model/device/import.ts';
import { bareName } from '../../model/device/objects.ts';
import type { ManagementDocument } from '../../model/generated/documents.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { managementUrl, parseFingerprint } from '../../model/read-management.ts';
import { DEFAULT_NAMES, DEVICE } from '../../model/site.ts';
import { draftConfig, type PartialBigip, type SiteDraft } from '../../model/site-draft.ts';
import { withDevices } from '../bigip/units.ts';
import type { Interview } from './interview.ts';

/**
 * What a device says of itself: its management, its tunnel's local address and MAC, its self IP and,
 * from that, its subnet. Where it has no tunnel yet, the MAC stays with the device.
 *
 * @throws Problem when it cannot be asked
 */
export async function bigipOfDevice(
  text: string,
  interview: Interview,
  draft: SiteDraft,
  folder: string,
): Promise<PartialBigip> {
  const { args, world } = interview;
  const url = managementUrl(text);
  const given = args.text('bigip-fingerprint');
  const fingerprint = given === undefined ? null : parseFingerprint(given);
  if (url === null || (given !== undefined && fingerprint === null)) {
    throw new Problem(
      url === null ? '--bigip names no address of a BIG-IP' : '--bigip-fingerprint is no SHA-256',
      {
        exit: EXIT.usage,
        fix:
          url === null
            ? 'write it like https://10.1.1.245'
            : 'take what openssl x509 -fingerprint -sha256 prints',
      },
    );
  }
  // Relative to where it was typed; in the file, to where that lies.
  const typed = args.text('bigip-ca');
  const ca = typed === undefined ? null : path.resolve(world.cwd, typed);
  const management: ManagementDocument = {
    url,
    ...(ca === null || typed === undefined
      ? {}
      : { ca: path.isAbsolute(typed) ? typed : path.relative(folder, ca) }),
    ...(fingerprint === null ? {} : { fingerprint }),
  };
  return withDevices({ folder }, args, world, async (devices) => {
    const client = await devices.openAt({ url, ca, fingerprint }, url);
    const tunnel = await findTunnel(client, args.text('bigip-tunnel') ?? null);
    if (tunnel === null) {
      interview.say(
        `The BIG-IP at ${url} has no VXLAN tunnel yet: flannel-bigip bigip apply makes it.`,
      );
      return { vtepMAC: DEVICE, management };
    }
    const [, partition = 'Common', name = ''] = tunnel.path.split('/');
    const names = { ...DEFAULT_NAMES, partition, tunnel: name, profile: bareName(tunnel.profile) };
    const state = await readDevice(client, names, { withMac: true });
    const values = importedValues(state, null);
    const routeDomain = /%(\d+)$/.exec(state.tunnel?.localAddress ?? '')?.[1];
    return {
      ...subnetOf(values.selfIP, draft),
      ...values,
      management: {
        ...management,
        ...(partition === DEFAULT_NAMES.partition ? {} : { partition }),
        tunnel: name,
        profile: names.profile,
        ...(routeDomain === undefined ? {} : { routeDomain: Number(routeDomain) }),
      },
    };
  });
}

/** The subnet that a self IP lies in, at the length that flannel's have. */
function subnetOf(selfIP: string | undefined, draft: SiteDraft): PartialBigip {
  const address = parseAddress(selfIP ?? '');
  const length = draftConfig(draft)?.ipv4?.subnetLen;
  if (address?.family !== 4 || length === undefined) return {};
  const subnet = withoutHostBits({ family: 4, base: address.value, length });
  return { subnet: formatSubnet(subnet) };
}
