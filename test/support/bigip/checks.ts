import { BlockList, isIPv6 } from 'node:net';
import { mcp, own } from './answer.ts';
import type { Configuration, Stored } from './configuration.ts';
import { BUILT_IN_PROFILES } from './factory.ts';
import { kindOf } from './kinds.ts';
import { isMac, parseAddress } from './names.ts';

type Check = (object: Stored, configuration: Configuration) => void;

/** @throws Refused 404 for a partition, 400 for an object, that is named and is not there */
export function checkReferences(object: Stored, configuration: Configuration): void {
  const { partition, fullPath, collection, fields } = object;
  if (partition !== null && !configuration.get('auth/partition', partition)) {
    throw mcp(404, `01020036:3: The requested folder (/${partition}) was not found.`);
  }
  for (const field of ['defaultsFrom', 'profile', 'trafficGroup', 'vlan']) {
    const value = fields[field];
    if (value === undefined || isThere(configuration, field, String(value))) continue;
    const { type } = kindOf(collection);
    throw mcp(
      400,
      `01070712:3: Values (${value}) specified for ${type} (${fullPath}): foreign key index (${field}_FK) do not point at an item that exists in the database.`,
    );
  }
}

function isThere(configuration: Configuration, field: string, fullPath: string): boolean {
  const has = (collection: string) => configuration.get(collection, fullPath) !== null;
  if (field === 'trafficGroup') return has('cm/traffic-group');
  if (field === 'vlan') return has('net/tunnels/tunnel') || has('net/vlan');
  return has('net/tunnels/vxlan') || BUILT_IN_PROFILES.has(fullPath);
}

/** @throws Refused 400 where what the fields say is not possible */
export function checkMeaning(object: Stored, configuration: Configuration): void {
  for (const field of kindOf(object.collection).required) {
    if (object.fields[field] === undefined) throw own(`${field} must be specified`);
  }
  CHECKS[object.collection]?.(object, configuration);
}

const CHECKS: Readonly<Record<string, Check>> = {
  'net/tunnels/vxlan': ({ fields }) => {
    oneOf(fields, 'floodingType', ['none', 'multicast', 'multipoint', 'replicator']);
    oneOf(fields, 'encapsulationType', ['vxlan', 'vxlan-gpe']);
    inRange(fields, 'port', 65_535);
  },
  'net/tunnels/tunnel': checkTunnel,
  'net/self': checkSelf,
  'net/arp': ({ fields }) => {
    checkAddress(fields, 'ipAddress');
    const mac = fields['macAddress'];
    if (!isMac(mac)) throw own(`macAddress ${JSON.stringify(mac)} is no MAC address`);
  },
  'auth/partition': ({ fields }) => inRange(fields, 'defaultRouteDomain', 65_534),
  'sys/db': ({ name, fields }) => {
    if (name === 'iptunnel.configsync') oneOf(fields, 'value', ['enable', 'disable']);
  },
};

function checkTunnel({ fullPath, fields }: Stored, configuration: Configuration): void {
  oneOf(fields, 'usePmtu', ['enabled', 'disabled']);
  oneOf(fields, 'transparent', ['enabled', 'disabled']);
  oneOf(fields, 'mode', ['bidirectional', 'inbound', 'outbound']);
  oneOf(fields, 'autoLasthop', ['default', 'enabled', 'disabled']);
  inRange(fields, 'mtu', 65_515);
  inRange(fields, 'key', 4_294_967_295);
  for (const field of ['localAddress', 'remoteAddress', 'secondaryAddress']) {
    if (fields[field] !== 'any6') checkAddress(fields, field);
  }
  const { key, localAddress } = fields;
  if (localAddress === 'any6') return;
  const twin = configuration
    .all('net/tunnels/tunnel')
    .find(
      (other) =>
        other.fullPath !== fullPath &&
        other.fields['key'] === key &&
        other.fields['localAddress'] === localAddress,
    );
  if (!twin) return;
  throw own(
    `Tunnel (${fullPath}) has the key ${key} and local address ${localAddress} of Tunnel (${twin.fullPath})`,
  );
}

