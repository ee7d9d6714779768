import { isIP } from 'node:net';
import { parseMac } from '../model/mac.ts';
import type { Family, VxlanDevice } from '../model/pinned-device.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { ip } from './ip.ts';

interface LinkJson {
  readonly address?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly id?: number;
      readonly link?: string;
      readonly local?: string;
      readonly local6?: string;
      readonly port?: number;
      readonly learning?: boolean;
      readonly gbp?: boolean;
    };
  };
}

/**
 * A VXLAN device of this host; null when there is none of that name.
 *
 * @throws Problem (exit 1) when something else has the name
 */
export async function readVxlan(name: string): Promise<VxlanDevice | null> {
  const text = await ip('-j', '-d', 'link', 'show', 'dev', name);
  const [link] = text === null ? [] : (JSON.parse(text) as LinkJson[]);
  if (link === undefined) return null;
  const { info_kind: kind, info_data: data } = link.linkinfo ?? {};
  const mac = parseMac(link.address ?? '');
  const local = data?.local ?? data?.local6;
  if (kind !== 'vxlan' || mac === null || !data?.link || local === undefined) {
    throw new Problem(`${name} is no VXLAN device with an underlay interface and a local address`, {
      exit: EXIT.failed,
      fix: `look at ip -d link show dev ${name}`,
    });
  }
  return {
    mac,
    vni: data.id ?? 0,
    port: data.port ?? 0,
    interface: data.link,
    local,
    learning: data.learning ?? false,
    gbp: data.gbp ?? false,
  };
}

/** Makes a VXLAN device the way flanneld does, with a MAC that nobody changes afterwards. */
export async function createVxlan(name: string, device: VxlanDevice): Promise<void> {
  const { mac, vni, local, port, learning, gbp } = device;
  await ip(
    ...['link', 'add', name, 'address', mac, 'type', 'vxlan', 'id', String(vni)],
    ...['local', local, 'dev', device.interface, 'dstport', String(port)],
    learning ? 'learning' : 'nolearning',
    ...(gbp ? ['gbp'] : []),
  );
}

/** Gives a device another MAC. */
export async function setMac(name: string, mac: string): Promise<void> {
  await ip('link', 'set', 'dev', name, 'address', mac);
}

interface AddressJson {
  readonly addr_info?: readonly { readonly local?: string; readonly scope?: string }[];
}

/** Global addresses of an interface in the kernel's order; null when there is none of that name. */
export async function readAddresses(name: string, family: Family): Promise<string[] | null> {
  const text = await ip('-j', 'addr', 'show', 'dev', name);
  if (text === null) return null;
  const [link] = JSON.parse(text) as AddressJson[];
  return (link?.addr_info ?? [])
    .filter(({ scope, local }) => scope === 'global' && isIP(local ?? '') === VERSION[family])
    .map(({ local }) => local ?? '');
}

const VERSION: Record<Family, number> = { ipv4: 4, ipv6: 6 };
