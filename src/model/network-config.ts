/**
 * flannel's network config: its defaults and its own checks, exactly.
 *
 * Two versions stand for all: v0.12.0 for those that read etcd's v2 store (up to v0.17), v0.20.0
 * for those that read v3 (v0.18 and later). Source: flannel's `subnet/config.go` of both, and what
 * the programs answered to the configs in test/data/flannel-config-cases.json.
 */
import {
  bitsOf,
  contains,
  type Family,
  formatAddress,
  formatSubnet,
  rangeOf,
  type Subnet,
  sizeOf,
} from './address.ts';
import { DEFAULT_VNI } from './backends.ts';
import { type DecodedStruct, decodeStruct, type FieldEntry, finalValue } from './go-decode.ts';
import { type ObjectEntry, pointerStep, type SourceNode, type Span } from './source.ts';

/** The versions whose checks are ported: the last readers of v2, and the readers of v3. */
export type FlannelVersion = 'v0.12.0' | 'v0.20.0';

/** One family's half of a network: the subnets flannel hands out, both ends included. */
export interface AllocationRange {
  readonly family: Family;
  /** flannel's `Network` or `IPv6Network`, host bits cleared. */
  readonly network: Subnet;
  /** `SubnetLen`: prefix length of each node's subnet. */
  readonly subnetLen: number;
  /** Base of the first subnet that may be handed out. */
  readonly subnetMin: bigint;
  /** Base of the last subnet that may be handed out. */
  readonly subnetMax: bigint;
}

/** A network config after flannel's defaults: what a flanneld works with. */
export interface NetworkConfig {
  readonly ipv4: AllocationRange | null;
  readonly ipv6: AllocationRange | null;
  /** As spelt; '' when `Backend` is there without a type, `udp` when it is absent. */
  readonly backendType: string;
  readonly vxlan: VxlanSettings;
}

/** The vxlan backend's settings, defaults filled in; 0 means the kernel's default. */
interface VxlanSettings {
  readonly vni: number;
  readonly port: number;
  readonly gbp: boolean;
  readonly directRouting: boolean;
}

/** Something flannel refuses, or crashes on. */
interface Rejection {
  readonly message: string;
  readonly path: string;
  readonly span: Span;
}

/** flannel's answer to a config: the values it works with, or why it does not start. */
export interface Judgement {
  readonly config: NetworkConfig | null;
  readonly rejections: readonly Rejection[];
  /** v0.12 runs with 0.0.0.0/0, later ones refuse. */
  readonly networkMissing: boolean;
}

export const CONFIG_FIELDS = {
  Network: 'ipv4net',
  SubnetLen: 'uint',
  SubnetMin: 'ipv4',
  SubnetMax: 'ipv4',
  Backend: 'any',
  EnableIPv4: 'bool',
  EnableIPv6: 'bool',
  IPv6Network: 'ipv6net',
  IPv6SubnetLen: 'uint',
  IPv6SubnetMin: 'ipv6',
  IPv6SubnetMax: 'ipv6',
  EnableNFTables: 'any',
} as const;

export type ConfigField = keyof typeof CONFIG_FIELDS;

/** The fields v0.12.0 has; it skips every other key unseen. */
const V0_12_FIELDS: readonly ConfigField[] = [
  'Network',
  'SubnetLen',
  'SubnetMin',
  'SubnetMax',
  'Backend',
];

export type DecodedConfig = DecodedStruct<typeof CONFIG_FIELDS>;

/** Decodes the keys of a config document; null when it is no object (a bare `null` is empty). */
export function decodeConfig(root: SourceNode): DecodedConfig | null {
  if (root.kind === 'object') return decodeStruct(root.entries, CONFIG_FIELDS);
  return root.kind === 'null' ? decodeStruct([], CONFIG_FIELDS) : null;
}

const BACKEND_TYPE_FIELD = { Type: 'string' } as const;

/** The keys of a `Backend` value that only name its type. */
export function decodeBackendType(backend: SourceNode): DecodedStruct<typeof BACKEND_TYPE_FIELD> {
  return decodeStruct(backend.kind === 'object' ? backend.entries : [], BACKEND_TYPE_FIELD);
}

