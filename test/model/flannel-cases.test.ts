import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatSubnet } from '../../src/model/address.ts';
import { checkNetwork, type EtcdApi } from '../../src/model/check-network.ts';
import { parseJsonText } from '../../src/model/json-source.ts';
import { formatLeaseKey, parseLeaseKey } from '../../src/model/lease-key.ts';
import {
  type AllocationRange,
  type FlannelVersion,
  judgeConfig,
  type NetworkConfig,
} from '../../src/model/network-config.ts';

type Column = 'v0.12' | 'v0.20';

interface ConfigAnswer {
  readonly ok: boolean;
  readonly effective?: Readonly<Record<string, string | number | boolean>>;
}

interface KeyAnswer {
  readonly made: string;
  readonly subnet: string;
  readonly ipv6Subnet?: string;
}

interface Recorded {
  readonly configs: readonly ({ readonly config: string } & Readonly<
    Record<Column, ConfigAnswer>
  >)[];
  readonly subnetKeys: readonly ({ readonly key: string } & Readonly<
    Record<Column, KeyAnswer | null>
  >)[];
}

const recorded = JSON.parse(
  readFileSync(new URL('../data/flannel-config-cases.json', import.meta.url), 'utf8'),
) as Recorded;

const VERSIONS: readonly (readonly [Column, FlannelVersion])[] = [
  ['v0.12', 'v0.12.0'],
  ['v0.20', 'v0.20.0'],
];

const COLUMNS_OF: Record<EtcdApi, readonly Column[]> = {
  v2: ['v0.12'],
  v3: ['v0.20'],
  auto: ['v0.12', 'v0.20'],
};

/** What this program may refuse although flannel takes it. */
const STRICTER = [
  'flannel-rejects',
  'unknown-key',
  'duplicate-key',
  'network-missing',
  'host-bits',
  'range-reversed',
  'range-empty',
  'range-includes-bigip',
  'family-mismatch',
  'backend-not-vxlan',
];

function judged(text: string, version: FlannelVersion): NetworkConfig | null {
  const parsed = parseJsonText(text);
  return parsed.ok ? judgeConfig(parsed.root, version).config : null;
}

function rangeValues(range: AllocationRange | null, names: string) {
  if (range === null) return {};
  return {
    [`${names}Network`]: formatSubnet(range.network),
    [`${names}SubnetLen`]: range.subnetLen,
    [`${names}SubnetMin`]: formatAddress(range.family, range.subnetMin),
    [`${names}SubnetMax`]: formatAddress(range.family, range.subnetMax),
  };
}

function effective(config: NetworkConfig, column: Column) {
  return {
    BackendType: config.backendType,
    ...rangeValues(config.ipv4, ''),
    ...rangeValues(config.ipv6, 'IPv6'),
    ...(column === 'v0.12'
      ? {}
      : { EnableIPv4: config.ipv4 !== null, EnableIPv6: config.ipv6 !== null }),
  };
}

function errorRules(text: string, api: EtcdApi): string[] {
  const parsed = parseJsonText(text);
  if (!parsed.ok) return ['flannel-rejects'];
  return checkNetwork(parsed.root, { api, withBigip: false, base: '' })
    .findings.filter((finding) => finding.severity === 'error')
    .map((finding) => finding.rule);
}

describe("flannel's recorded answers", () => {
  it('are there, in full', () => {
    const accepted = (column: Column) => recorded.configs.filter((one) => one[column].ok).length;
    expect({
      configs: recorded.configs.length,
      accepted: [accepted('v0.12'), accepted('v0.20')],
      subnetKeys: recorded.subnetKeys.length,
    }).toEqual({ configs: 400, accepted: [115, 86], subnetKeys: 120 });
  });
});

describe.each(VERSIONS)('judging a config as flannel %s', (column, version) => {
  it.each(recorded.configs)('answers as flannel did: $config', (recordedCase) => {
    const answer = recordedCase[column];
    const config = judged(recordedCase.config, version);
    expect(
      config === null ? { ok: false } : { ok: true, effective: effective(config, column) },
    ).toEqual(answer.ok ? { ok: true, effective: answer.effective } : { ok: false });
  });
});

describe.each(['v2', 'v3', 'auto'] as const)('checking a config for api %s', (api) => {
  it.each(recorded.configs)('is never laxer than flannel: $config', (recordedCase) => {
    const accepted = COLUMNS_OF[api].every((column) => recordedCase[column].ok);
    const rules = errorRules(recordedCase.config, api);
    if (accepted) expect(rules.filter((rule) => !STRICTER.includes(rule))).toEqual([]);
    else expect(rules).not.toEqual([]);
  });
});

describe.each(VERSIONS)('reading a subnet key as flannel %s', (column, version) => {
  it.each(recorded.subnetKeys)('reads and writes as flannel did: $key', (recordedCase) => {
    const key = parseLeaseKey(recordedCase.key, version);
    const read = key && {
      made: formatLeaseKey(key),
      subnet: formatSubnet(key.subnet),
      ...(key.ipv6Subnet ? { ipv6Subnet: formatSubnet(key.ipv6Subnet) } : {}),
    };
    expect(read).toEqual(recordedCase[column]);
  });
});
