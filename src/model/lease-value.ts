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

/**
 * What flanneld itself writes, in all versions: lists of thousands of leases consist of nothing else, and for
 * them the tree that odd spellings need takes too long. Groups: public IP, backend, VNI, MAC.
 */
const PLAIN_LEASE =
  /^\{"PublicIP":"([\d.]+)",(?:"PublicIPv6":null,)?"BackendType":"([\w-]+)","BackendData":\{(?:"VNI":(0|[1-9]\d{0,7}),)?"VtepMAC":"([\da-f:]+)"\}(?:,"BackendV6Data":null)?\}$/;

/** Null for any other shape. */
function parsePlainLease(text: string): LeaseValue | null {
  const match = PLAIN_LEASE.exec(text);
  // By index: taking a list apart makes an object of each part.
  const publicIP = match && parseIpv4(match[1] ?? '');
  if (publicIP === null) return null;
  const vni = match?.[3];
  return {
    publicIP,
    publicIPv6: null,
    backendType: match?.[2] ?? null,
    vtepMAC: parseMac(match?.[4] ?? ''),
    vtepMACv6: null,
    vni: vni === undefined ? null : Number(vni),
  };
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
  };
}

/** The document of a lease, for showing; of a value that is no JSON the text as it is. */
export function leaseDocument(text: string): unknown {
  const parsed = parseJsonText(text);
  return parsed.ok ? toValue(parsed.root) : text;
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