/** Asks one flannel version about a config document. */
export function judgeConfig(
  root: SourceNode,
  version: FlannelVersion,
  decoded: DecodedConfig | null = decodeConfig(root),
): Judgement {
  if (decoded === null) {
    const message = `a network config must be a JSON object, this is ${root.raw.slice(0, 20)}`;
    return {
      config: null,
      rejections: [{ message, path: '', span: root.span }],
      networkMissing: false,
    };
  }
  return new Judge(decoded, root, version).judge();
}

/** The names and limits in which the two families differ. */
const FAMILY_RULES = {
  4: {
    network: 'Network',
    len: 'SubnetLen',
    min: 'SubnetMin',
    max: 'SubnetMax',
    maxLen: 30,
    smallestNetwork: 28,
    defaultLen: 24,
  },
  6: {
    network: 'IPv6Network',
    len: 'IPv6SubnetLen',
    min: 'IPv6SubnetMin',
    max: 'IPv6SubnetMax',
    maxLen: 126,
    smallestNetwork: 124,
    defaultLen: 64,
  },
} as const;

/** The fields that name the ends of a family's allocation range. */
export function rangeEndFields(family: Family) {
  const { min, max } = FAMILY_RULES[family];
  return [min, max] as const;
}

class Judge {
  readonly #rejections: Rejection[] = [];
  readonly #names: readonly ConfigField[];

  constructor(
    readonly decoded: DecodedConfig,
    readonly root: SourceNode,
    readonly version: FlannelVersion,
  ) {
    this.#names =
      version === 'v0.12.0' ? V0_12_FIELDS : (Object.keys(CONFIG_FIELDS) as ConfigField[]);
  }

  judge(): Judgement {
    for (const name of this.#names) this.rejectUndecoded(this.decoded.fields[name]);
    const backendType = this.backendType();
    const old = this.version === 'v0.12.0';
    const { EnableIPv4, EnableIPv6, Network } = this.decoded.fields;
    const ipv4On = old || (finalValue(EnableIPv4) ?? true);
    const ipv6On = !old && (finalValue(EnableIPv6) ?? false);
    const networkMissing =
      ipv4On && Network.every((one) => one.objection === undefined) && isEmpty(finalValue(Network));
    const ipv4 = ipv4On ? this.range(4) : null;
    const ipv6 = ipv6On ? this.range(6) : null;
    const rejections = this.#rejections;
    if (rejections.length > 0 || (networkMissing && !old)) {
      return { config: null, rejections, networkMissing };
    }
    const config = { ipv4, ipv6, backendType, vxlan: vxlanSettings(this.decoded) };
    return { config, rejections, networkMissing };
  }

  private reject(message: string, entry?: ObjectEntry): void {
    this.#rejections.push({
      message,
      path: entry ? pointerStep(entry.key) : '',
      span: entry?.value.span ?? this.root.span,
    });
  }

  private rejectUndecoded(entries: readonly FieldEntry[]): void {
    for (const { entry, objection, crash } of entries) {
      if (objection === undefined) continue;
      this.reject(`${entry.key}: ${objection}${crash ? '; flannel crashes on it' : ''}`, entry);
    }
  }

  private backendType(): string {
    const entry = this.decoded.fields.Backend.at(-1)?.entry;
    if (entry === undefined) return 'udp';
    const { kind, raw } = entry.value;
    if (kind !== 'object' && kind !== 'null') {
      this.reject(`Backend must be an object with a Type, not ${raw.slice(0, 40)}`, entry);
    }
    const { fields } = decodeBackendType(entry.value);
    for (const type of fields.Type) {
      if (type.objection === undefined) continue;
      this.#rejections.push({
        message: `Backend.${type.entry.key}: ${type.objection}`,
        path: `${pointerStep(entry.key)}${pointerStep(type.entry.key)}`,
        span: type.entry.value.span,
      });
    }
    return finalValue(fields.Type) ?? '';
  }

  /** flannel's checks of one family; null when it has no network or the checks fail. */
  private range(family: Family): AllocationRange | null {
    const names = FAMILY_RULES[family];
    const { fields } = this.decoded;
    const networkEntry = fields[names.network].at(-1)?.entry;
    if (fields[names.network].some((one) => one.objection !== undefined)) return null;
    const network = finalValue(fields[names.network]);
    if (isEmpty(network) && family === 6) {
      this.reject('EnableIPv6 is true and IPv6Network is missing', networkEntry);
    }
    if (isEmpty(network) && (family === 6 || this.version !== 'v0.12.0')) return null;
    const net = network ?? { family, base: 0n, length: 0 };
    const subnetLen = this.subnetLen(family, net, networkEntry);
    if (subnetLen === null) return null;
    const { min, max } = this.ends(family, net, subnetLen);
    return { family, network: net, subnetLen, subnetMin: min, subnetMax: max };
  }

  private subnetLen(family: Family, network: Subnet, networkEntry?: ObjectEntry): number | null {
    const names = FAMILY_RULES[family];
    const declared = finalValue<'uint'>(this.decoded.fields[names.len]) ?? 0n;
    const entry = this.decoded.fields[names.len].at(-1)?.entry;
    if (declared === 0n) {
      if (network.length > names.smallestNetwork) {
        const text = `${names.network} ${formatSubnet(network)} is too small`;
        this.reject(`${text}: /${names.smallestNetwork} is the smallest`, networkEntry);
        return null;
      }
      return network.length <= names.defaultLen - 2 ? names.defaultLen : network.length + 2;
    }
    if (declared > BigInt(names.maxLen)) {
      this.reject(`${names.len} ${declared} is too long: ${names.maxLen} at most`, entry);
      return null;
    }
    if (declared < BigInt(network.length + 2)) {
      const room = `${names.network} ${formatSubnet(network)} must hold at least four subnets`;
      this.reject(`${room}: ${names.len} ${declared} is too short`, entry);
      return null;
    }
    return Number(declared);
  }

  private ends(family: Family, network: Subnet, subnetLen: number): { min: bigint; max: bigint } {
    const size = sizeOf(family, subnetLen);
    const whole = 1n << BigInt(bitsOf(family));
    const { first, last } = rangeOf(network);
    return {
      // flannel adds with wrap-around in unsigned integers: only /0 ever reaches the end.
      min: this.end(family, 'min', network, size) ?? (first + size) % whole,
      max: this.end(family, 'max', network, size) ?? last + 1n - size,
    };
  }

  /** A declared end of the range, checked; null when it is absent or the unspecified address. */
  private end(family: Family, which: 'min' | 'max', network: Subnet, size: bigint): bigint | null {
    const name = FAMILY_RULES[family][which];
    const field = this.decoded.fields[name];
    const value = finalValue<'ipv4' | 'ipv6'>(field) ?? 0n;
    if (value === 0n) return null;
    const entry = field.at(-1)?.entry;
    const text = `${name} ${formatAddress(family, value)}`;
    if (!contains(network, value)) {
      const where = FAMILY_RULES[family].network;
      this.reject(`${text} is not inside ${where} ${formatSubnet(network)}`, entry);
    } else if (value % size !== 0n) {
      const below = formatAddress(family, value - (value % size));
      this.reject(`${text} is not on a subnet boundary; the one below is ${below}`, entry);
    }
    return value;
  }
}

