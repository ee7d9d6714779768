import type { Configuration, Stored } from './configuration.ts';
import { kindOf } from './kinds.ts';
import type { Plain, Settings } from './types.ts';

/** Profiles of tunnels that are not of VXLAN, and the collection in which each is. */
export const BUILT_IN_PROFILES: ReadonlyMap<string, string> = new Map([
  ['/Common/gre', 'net/tunnels/gre'],
  ['/Common/ipip', 'net/tunnels/ipip'],
  ['/Common/tcp-forward', 'net/tunnels/tcp-forward'],
]);

/** What a unit has before anybody configures it. */
export function installFactory(configuration: Configuration, settings: Settings): void {
  const objects = [
    common('auth/partition', 'Common', { description: 'Repository for system objects' }),
    common('sys/db', 'iptunnel.configsync', { value: 'enable' }),
    common('cm/traffic-group', 'traffic-group-local-only', { isFloating: 'false' }),
    common('cm/traffic-group', 'traffic-group-1', { isFloating: 'true' }),
    common('net/vlan', 'internal', {}),
    ...profiles(),
    ...devices(settings),
    common('net/self', 'underlay', {
      address: settings.underlay,
      addressSource: 'from-user',
      allowService: ['default'],
      floating: 'disabled',
      inheritedTrafficGroup: 'false',
      unit: 0,
      vlan: '/Common/internal',
    }),
  ];
  for (const object of objects) configuration.set(object);
  configuration.setFactoryTunnel(tunnel('http', 112), '00:98:76:54:32:10');
  configuration.setFactoryTunnel(tunnel('socks', 128), '00:98:76:54:32:11');
  configuration.adopt();
}

function common(collection: string, name: string, fields: Plain): Stored {
  const { isPartitioned, defaults } = kindOf(collection);
  return {
    collection,
    name,
    partition: isPartitioned ? 'Common' : null,
    subPath: null,
    fullPath: isPartitioned ? `/Common/${name}` : name,
    generation: 1,
    fields: { ...defaults, ...fields },
  };
}

function profiles(): Stored[] {
  const profile = (name: string, floodingType: string, more: Plain = {}) =>
    common('net/tunnels/vxlan', name, { floodingType, ...more });
  const root = profile('vxlan', 'multicast');
  const { defaultsFrom: _, ...fields } = root.fields;
  return [
    { ...root, fields },
    profile('vxlan-gpe', 'multipoint', { encapsulationType: 'vxlan-gpe', port: 4790 }),
    profile('vxlan-multipoint', 'multipoint'),
    profile('vxlan-ovsdb', 'replicator'),
    profile('vxlan-ovsdb-multipoint', 'multipoint'),
    profile('vxlan-ovsdb-no-flooding', 'none'),
  ];
}

function tunnel(protocol: string, ifIndex: number): Stored {
  const description = `Tunnel of the ${protocol} proxy`;
  const local = { localAddress: 'any6', profile: '/Common/tcp-forward' };
  return common('net/tunnels/tunnel', `${protocol}-tunnel`, { description, ifIndex, ...local });
}

/** Both units of a pair, or the only one. */
function devices({ hostname, peer, failoverState, version }: Settings): Stored[] {
  const device = (name: string, isSelf: boolean, number: number) => {
    const isActive = isSelf === (failoverState === 'active');
    return common('cm/device', name, {
      activeModules: ['LTM, Base|AAAAAAA-AAAAAAA'],
      baseMac: `00:50:56:aa:00:0${number}`,
      build: '0.0.9',
      chassisId: `00000000-0000-0000-00000000000${number}`,
      configsyncIp: peer === null ? 'none' : `10.1.20.${number}`,
      edition: 'Final',
      failoverState: isActive ? 'active' : 'standby',
      hostname: name,
      managementIp: `10.1.1.${number}`,
      platformId: 'Z100',
      selfDevice: String(isSelf),
      version,
    });
  };
  return [device(hostname, true, 1), ...(peer === null ? [] : [device(peer, false, 2)])];
}
