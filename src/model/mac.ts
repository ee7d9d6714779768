/** MAC addresses (EUI-48) as flannel and the BIG-IP write them. */

/**
 * Reads a 48-bit MAC address in any spelling Go's `net.ParseMAC` takes: six octets with colons or
 * dashes, or three groups with dots. Returns lower case with colons, or null when it is none.
 */
export function parseMac(text: string): string | null {
  if (CANONICAL.test(text)) return text;
  const octets =
    /^[\da-f]{2}(?:([:-])[\da-f]{2})(?:\1[\da-f]{2}){4}$/i.test(text) ||
    /^[\da-f]{4}(?:\.[\da-f]{4}){2}$/i.test(text);
  if (!octets) return null;
  const digits = text.replace(/[:.-]/g, '').toLowerCase();
  return digits.match(/../g)?.join(':') ?? null;
}

/** As flannel and the BIG-IP print it. */
const CANONICAL = /^[\da-f]{2}(?::[\da-f]{2}){5}$/;

/** Whether the group bit is set (IEEE 802): multicast and broadcast addresses. */
export function isGroupMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** Whether all octets are zero. */
export function isZeroMac(mac: string): boolean {
  return /^[0:]+$/.test(mac);
}