function checkSelf({ fullPath, fields }: Stored, configuration: Configuration): void {
  const { address, vlan, allowService } = fields;
  const parsed = parseAddress(address);
  if (parsed?.prefix === null || parsed === null) {
    throw own(`address ${JSON.stringify(address)} of a self IP is no IP with a prefix length`);
  }
  const isList = Array.isArray(allowService) && allowService.every((one) => /^\S+$/.test(one));
  if (allowService !== undefined && allowService !== 'all' && !isList) {
    throw own(`allowService ${JSON.stringify(allowService)} is neither "all" nor a list`);
  }
  for (const other of configuration.all('net/self')) {
    const its = parseAddress(other.fields['address']);
    if (other.fullPath === fullPath || !its || its.domain !== parsed.domain) continue;
    if (its.ip === parsed.ip) throw own(`self IP (${other.fullPath}) has the address ${parsed.ip}`);
    const isOfOneNetwork = its.prefix === parsed.prefix && areNeighbours(its.ip, parsed.ip, its);
    if (isOfOneNetwork && other.fields['vlan'] !== vlan) {
      throw own(`self IP (${other.fullPath}) has the same network on ${other.fields['vlan']}`);
    }
  }
}

function areNeighbours(a: string, b: string, { prefix }: { readonly prefix: number | null }) {
  const family = isIPv6(a) ? 'ipv6' : 'ipv4';
  if (isIPv6(a) !== isIPv6(b)) return false;
  const network = new BlockList();
  network.addSubnet(a, prefix ?? 0, family);
  return network.check(b, family);
}

function checkAddress(fields: Stored['fields'], field: string): void {
  const parsed = parseAddress(fields[field]);
  if (parsed && parsed.prefix === null) return;
  throw own(`${field} ${JSON.stringify(fields[field])} is no IP address`);
}

function oneOf(fields: Stored['fields'], field: string, allowed: readonly string[]): void {
  const value = fields[field];
  if (value === undefined || allowed.includes(String(value))) return;
  throw own(`${field} ${JSON.stringify(value)} is none of ${allowed.join(', ')}`);
}

function inRange(fields: Stored['fields'], field: string, most: number): void {
  const value = fields[field];
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most) return;
  throw own(`${field} ${JSON.stringify(value)} is no number from 0 to ${most}`);
}

/** @throws Refused 400 where a change touches what stays as it was at creation */
export function checkFixed(before: Stored, after: Stored): void {
  const { type, fixed } = kindOf(before.collection);
  const changed = fixed.find((field) => before.fields[field] !== after.fields[field]);
  if (changed !== undefined) {
    throw own(`${changed} of ${type} (${before.fullPath}) cannot be changed`);
  }
  if (before.collection !== 'net/self') return;
  const [was, is] = [before, after].map((object) => parseAddress(object.fields['address']));
  if (is && (was?.ip !== is.ip || was.domain !== is.domain)) {
    throw own(`the IP of ${type} (${before.fullPath}) cannot be changed`);
  }
}

/** @throws Refused 400 where another object uses it, or it is of the factory */
export function checkUnused(object: Stored, configuration: Configuration): void {
  const { collection, fullPath } = object;
  const { type } = kindOf(collection);
  const user = (of: string, field: string) =>
    configuration.all(of).find((other) => other.fields[field] === fullPath);
  const refuse = (by: string, other: Stored | undefined) => {
    if (!other) return;
    const message = `01070265:3: The ${type} (${fullPath}) cannot be deleted because it is in use by a ${by} (${other.fullPath}).`;
    throw mcp(400, message);
  };
  if (collection === 'net/tunnels/tunnel') refuse('self IP', user('net/self', 'vlan'));
  if (collection !== 'net/tunnels/vxlan') return;
  refuse('Tunnel', user('net/tunnels/tunnel', 'profile'));
  refuse('VXLAN profile', user('net/tunnels/vxlan', 'defaultsFrom'));
  if (/^\/Common\/vxlan(-|$)/.test(fullPath) && object.generation === 1) {
    throw own(`${type} (${fullPath}) is of the factory and cannot be deleted`);
  }
}
