/** flannel's backends and the keys each reads from `Backend`, v0.12.0 to v0.28.9. */
import type { GoType } from './go-decode.ts';

/** Keys (besides `Type`) and their Go types; `any` where only Windows or a loose type reads it. */
export const BACKEND_KEYS = {
  vxlan: {
    VNI: 'int',
    Port: 'int',
    GBP: 'bool',
    Learning: 'bool',
    DirectRouting: 'bool',
    MTU: 'int',
    Name: 'any',
    MacPrefix: 'any',
  },
  'host-gw': { Name: 'any', DNSServerList: 'any' },
  udp: { Port: 'int' },
  ipip: { DirectRouting: 'bool' },
  ipsec: { UDPEncap: 'bool', ESPProposal: 'string', PSK: 'string' },
  extension: {
    PreStartupCommand: 'string',
    PostStartupCommand: 'string',
    SubnetAddCommand: 'string',
    SubnetRemoveCommand: 'string',
  },
  alloc: {},
  wireguard: {
    ListenPort: 'int',
    ListenPortV6: 'int',
    PSK: 'string',
    PersistentKeepaliveInterval: 'int',
    Mode: 'string',
    MTU: 'int',
  },
  'tencent-vpc': { AccessKeyID: 'string', AccessKeySecret: 'string' },
  'ali-vpc': { AccessKeyID: 'string', AccessKeySecret: 'string' },
  'aws-vpc': { RouteTableID: 'any' },
  gce: {},
} as const satisfies Record<string, Record<string, GoType>>;

/** Backends that not every release has: from which minor on, or up to which. */
export const BACKEND_RELEASES: Readonly<
  Record<string, { readonly since?: number; readonly until?: number }>
> = {
  wireguard: { since: 16 },
  'tencent-vpc': { since: 15 },
  'ali-vpc': { until: 18 },
  'aws-vpc': { until: 18 },
  gce: { until: 18 },
};

/** In flannel's own samples of the extension backend, read by no version. */
const SAMPLE_ONLY_KEYS = ['ShutdownCommand'];

/** Every key some backend knows: none of them is a spelling mistake. */
export const ALL_BACKEND_KEYS: readonly string[] = [
  ...new Set([
    'Type',
    ...Object.values(BACKEND_KEYS).flatMap((keys) => Object.keys(keys)),
    ...SAMPLE_ONLY_KEYS,
  ]),
];

/** Keys whose values are secrets: never shown. */
export const SECRET_KEYS: readonly string[] = ['PSK', 'AccessKeySecret'];

/** VXLAN network identifiers have 24 bits (RFC 7348, section 5). */
export const MAX_VNI = 2 ** 24 - 1;

/** The VNI flannel takes when the config names none. */
export const DEFAULT_VNI = 1;

/** The UDP port of the Linux kernel's vxlan devices, which flannel takes for `Port` 0 or none. */
export const DEFAULT_VXLAN_PORT = 8472;
