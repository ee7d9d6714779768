import { formatAddress, parseIpv4 } from './address.ts';
import { decodeStruct, finalValue } from './go-decode.ts';
import { parseJsonText } from './json-source.ts';
import { parseMac } from './mac.ts';
import { type BigIp, DEVICE } from './site.ts';
import { type SourceNode, toValue } from './source.ts';

/** A lease's value as flannel reads it; null where a part is absent or cannot be read. */
export interface LeaseValue {
  readonly publicIP: bigint | null;
  readonly publicIPv6: bigint | null;
  readonly backendType: string | null;
  /** Lower case with colons. */
  readonly vtepMAC: string | null;
  readonly vtepMACv6: string | null;
  readonly vni: number | null;
  /** The decoded document, for showing. */
  readonly document: unknown;
}

const LEASE_FIELDS = {
  PublicIP: 'ipv4',
  PublicIPv6: 'ipv6',
  BackendType: 'string',
  BackendData: 'any',
  BackendV6Data: 'any',
} as const;

const VXLAN_DATA_FIELDS = { VNI: 'int', VtepMAC: 'string' } as const;

/** Reads a lease's value; a string says why flannel cannot decode it at all. */
export function parseLeaseValue(text: string): LeaseValue | string {
  return parsePlainLease(text) ?? parseAnyLease(text);
}

const PLAIN_KEYS: ReadonlySet<string> = new Set(Object.keys(LEASE_FIELDS));

/**
 * The shape that flannel itself writes, without the tree that odd spellings need: lists of
 * thousands of leases consist of nothing else. Null for any other shape.
 */
function parsePlainLease(text: string): LeaseValue | null {
  // An escape or a fraction may hide what Go refuses.
  if (text.includes('\\') || /"VNI":(?!\d{1,9}[,}])/.test(text)) return null;
  const document = parseObject(text);
  if (document === null || !Object.keys(document).every((key) => PLAIN_KEYS.has(key))) return null;
  const { PublicIP, PublicIPv6, BackendType, BackendData, BackendV6Data } = document;
  const publicIP = typeof PublicIP === 'string' ? parseIpv4(PublicIP) : null;
  const v4 = plainData(BackendData);
  if (publicIP === null || v4 === null || typeof BackendType !== 'string') return null;
  if ((PublicIPv6 ?? null) !== null || (BackendV6Data ?? null) !== null) return null;
  return {
    publicIP,
    publicIPv6: null,
    backendType: BackendType,
    vtepMAC: parseMac(v4.VtepMAC),
    vtepMACv6: null,
    vni: v4.VNI ?? null,
    document,
  };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const document: unknown = JSON.parse(text);
    const isObject = typeof document === 'object' && document !== null && !Array.isArray(document);
    return isObject ? (document as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function plainData(data: unknown): { VtepMAC: string; VNI?: number } | null {
  if (typeof data !== 'object' || data === null) return null;
  const { VtepMAC, VNI } = data as Record<string, unknown>;
  if (typeof VtepMAC !== 'string') return null;
  if (Object.keys(data).length > (VNI === undefined ? 1 : 2)) return null;
  if (VNI === undefined) return { VtepMAC };
  return typeof VNI === 'number' ? { VtepMAC, VNI } : null;
}

function parseAnyLease(text: string): LeaseValue | string {
  const parsed = parseJsonText(text);
  if (!parsed.ok) return text === '' ? 'the value is empty' : 'the value is no JSON';
  const node = parsed.root;
  if (node.kind !== 'object') return 'the value is no JSON object';
  const { fields } = decodeStruct(node.entries, LEASE_FIELDS);
  const refused = Object.values(fields)
    .flat()
    .find((field) => field.objection !== undefined);
  if (refused) return `${refused.entry.key}: ${refused.objection}`;
  const v4 = vxlanData(finalValue(fields.BackendData));
  const v6 = vxlanData(finalValue(fields.BackendV6Data));
  return {
    publicIP: finalValue(fields.PublicIP) ?? null,
    publicIPv6: finalValue(fields.PublicIPv6) ?? null,
    backendType: finalValue(fields.BackendType) ?? null,
    vtepMAC: v4.mac,
    vtepMACv6: v6.mac,
    vni: v4.vni,
    document: toValue(node),
  };
}

function vxlanData(node: SourceNode | undefined): { mac: string | null; vni: number | null } {
  if (node?.kind !== 'object') return { mac: null, vni: null };
  const { fields } = decodeStruct(node.entries, VXLAN_DATA_FIELDS);
  const vni = finalValue(fields.VNI);
  return {
    mac: parseMac(finalValue(fields.VtepMAC) ?? ''),
    vni: vni === undefined ? null : Number(vni),
  };
}

/** A lease document with the keys that a BIG-IP's reservation has, in flannel's order. */
interface ReservationDocument {
  PublicIP: string;
  PublicIPv6?: string;
  BackendType: 'vxlan';
  BackendData: { VtepMAC: string };
  BackendV6Data?: { VtepMAC: string };
}

/**
 * The value of a BIG-IP's reservation; where its MAC is not read yet, `device` stands for it. IPv6 fields are there exactly when the BIG-IP has an IPv6
 * side: anything between crashes or hangs flanneld.
 */
export function reservationOf(bigip: BigIp): ReservationDocument {
  const { ipv4, ipv6 } = bigip;
  return {
    PublicIP: formatAddress(4, ipv4.publicIP.value),
    ...(ipv6 ? { PublicIPv6: formatAddress(6, ipv6.publicIP.value) } : {}),
    BackendType: 'vxlan',
    BackendData: { VtepMAC: ipv4.vtepMAC ?? DEVICE },
    ...(ipv6 ? { BackendV6Data: { VtepMAC: ipv6.vtepMAC ?? DEVICE } } : {}),
  };
}

/** Whether a live value means the same as the BIG-IP's reservation, however it is spelt. */
export function meansReservation(value: LeaseValue, bigip: BigIp): boolean {
  const { ipv4, ipv6 } = bigip;
  return (
    // What is not read yet equals nothing, an absent MAC least of all.
    ipv4.vtepMAC !== null &&
    value.backendType === 'vxlan' &&
    value.publicIP === ipv4.publicIP.value &&
    value.vtepMAC === ipv4.vtepMAC &&
    value.publicIPv6 === (ipv6?.publicIP.value ?? null) &&
    value.vtepMACv6 === (ipv6?.vtepMAC ?? null)
  );
}
