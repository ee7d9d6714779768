import net from 'node:net';
import type { Plain } from './types.ts';

/** `/Common/x` as a segment of a URL names it: `~Common~x`. */
export function tilde(fullPath: string): string {
  return fullPath.replaceAll('/', '~');
}

/** What a segment names, a bare name being of Common. */
export function fullPathOf(segment: string): string {
  return segment.startsWith('~') ? segment.replaceAll('~', '/') : `/Common/${segment}`;
}

/** A link as replies have it: the host is always `localhost`. @param path below /mgmt/tm */
export function linkTo(path: string, version: string, query = ''): string {
  const words = [query, /(^|&)ver=/.test(query) ? '' : `ver=${version}`].filter(Boolean);
  return `https://localhost/mgmt/tm/${path.replaceAll('%', '%25')}?${words.join('&')}`;
}

/** Whether a version is that one or later. */
export function atLeast(version: string, major: number, minor = 0): boolean {
  const [has = 0, hasMinor = 0] = version.split('.').map(Number);
  return has > major || (has === major && hasMinor >= minor);
}

/** An address in its parts. */
export interface Address {
  readonly ip: string;
  /** Route domain, when it is named. */
  readonly domain: number | null;
  readonly prefix: number | null;
}

/** Reads `10.1.10.245%1/24`, of which only the IP must be there; null where it is no address. */
export function parseAddress(text: unknown): Address | null {
  const parts = /^([0-9a-f.:]+)(?:%(\d+))?(?:\/(\d+))?$/i.exec(String(text));
  const [, ip = '', domain, prefix] = parts ?? [];
  const family = net.isIP(ip);
  const length = prefix === undefined ? null : Number(prefix);
  if (family === 0 || (length ?? 0) > (family === 4 ? 32 : 128)) return null;
  return { ip, domain: domain === undefined ? null : Number(domain), prefix: length };
}

/** An address as the unit keeps it: without the route domain that its partition has anyway. */
export function withoutDefault(text: unknown, domain: number): unknown {
  return typeof text === 'string' ? text.replace(new RegExp(`%${domain}(?=/|$)`), '') : text;
}

export function isMac(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text);
}

/** Whether a value is what JSON calls an object. */
export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
