import type { Finding } from './finding.ts';
import {
  type DecodedConfig,
  decodeConfig,
  type FlannelVersion,
  type Judgement,
  judgeConfig,
  type NetworkConfig,
} from './network-config.ts';
import { checkBackend, checkBackendIsVxlan, checkVxlanSettings } from './rules/backend.ts';
import { checkConfigKeys } from './rules/keys.ts';
import { checkHostBits, checkRange } from './rules/range.ts';
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
  /** Whether a BIG-IP is in play: then only vxlan will do. */
  readonly withBigip: boolean;
  /** JSON pointer of the config in its document: '' or '/network'. */
  readonly base: string;
}

/** Checks one network config by flannel's own checks and by this program's rules. */
export function checkNetwork(root: SourceNode, options: CheckNetworkOptions): CheckedNetwork {
  const { api, withBigip, base } = options;
  const decoded = decodeConfig(root);
  const judged = JUDGES[api].map((version) => ({
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
    ...(decoded ? checkBackend(decoded, base) : []),
    ...(decoded && api === 'v2' ? ipv6Unread(decoded, base) : []),
    ...(decoded && config
      ? [
          ...checkRange(config, decoded, base),
          ...checkBackendIsVxlan(config, decoded, withBigip, base),
          ...(withBigip ? checkVxlanSettings(config, decoded, base) : []),
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
  const found = new Map<string, { versions: string[]; finding: Omit<Finding, 'message'> }>();
  for (const { version, judgement } of judged) {
    for (const { message, path, span } of judgement.rejections) {
      const finding = {
        rule: 'flannel-rejects',
        severity: 'error',
        path: base + path,
        span,
      } as const;
      const known = found.get(message);
      if (known) known.versions.push(version);
      else found.set(message, { versions: [version], finding });
    }
  }
  return [...found].map(([message, { versions, finding }]) => ({
    ...finding,
    message: `flannel ${versions.join(' and ')} ${versions.length > 1 ? 'refuse' : 'refuses'} this config. ${message}`,
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

function ipv6Unread(decoded: DecodedConfig, base: string): Finding[] {
  const entry = decoded.fields.EnableIPv6.findLast((one) => one.value === true)?.entry;
  if (entry === undefined) return [];
  const message = 'of the versions that use the v2 store only v0.15 to v0.17 read EnableIPv6';
  const path = `${base}${pointerStep(entry.key)}`;
  return [{ rule: 'ipv6-unread', severity: 'warning', message, path }];
}
