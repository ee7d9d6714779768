import type { Plain } from './types.ts';

/** What a collection of objects is like. */
export interface Kind {
  /** Path below /mgmt/tm. */
  readonly collection: string;
  /** How messages call one of its objects. */
  readonly type: string;
  /** Names are of a partition; others stand alone. */
  readonly isPartitioned: boolean;
  /** What may be done with its objects, besides reading them. */
  readonly methods: readonly string[];
  readonly defaults: Plain;
  /** Fields without a default. */
  readonly optional: readonly string[];
  readonly required: readonly string[];
  /** Fields that stay as they were at creation. */
  readonly fixed: readonly string[];
}

const ALL = ['POST', 'PUT', 'PATCH', 'DELETE'];

function kind(collection: string, type: string, more: Partial<Kind> = {}): Kind {
  const none = { defaults: {}, optional: [], required: [], fixed: [] };
  return { collection, type, isPartitioned: true, methods: ALL, ...none, ...more };
}

const LIST = [
  kind('net/tunnels/vxlan', 'VXLAN profile', {
    defaults: {
      defaultsFrom: '/Common/vxlan',
      encapsulationType: 'vxlan',
      floodingType: 'multicast',
      port: 4789,
    },
  }),
  kind('net/tunnels/tunnel', 'Tunnel', {
    defaults: {
      autoLasthop: 'default',
      idleTimeout: 300,
      key: 0,
      mode: 'bidirectional',
      mtu: 0,
      profile: '/Common/gre',
      remoteAddress: 'any6',
      secondaryAddress: 'any6',
      tos: 'preserve',
      transparent: 'disabled',
      usePmtu: 'enabled',
    },
    optional: ['trafficGroup', 'localAddress'],
    required: ['localAddress'],
    fixed: ['profile', 'trafficGroup', 'key', 'localAddress'],
  }),
  kind('net/self', 'self IP', {
    defaults: { trafficGroup: '/Common/traffic-group-local-only' },
    optional: ['address', 'vlan', 'allowService', 'fwEnforcedPolicy', 'servicePolicy'],
    required: ['address', 'vlan'],
  }),
  kind('net/arp', 'static ARP entry', {
    optional: ['ipAddress', 'macAddress'],
    required: ['ipAddress', 'macAddress'],
    fixed: ['ipAddress'],
  }),
  kind('net/fdb/tunnel', 'FDB tunnel', { methods: ['PUT', 'PATCH', 'DELETE'] }),
  kind('net/vlan', 'VLAN', { methods: [], defaults: { mtu: 1500, tag: 4094 } }),
  kind('net/route', 'route', { optional: ['network', 'gw', 'tmInterface', 'mtu'] }),
  kind('ltm/pool', 'Pool', {
    defaults: { loadBalancingMode: 'round-robin' },
    optional: ['members', 'monitor'],
  }),
  kind('auth/partition', 'partition', {
    isPartitioned: false,
    defaults: { defaultRouteDomain: 0 },
  }),
  kind('sys/db', 'DB variable', {
    isPartitioned: false,
    methods: ['PUT', 'PATCH'],
    optional: ['value'],
  }),
  kind('cm/traffic-group', 'traffic group', { methods: [], optional: ['isFloating'] }),
  kind('cm/device', 'device', { methods: [] }),
];

export const KINDS: ReadonlyMap<string, Kind> = new Map(LIST.map((one) => [one.collection, one]));

/** The kind of a collection that is known to be there. */
export function kindOf(collection: string): Kind {
  const found = KINDS.get(collection);
  if (!found) throw new Error(`the stand-in has no collection ${collection}`);
  return found;
}

/** Fields that replies have and requests may send back, to no effect. */
const READ_ONLY = new Set([
  'kind',
  'fullPath',
  'generation',
  'selfLink',
  'ifIndex',
  'floating',
  'inheritedTrafficGroup',
  'unit',
  'addressSource',
]);

export function isReadOnly(field: string): boolean {
  return READ_ONLY.has(field) || field.endsWith('Reference');
}

/** Whether a client may set a field. */
export function isKnown(kind: Kind, field: string): boolean {
  const always = ['name', 'partition', 'subPath', 'description', 'appService'];
  return [...always, ...Object.keys(kind.defaults), ...kind.optional].includes(field);
}