function isEmpty(network: Subnet | undefined): boolean {
  return network === undefined || (network.base === 0n && network.length === 0);
}

const VXLAN_FIELDS = { VNI: 'int', Port: 'int', GBP: 'bool', DirectRouting: 'bool' } as const;

function vxlanSettings(decoded: DecodedConfig): VxlanSettings {
  const backend = decoded.fields.Backend.at(-1)?.entry.value;
  const entries = backend?.kind === 'object' ? backend.entries : [];
  const { fields } = decodeStruct(entries, VXLAN_FIELDS);
  return {
    vni: Number(finalValue(fields.VNI) ?? DEFAULT_VNI),
    port: Number(finalValue(fields.Port) ?? 0n),
    gbp: finalValue(fields.GBP) ?? false,
    directRouting: finalValue(fields.DirectRouting) ?? false,
  };
}

/** Whether the network's backend is vxlan; flannel folds the case of the type's name. */
export function isVxlan(config: NetworkConfig): boolean {
  return config.backendType.toLowerCase() === 'vxlan';
}

/** How many subnets the allocation range holds; 0 when it is reversed. */
export function rangeCapacity(range: AllocationRange): bigint {
  if (range.subnetMax < range.subnetMin) return 0n;
  const size = sizeOf(range.family, range.subnetLen);
  return (range.subnetMax - range.subnetMin) / size + 1n;
}

/** First and last address that belongs to a subnet of the allocation range. */
export function rangeAddresses(range: AllocationRange): { first: bigint; last: bigint } {
  return {
    first: range.subnetMin,
    last: range.subnetMax + sizeOf(range.family, range.subnetLen) - 1n,
  };
}
