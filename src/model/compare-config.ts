import { formatAddress } from './address.ts';
import { BACKEND_KEYS, DEFAULT_VXLAN_PORT, SECRET_KEYS } from './backends.ts';
import { foldKey } from './go-decode.ts';
import { parseJsonText } from './json-source.ts';
import { CONFIG_FIELDS, isVxlan, type NetworkConfig } from './network-config.ts';
import { toValue } from './source.ts';

/** A field that differs; undefined where a side has none. */
export interface FieldChange {
  /** Dotted, e.g. `Backend.VNI`. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  /** What flannel takes where a side has none, if it is known. */
  readonly byDefault?: unknown;
}

/** What is shown in place of a secret. */
const MASK = '********';

/** Values that mean the same as an absent key. */
const ABSENT: readonly unknown[] = [undefined, null, false, 0, ''];

/** All fields of a config document by their canonical dotted names; unknown keys as spelt. */
function flatten(document: unknown): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  if (typeof document !== 'object' || document === null) return fields;
  for (const [key, value] of Object.entries(document)) {
    const name = canonical(key, Object.keys(CONFIG_FIELDS));
    if (name !== 'Backend' || typeof value !== 'object' || value === null) {
      fields.set(name, value);
      continue;
    }
    for (const [backendKey, member] of Object.entries(value)) {
      const names = ['Type', ...Object.values(BACKEND_KEYS).flatMap((keys) => Object.keys(keys))];
      fields.set(`Backend.${canonical(backendKey, names)}`, member);
    }
  }
  return fields;
}

function canonical(key: string, names: readonly string[]): string {
  const folded = foldKey(key);
  return names.find((name) => foldKey(name) === folded) ?? key;
}

/** Reads a live config as a plain value; undecodable text stays text, unless it names a secret. */
export function configDocument(text: string): unknown {
  const parsed = parseJsonText(text);
  if (parsed.ok) return toValue(parsed.root);
  const folded = foldKey(text);
  return SECRET_KEYS.some((key) => folded.includes(foldKey(key))) ? MASK : text;
}

/** The fields in which two config documents differ, in the order of the second, then the first. */
export function changedFields(before: unknown, after: unknown): FieldChange[] {
  return differences(flatten(before), flatten(after));
}

/** The fields whose values differ, in the order of the second map, then the first. */
export function differences(
  old: ReadonlyMap<string, unknown>,
  now: ReadonlyMap<string, unknown>,
): FieldChange[] {
  return [...new Set([...now.keys(), ...old.keys()])]
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** Adds what flannel takes for the fields that one side leaves out. */
export function withDefaults(
  changes: readonly FieldChange[],
  before: NetworkConfig | null,
  after: NetworkConfig,
): FieldChange[] {
  return changes.map((change) => {
    const lacking = change.before === undefined ? before : after;
    if (change.before !== undefined && change.after !== undefined) return change;
    const byDefault = lacking === null ? undefined : defaultOf(change.field, lacking);
    return byDefault === undefined ? change : { ...change, byDefault };
  });
}

/** A value that a config works with although it does not name it. */
function defaultOf(field: string, config: NetworkConfig): unknown {
  for (const [range, prefix] of [
    [config.ipv4, ''],
    [config.ipv6, 'IPv6'],
  ] as const) {
    if (range === null) continue;
    const end = { SubnetMin: range.subnetMin, SubnetMax: range.subnetMax }[
      field.slice(prefix.length) as 'SubnetMin' | 'SubnetMax'
    ];
    if (field === `${prefix}SubnetLen`) return range.subnetLen;
    if (field.startsWith(prefix) && end !== undefined) return formatAddress(range.family, end);
  }
  if (!isVxlan(config)) return undefined;
  if (field === 'Backend.VNI') return config.vxlan.vni;
  return field === 'Backend.Port' ? effectivePort(config) : undefined;
}

/**
 * Whether two configs mean the same to flannel: equal values after defaults, and no difference in
 * any other key that it reads. Spelling, order and spelt-out defaults do not count.
 */
export function sameConfig(
  before: { readonly text: string; readonly config: NetworkConfig | null },
  after: { readonly text: string; readonly config: NetworkConfig },
): boolean {
  if (before.config === null) return false;
  if (fingerprint(before.config) !== fingerprint(after.config)) return false;
  const [old, now] = [before.text, after.text].map((text) => flatten(configDocument(text)));
  const type = after.config.backendType.toLowerCase();
  const own = Object.entries(BACKEND_KEYS).find(([name]) => name === type)?.[1] ?? {};
  const others = ['EnableNFTables', ...Object.keys(own).map((key) => `Backend.${key}`)].filter(
    (name) => !EFFECTIVE.includes(name),
  );
  return others.every((name) => {
    const [a, b] = [old?.get(name), now?.get(name)].map((value) =>
      ABSENT.includes(value) ? null : value,
    );
    return JSON.stringify(a) === JSON.stringify(b);
  });
}

/** Fields whose meaning is in `NetworkConfig`, defaults and all. */
const EFFECTIVE = ['Backend.VNI', 'Backend.Port', 'Backend.GBP', 'Backend.DirectRouting'];

function fingerprint(config: NetworkConfig): string {
  const vxlan = config.backendType.toLowerCase() === 'vxlan';
  const comparable = {
    ...config,
    backendType: config.backendType.toLowerCase(),
    vxlan: vxlan ? { ...config.vxlan, port: effectivePort(config) } : config.vxlan,
  };
  return JSON.stringify(comparable, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** The UDP port of the tunnel: what the config says, or the kernel's default. */
export function effectivePort(config: NetworkConfig): number {
  return config.vxlan.port === 0 ? DEFAULT_VXLAN_PORT : config.vxlan.port;
}

/** A document with the values of secret keys replaced; whether they are set stays visible. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const masked = Object.entries(value).map(([key, member]) => [
    key,
    isSecret(key) ? MASK : maskSecrets(member),
  ]);
  return Object.fromEntries(masked);
}

/** Whether a key, in any case and with any path before it, names a secret. */
export function isSecret(key: string): boolean {
  const last = foldKey(key.slice(key.lastIndexOf('.') + 1));
  return SECRET_KEYS.some((name) => foldKey(name) === last);
}

/** A field's value as it may be shown; undefined stays undefined. */
export function maskField(field: string, value: unknown): unknown {
  return isSecret(field) && value !== undefined ? MASK : maskSecrets(value);
}
