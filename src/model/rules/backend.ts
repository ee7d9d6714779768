import { BACKEND_KEYS, BACKEND_RELEASES, MAX_VNI } from '../backends.ts';
import { isSecret } from '../compare-config.ts';
import type { Finding } from '../finding.ts';
import { type FlannelRelease, formatFlannelRelease } from '../flannel-release.ts';
import { decodeStruct, type FieldEntry, finalValue, type GoType } from '../go-decode.ts';
import {
  type DecodedConfig,
  decodeBackendType,
  isVxlan,
  type NetworkConfig,
} from '../network-config.ts';
import { pointerStep } from '../source.ts';
import { didYouMean } from '../suggest.ts';

const TYPES = Object.keys(BACKEND_KEYS);

/**
 * Whether flanneld can start the backend: its type is known and its keys have the types that the
 * backend decodes (flannel checks these only after the config, and then retries for ever).
 */
export function checkBackend(
  decoded: DecodedConfig,
  base: string,
  release?: FlannelRelease,
): Finding[] {
  const backend = decoded.fields.Backend.at(-1)?.entry;
  if (backend === undefined || !['object', 'null'].includes(backend.value.kind)) return [];
  const path = `${base}${pointerStep(backend.key)}`;
  const typeEntry = decodeBackendType(backend.value).fields.Type.findLast(
    (one) => one.value !== undefined,
  );
  const type = (typeEntry?.value ?? '').toLowerCase();
  const keys: Record<string, GoType> | undefined = Object.entries(BACKEND_KEYS).find(
    ([name]) => name === type,
  )?.[1];
  if (keys === undefined) {
    const message =
      type === '' ? 'Backend names no Type' : `flannel has no backend ${JSON.stringify(type)}`;
    return [
      {
        rule: 'flannel-rejects',
        severity: 'error',
        message: `${message}: flanneld ends with "unknown backend type" (all versions)`,
        fix: didYouMean(type, TYPES) ?? `one of ${TYPES.join(', ')}`,
        path: typeEntry ? `${path}${pointerStep(typeEntry.entry.key)}` : path,
      },
    ];
  }
  const entries = backend.value.kind === 'object' ? backend.value.entries : [];
  const { fields } = decodeStruct(entries, keys);
  const typePath = typeEntry ? `${path}${pointerStep(typeEntry.entry.key)}` : path;
  return [
    ...(release ? checkBackendIsIn(release, type, typePath) : []),
    ...Object.values(fields)
      .flat()
      .flatMap((field) => checkField(field, type, path)),
  ];
}

/** Backends came and went. */
function checkBackendIsIn(release: FlannelRelease, type: string, path: string): Finding[] {
  const { since = 0, until = Number.POSITIVE_INFINITY } = BACKEND_RELEASES[type] ?? {};
  if (release.minor >= since && release.minor <= until) return [];
  const there = since > 0 ? `v0.${since} and later have it` : `it went after v0.${until}`;
  const message = `flannel ${formatFlannelRelease(release)} has no backend ${JSON.stringify(type)} (${there}): flanneld ends with "unknown backend type"`;
  return [{ rule: 'flannel-rejects', severity: 'error', message, path }];
}

function checkField(field: FieldEntry, type: string, base: string): Finding[] {
  const { key, value } = field.entry;
  const problem = objectionTo(field);
  if (problem === undefined) return [];
  return [
    {
      rule: 'flannel-rejects',
      severity: 'error',
      message: `${key}: ${problem}; flannel's ${type} backend does not start (all versions)`,
      path: `${base}${pointerStep(key)}`,
      span: value.span,
    },
  ];
}

function objectionTo({ entry, value, objection }: FieldEntry): string | undefined {
  // Go's objection quotes the value.
  if (objection !== undefined && isSecret(entry.key)) return 'must be text';
  return objection ?? outOfBounds(entry.key, value);
}

/** Limits of the kernel and of the protocols; a decoded int of Go may lie beyond. */
function outOfBounds(key: string, value: unknown): string | undefined {
  if (typeof value !== 'bigint') return undefined;
  const max = { vni: MAX_VNI, port: 65_535, listenport: 65_535, listenportv6: 65_535 }[
    key.toLowerCase() as 'vni' | 'port' | 'listenport' | 'listenportv6'
  ];
  if (max === undefined || (value >= 0n && value <= BigInt(max))) return undefined;
  return `${value} is not between 0 and ${max}`;
}

/** Only vxlan can carry a BIG-IP: an error when one is declared, else worth knowing. */
export function checkBackendIsVxlan(
  config: NetworkConfig,
  decoded: DecodedConfig,
  withBigip: boolean,
  base: string,
): Finding[] {
  if (isVxlan(config)) return [];
  const entry = decoded.fields.Backend.at(-1)?.entry;
  const spelt = entry === undefined ? 'absent, which means udp' : config.backendType || 'unnamed';
  return [
    {
      rule: 'backend-not-vxlan',
      severity: withBigip ? 'error' : 'warning',
      message: `the backend is ${spelt}; only vxlan can carry a BIG-IP`,
      fix: 'Backend: { Type: vxlan }',
      path: `${base}${entry ? pointerStep(entry.key) : ''}`,
    },
  ];
}

/** Settings of vxlan that change what a BIG-IP has to do, or cannot do. */
export function checkVxlanSettings(
  config: NetworkConfig,
  decoded: DecodedConfig,
  base: string,
): Finding[] {
  const backend = decoded.fields.Backend.at(-1)?.entry;
  if (!isVxlan(config) || backend?.value.kind !== 'object') return [];
  const path = `${base}${pointerStep(backend.key)}`;
  const { fields } = decodeStruct(backend.value.entries, BACKEND_KEYS.vxlan);
  const warn = (
    rule: Finding['rule'],
    field: readonly FieldEntry[],
    message: string,
    fix: string,
  ): Finding[] => {
    const entry = field.at(-1)?.entry;
    const at = entry ? `${path}${pointerStep(entry.key)}` : path;
    return [{ rule, severity: 'warning', message, fix, path: at }];
  };
  const port = Number(finalValue(fields.Port) ?? 0n);
  return [
    ...(finalValue(fields.DirectRouting)
      ? warn(
          'vxlan-direct-routing',
          fields.DirectRouting,
          'DirectRouting: nodes in the underlay subnet of a BIG-IP send it bare packets, no VXLAN',
          'leave DirectRouting out, or put the BIG-IP into another underlay subnet',
        )
      : []),
    ...(finalValue(fields.GBP)
      ? warn(
          'vxlan-gbp',
          fields.GBP,
          'GBP adds the group policy extension to VXLAN headers, which a BIG-IP does not know',
          'leave GBP out',
        )
      : []),
    ...(port !== 0 && port !== 8472
      ? warn(
          'vxlan-port',
          fields.Port,
          `Port ${port}: the BIG-IP's VXLAN profile must use ${port} too (flannel's default is 8472)`,
          `set port ${port} in the BIG-IP's VXLAN profile`,
        )
      : []),
  ];
}
