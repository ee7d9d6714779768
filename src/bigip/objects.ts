import type {
  ArpEntry,
  FdbRecord,
  Named,
  Profile,
  SelfIp,
  Tunnel,
} from '../model/device/objects.ts';
import { parseMac } from '../model/mac.ts';
import type { Json } from './reply.ts';

/** The members of a collection; an empty one may come with or without `items`. */
export function itemsOf(body: Json | null): Json[] {
  const items = body?.['items'];
  if (!Array.isArray(items)) return [];
  return items.filter((item): item is Json => typeof item === 'object' && item !== null);
}

export function text(body: Json, field: string): string {
  const value = body[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/**
 * With its route domain, but for 0.
 *
 * @param domain the partition's own, which addresses are in that name none
 */
function address(body: Json, field: string, domain: number): string {
  const value = text(body, field);
  const named =
    value.includes('%') || domain === 0 ? value : value.replace(/(?=\/|$)/, `%${domain}`);
  return named.replace(/%0(?=\/|$)/, '');
}

function mac(value: string): string {
  return parseMac(value) ?? value.toLowerCase();
}

/** An object's place as tmsh writes it. */
function pathOf(body: Json): string {
  return text(body, 'fullPath') || `/Common/${text(body, 'name')}`;
}

export function profileOf(body: Json): Named<Profile> {
  return {
    path: pathOf(body),
    port: Number(body['port'] ?? 4789),
    flooding: text(body, 'floodingType') || 'multicast',
  };
}

export function tunnelOf(body: Json, domain: number): Named<Tunnel> {
  const profile = text(body, 'profile');
  return {
    path: pathOf(body),
    key: Number(body['key'] ?? 0),
    localAddress: address(body, 'localAddress', domain),
    profile: profile.startsWith('/') ? profile : `/Common/${profile}`,
  };
}

export function selfIpOf(body: Json, domain: number): Named<SelfIp> {
  return {
    path: pathOf(body),
    address: address(body, 'address', domain),
    vlan: text(body, 'vlan'),
    allowService: servicesOf(body['allowService']),
    trafficGroup: text(body, 'trafficGroup'),
  };
}

/** A text, a list, or nothing at all, which means none. */
function servicesOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  return Array.isArray(value) && value.length > 0 ? value.join(' ') : 'none';
}

export function recordOf(body: Json, domain: number): FdbRecord {
  return {
    mac: mac(text(body, 'name')),
    endpoint: address(body, 'endpoint', domain),
    description: text(body, 'description') || null,
  };
}

export function entryOf(body: Json, domain: number): Named<ArpEntry> {
  return {
    path: pathOf(body),
    ipAddress: address(body, 'ipAddress', domain),
    macAddress: mac(text(body, 'macAddress')),
    description: text(body, 'description') || null,
  };
}
