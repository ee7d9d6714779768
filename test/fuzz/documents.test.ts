import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CheckedDocument, checkDocument } from '../../src/model/document.ts';
import { fixText } from '../../src/model/fix.ts';
import { parseJsonText } from '../../src/model/json-source.ts';
import { CONFIG_FIELDS, judgeConfig } from '../../src/model/network-config.ts';
import { textDiff } from '../../src/output/text-diff.ts';
import { BARE, DUAL, PAIR, SITE } from '../model/rules/sites.ts';
import { PLAIN } from '../output/plain.ts';
import { hostileJson, hostileText, jsonText } from './hostile.ts';
import { malformed } from './malformed.ts';
import { expectPrintable, loadReports, printReports } from './printed.ts';
import { fuzz } from './runs.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../data/flannel-config-cases.json', import.meta.url), 'utf8'),
) as { configs: { config: string; 'v0.12': { ok: boolean }; 'v0.20': { ok: boolean } }[] };

const CONFIGS = [
  BARE,
  ...recorded.configs.filter((one) => one['v0.12'].ok && one['v0.20'].ok).map((one) => one.config),
];

const SITES = [
  SITE,
  PAIR,
  DUAL,
  `${SITE}ignore:\n  - rule: range-small\n    reason: known\n`,
  SITE.replace('  Backend', '  <<: &more { SubnetLen: 24 }\n  Also: *more\n  Backend'),
  `${SITE.replace('name: site-a', 'name: "a\\e[2J\\x9b"')}`,
];

const MANIFESTS = [
  `apiVersion: v1\nkind: ConfigMap\ndata:\n  net-conf.json: |\n    ${BARE.replaceAll('\n', '\n    ')}\n`,
  `kind: Namespace\napiVersion: v1\n---\nkind: ConfigMap\napiVersion: v1\ndata:\n  net-conf.json: ${JSON.stringify(BARE)}\n`,
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'v1', kind: 'ConfigMap', data: { 'net-conf.json': BARE } }],
  }),
];

const SITE_KEYS = [
  ...['apiVersion', 'kind', 'name', 'etcd', 'api', 'endpoints', 'prefix', 'network', 'Backend'],
  ...['Type', 'VNI', 'bigips', 'subnet', 'publicIP', 'vtepMAC', 'selfIP', 'ignore', 'rule'],
  ...['ipv6Subnet', 'publicIPv6', 'vtepMACv6', 'at', 'reason', ...Object.keys(CONFIG_FIELDS)],
  ...['data', 'net-conf.json', 'items'],
];

const LEAVES = [
  ...['flannel-bigip/v1', 'Site', 'ConfigMap', 'List', 'v1', 'vxlan', '10.244.0.0/16', BARE],
  ...['10.244.10.0', '10.1.10.245', '00:0c:29:2e:db:2e', 'fd00::/48', 'range-small'],
];

/** JSON in the shape of a site, and with anything in place of a part of it. */
const siteJson = fc.oneof(
  hostileJson(SITE_KEYS, LEAVES),
  fc
    .record(
      {
        apiVersion: fc.constantFrom('flannel-bigip/v1', 'v1', 1),
        kind: fc.constantFrom('Site', 'ConfigMap', 'List', null),
        name: hostileText,
        etcd: hostileJson(SITE_KEYS, LEAVES),
        network: hostileJson(SITE_KEYS, LEAVES),
        bigips: hostileJson(SITE_KEYS, LEAVES),
        ignore: hostileJson(SITE_KEYS, LEAVES),
        data: hostileJson(SITE_KEYS, LEAVES),
      },
      { requiredKeys: ['apiVersion'] },
    )
    .map((value) => value as unknown),
);

const fileName = fc.oneof(
  fc.constantFrom('x.yaml', 'x', 'x.json', 'net-conf.json', '-'),
  hostileText.map((text) => text.slice(0, 40)),
);

const isValid = ({ findings }: CheckedDocument) =>
  findings.every(({ severity }) => severity !== 'error');

/** Whether both flannels take the text for a config. */
function flannelAccepts(text: string): boolean {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  const parsed = parseJsonText(text);
  if (!parsed.ok) return false;
  const { root } = parsed;
  return (['v0.12.0', 'v0.20.0'] as const).every(
    (version) => judgeConfig(root, version).config !== null,
  );
}

let reports: Awaited<ReturnType<typeof loadReports>>;
beforeAll(async () => {
  reports = await loadReports();
});

/** Checks a text, prints what is found in every format, and mends it. */
function checkAndPrint(text: string, name: string): CheckedDocument {
  const checked = checkDocument(text, name);
  const outside = checked.findings.filter(
    ({ span }) => span && (span.start < 0 || span.start > text.length),
  );
  expect(outside).toEqual([]);
  printReports(checked, name, reports);
  return checked;
}

describe('malformed input', () => {
  let refused = 0;
  fuzz('never makes a config valid that flannel refuses', malformed(CONFIGS), 500, (text) => {
    const checked = checkDocument(text, 'x.json');
    if (flannelAccepts(text)) return;
    refused += 1;
    expect(isValid(checked)).toBe(false);
  });

  it('is mostly refused', () => {
    expect(refused).toBeGreaterThan(250);
  });

  fuzz(
    'of a config under any name is reported in every format, inside the text',
    fc.tuple(malformed(CONFIGS), fileName),
    150,
    ([text, name]) => {
      checkAndPrint(text, name);
    },
  );

  fuzz(
    'of a site is reported, and what is still a site is one that flannel takes',
    fc.tuple(malformed(SITES), fc.constantFrom('site.yaml', 'site', '\u001b[2J.yaml')),
    350,
    ([text, name]) => {
      const { site, findings } = checkAndPrint(text, name);
      if (site === null) expect(findings).not.toEqual([]);
      else expect(flannelAccepts(site.network.text)).toBe(true);
    },
  );

  fuzz(
    'in the shape of a site is reported, and what is still a site is one that flannel takes',
    fc.tuple(siteJson, fileName),
    350,
    ([value, name]) => {
      const { site, findings } = checkAndPrint(jsonText(value), name);
      if (site === null) expect(findings).not.toEqual([]);
      else expect(flannelAccepts(site.network.text)).toBe(true);
    },
  );

  fuzz(
    'of a manifest is reported in every format',
    fc.tuple(malformed(MANIFESTS), fc.constantFrom('m.yaml', 'm.json', 'm')),
    250,
    ([text, name]) => {
      checkAndPrint(text, name);
    },
  );

  fuzz(
    'is mended to something that is no worse, and the difference can be shown',
    fc.tuple(malformed([...SITES, ...CONFIGS.slice(0, 40), ...MANIFESTS]), fileName),
    100,
    ([text, name]) => {
      const fixed = fixText(text, name, {});
      expect(fixText(fixed, name, {})).toBe(fixed);
      expectPrintable(textDiff(name, text, fixed, PLAIN));
    },
  );
});
