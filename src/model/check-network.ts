import type { Subnet } from './address.ts';
import type { Finding } from './finding.ts';
import {
  type FlannelRelease,
  formatFlannelRelease,
  isAtLeast,
  judgeOf,
} from './flannel-release.ts';
import { foldKey } from './go-decode.ts';
import {
  type DecodedConfig,
  decodeConfig,
  type FlannelVersion,
  type Judgement,
  judgeConfig,
  type NetworkConfig,
} from './network-config.ts';
import { checkBackend, checkBackendIsVxlan, checkVxlanSettings } from './rules/backend.ts';
import type { ConfigPlace } from './rules/bigip-range.ts';
import { checkConfigKeys } from './rules/keys.ts';
import { checkHostBits, checkRange } from './rules/range.ts';
import { checkReservedSubnets } from './rules/reserved-subnets.ts';
import { pointerStep, type SourceNode } from './source.ts';

/** Which store flanneld reads, and so which versions judge a config; `auto` asks both. */
export type EtcdApi = 'auto' | 'v2' | 'v3';

const JUDGES: Record<EtcdApi, readonly FlannelVersion[]> = {
  auto: ['v0.12.0', 'v0.20.0'],
  v2: ['v0.12.0'],
  v3: ['v0.20.0'],
};

export interface CheckedNetwork {
  /** The values flannel works with; null when a judge refuses the config. */
  readonly config: NetworkConfig | null;
  readonly findings: readonly Finding[];
}

export interface CheckNetworkOptions {
  readonly api: EtcdApi;
  /** The one release whose rules hold, whatever the store. */
  readonly release?: FlannelRelease | undefined;
  /** Whether a BIG-IP is in play: then only vxlan will do. */
  readonly withBigip: boolean;
  /** JSON pointer of the config in its document: '' or '/network'. */
  readonly base: string;
  /** Subnets of BIG-IPs that no document declares. */
  readonly reserved?: readonly Subnet[];
}

/** Checks one network config by flannel's own checks and by this program's rules. */
export function checkNetwork(root: SourceNode, options: CheckNetworkOptions): CheckedNetwork {
  const { api, release, withBigip, base } = options;
  const decoded = decodeConfig(root);
  const judges = release ? [judgeOf(release)] : JUDGES[api];
  const judged = judges.map((version) => ({
    version,
    judgement: judgeConfig(root, version, decoded),
  }));
  const config = judged.some(({ judgement }) => refused(judgement))
    ? null
    : effective(root, judged);
  const findings: Finding[] = [
    ...flannelRejects(judged, base),
    ...(judged.some(({ judgement }) => judgement.networkMissing) ? [networkMissing(base)] : []),
    ...(decoded ? checkConfigKeys(root, decoded, base) : []),
    ...(decoded ? checkHostBits(decoded, base) : []),
    ...(decoded ? checkBackend(decoded, base, release) : []),
    ...(decoded ? unreadFields(decoded, options) : []),
    ...(decoded && config
      ? [
          ...checkRange(config, decoded, base),
          ...checkBackendIsVxlan(config, decoded, withBigip, base),
          ...(withBigip ? checkVxlanSettings(config, decoded, base) : []),
          ...checkReservedSubnets(options.reserved ?? [], config, configPlace(root, base)),
        ]
      : []),
  ];
  return { config, findings };
}

function refused(judgement: Judgement): boolean {
  return judgement.config === null || judgement.networkMissing;
}

/**
 * The values to go on with. flannel v0.15 to v0.17 read IPv6 from the v2 store, so where v0.12 is
 * the judge, v0.20 still says which families there are, if it takes the config.
 */
function effective(root: SourceNode, judged: Judged): NetworkConfig | null {
  const modern = judged.find(({ version }) => version === 'v0.20.0')?.judgement;
  return (modern ?? judgeConfig(root, 'v0.20.0')).config ?? judged[0]?.judgement.config ?? null;
}

type Judged = readonly { readonly version: FlannelVersion; readonly judgement: Judgement }[];

function flannelRejects(judged: Judged, base: string): Finding[] {
  const found = new Map<string, { versions: Set<string>; finding: Omit<Finding, 'message'> }>();
  for (const { version, judgement } of judged) {
    for (const { message, path, span } of judgement.rejections) {
      const finding = {
        rule: 'flannel-rejects',
        severity: 'error',
        path: base + path,
        span,
      } as const;
      const known = found.get(message);
      if (known) known.versions.add(version);
      else found.set(message, { versions: new Set([version]), finding });
    }
  }
  return [...found].map(([message, { versions, finding }]) => ({
    ...finding,
    message: `flannel ${[...versions].join(' and ')} ${versions.size > 1 ? 'refuse' : 'refuses'} this config. ${message}`,
  }));
}

function networkMissing(base: string): Finding {
  return {
    rule: 'network-missing',
    severity: 'error',
    message:
      'Network is missing: flannel v0.12 would run with 0.0.0.0/0 and take over every address, later versions refuse',
    fix: 'declare Network, e.g. 10.244.0.0/16',
    path: base,
  };
}

/** Keys that the flannel in question knows nothing of. */
function unreadFields(
  decoded: DecodedConfig,
  { api, release, base }: CheckNetworkOptions,
): Finding[] {
  const { EnableIPv6, EnableNFTables } = decoded.fields;
  const unread = (rule: Finding['rule'], key: string, message: string): Finding[] => [
    { rule, severity: 'warning', message, path: `${base}${pointerStep(key)}` },
  ];
  const ipv6 = EnableIPv6.findLast((one) => one.value === true)?.entry;
  const tables = EnableNFTables.at(-1)?.entry;
  const old = release && `flannel ${formatFlannelRelease(release)} does not read`;
  const readsIpv6 = release ? isAtLeast(release, 15) : api !== 'v2';
  return [
    ...(ipv6 && !readsIpv6
      ? unread(
          'ipv6-unread',
          ipv6.key,
          old
            ? `${old} ${ipv6.key}, only v0.15 and later do`
            : 'of the versions that use the v2 store only v0.15 to v0.17 read EnableIPv6',
        )
      : []),
    ...(tables && release && !isAtLeast(release, 25)
      ? unread('key-unread', tables.key, `${old} ${tables.key}, only v0.25 and later do`)
      : []),
  ];
}

/** Where a config and its fields stand, the fields in the case they are written in. */
export function configPlace(root: SourceNode, base: string): ConfigPlace {
  return {
    base,
    pathOf(field) {
      if (root.kind !== 'object') return null;
      const entry = root.entries.findLast(({ key }) => foldKey(key) === foldKey(field));
      return entry === undefined ? null : `${base}${pointerStep(entry.key)}`;
    },
  };
}
