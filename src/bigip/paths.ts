/** Where objects are in iControl REST; names with tildes, so that no partition is guessed. */

const TM = '/mgmt/tm';

export const COLLECTION = {
  profile: `${TM}/net/tunnels/vxlan`,
  tunnel: `${TM}/net/tunnels/tunnel`,
  'self-ip': `${TM}/net/self`,
  'arp-entry': `${TM}/net/arp`,
  fdb: `${TM}/net/fdb/tunnel`,
  db: `${TM}/sys/db`,
} as const;

export const DEVICES = `${TM}/cm/device`;
export const POOLS = `${TM}/ltm/pool?expandSubcollections=true`;
export const BASH = `${TM}/util/bash`;
export const SAVE = `${TM}/sys/config`;

/** An object of a collection by its full path, e.g. `/Common/fl-tunnel`. */
export function objectUrl(collection: keyof typeof COLLECTION, path: string): string {
  const name = path
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll('%3A', ':'))
    .join('~');
  return `${COLLECTION[collection]}/${name}`;
}

/** The partition of an object's full path. */
export function partitionOf(path: string): string {
  return path.split('/')[1] || 'Common';
}

/** The records of a tunnel's FDB. */
export function recordsUrl(tunnel: string): string {
  return `${objectUrl('fdb', tunnel)}/records`;
}
