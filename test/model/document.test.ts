import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../src/model/document.ts';
import { BARE, DUAL, edited, SITE } from './rules/sites.ts';

const asJson = (value: unknown) => JSON.stringify(value, null, 2);
const siteDocument = {
  apiVersion: 'flannel-bigip/v1',
  kind: 'Site',
  name: 'site-a',
  network: { Backend: { Type: 'vxlan' }, SubnetMax: '10.244.99.0', Network: '10.244.0.0/16' },
};

function summary(text: string, fileName: string) {
  const { kind, site, findings } = checkDocument(text, fileName);
  return { kind, site: site?.name ?? null, rules: findings.map(({ rule }) => rule) };
}

describe('a document', () => {
  it.each([
    ['a site in YAML', SITE, 'site.yaml', { kind: 'site', site: 'site-a', rules: [] }],
    [
      'a site in JSON',
      asJson(siteDocument),
      'site.json',
      { kind: 'site', site: 'site-a', rules: [] },
    ],
    [
      'a site in JSON under a name for YAML',
      asJson(siteDocument),
      'site.yml',
      { kind: 'site', site: 'site-a', rules: [] },
    ],
    [
      'a site as a YAML flow mapping',
      asJson(siteDocument).replaceAll('"', ''),
      'site.yaml',
      { kind: 'site', site: 'site-a', rules: [] },
    ],
    ['a site from standard input', SITE, '-', { kind: 'site', site: 'site-a', rules: [] }],
    [
      'a site with CRLF',
      SITE.replaceAll('\n', '\r\n'),
      'site.yaml',
      { kind: 'site', site: 'site-a', rules: [] },
    ],
    [
      'a site with a byte-order mark in YAML',
      `\ufeff${SITE}`,
      'site.yaml',
      { kind: 'site', site: 'site-a', rules: [] },
    ],
    ['a bare config', BARE, 'net.json', { kind: 'network-config', site: null, rules: [] }],
    [
      'a bare config of any name',
      BARE,
      'config',
      { kind: 'network-config', site: null, rules: [] },
    ],
    [
      'a bare config in YAML',
      'Network: 10.244.0.0/16\nBackend:\n  Type: vxlan\n',
      'net.yaml',
      { kind: 'network-config', site: null, rules: [] },
    ],
    [
      'a bare config as a flow mapping, which flannel cannot read',
      '{Network: 10.244.0.0/16}',
      'net.yaml',
      { kind: 'network-config', site: null, rules: ['flannel-rejects'] },
    ],
    [
      'a bare config with a trailing comma under a name for YAML',
      BARE.replace('" }', '" },'),
      'net.yaml',
      { kind: 'network-config', site: null, rules: ['flannel-rejects'] },
    ],
    [
      'a bare config in YAML under a name for JSON',
      'Network: 10.244.0.0/16',
      'net.json',
      { kind: 'network-config', site: null, rules: ['flannel-rejects'] },
    ],
    [
      'a bare config with a byte-order mark',
      `\ufeff${BARE}`,
      'net.json',
      { kind: 'network-config', site: null, rules: ['flannel-rejects'] },
    ],
    [
      'a site in JSON with a trailing comma',
      asJson(siteDocument).replace(/\n}$/, ',\n}'),
      'site.json',
      { kind: null, site: null, rules: ['syntax'] },
    ],
    ['nothing in YAML', '', 'site.yaml', { kind: null, site: null, rules: ['syntax'] }],
    [
      'nothing in JSON',
      '',
      'net.json',
      { kind: 'network-config', site: null, rules: ['flannel-rejects'] },
    ],
    [
      'a list',
      '[]',
      'net.json',
      { kind: 'network-config', site: null, rules: ['flannel-rejects'] },
    ],
    [
      'null',
      'null',
      'net.json',
      { kind: 'network-config', site: null, rules: ['network-missing'] },
    ],
    [
      'a text',
      '"x"',
      'net.json',
      { kind: 'network-config', site: null, rules: ['flannel-rejects'] },
    ],
  ] as const)('is told: %s', (_, text, fileName, expected) => {
    expect(summary(text, fileName)).toEqual(expected);
  });

  it('that is a site is read in full', () => {
    const { site } = checkDocument(SITE, 'site.yaml');
    expect(site).toEqual({
      name: 'site-a',
      etcd: { api: 'v3' },
      kubernetes: {},
      network: {
        text: '{"Network":"10.244.0.0/16","SubnetMin":"10.244.10.0","SubnetMax":"10.244.99.0","SubnetLen":24,"Backend":{"Type":"vxlan"}}',
        config: {
          ipv4: {
            family: 4,
            network: { family: 4, base: 0x0af40000n, length: 16 },
            subnetLen: 24,
            subnetMin: 0x0af40a00n,
            subnetMax: 0x0af46300n,
          },
          ipv6: null,
          backendType: 'vxlan',
          vxlan: { vni: 1, port: 0, gbp: false, directRouting: false },
        },
      },
      bigips: [
        {
          name: 'bigip-1',
          ipv4: {
            subnet: { family: 4, base: 0x0af46400n, length: 24 },
            publicIP: { family: 4, value: 0x0a010af5n },
            vtepMAC: '00:0c:29:2e:db:2e',
            selfIP: { family: 4, value: 0x0af4640an },
          },
          ipv6: null,
          management: null,
        },
      ],
    });
  });

  it("keeps the network's keys in the order of the file", () => {
    expect(checkDocument(asJson(siteDocument), 'site.json').site?.network.text).toBe(
      '{"Backend":{"Type":"vxlan"},"SubnetMax":"10.244.99.0","Network":"10.244.0.0/16"}',
    );
  });

  it('is judged by the store that the site names, and by another when that is asked for', () => {
    const text = edited(SITE, [['SubnetLen: 24', 'EnableIPv6: true']]);
    const rulesFor = (site: string, api?: 'v2' | 'v3') =>
      checkDocument(site, 'site.yaml', { api }).findings.map(({ rule }) => rule);
    const v2 = edited(text, [['v3', 'v2']]);
    expect([rulesFor(text), rulesFor(v2), rulesFor(text, 'v2'), rulesFor(v2, 'v3')]).toEqual([
      ['flannel-rejects'],
      ['ipv6-unread'],
      ['ipv6-unread'],
      ['flannel-rejects'],
    ]);
  });

  it('that is a dual-stack site on the v2 store keeps both families', () => {
    const { site, findings } = checkDocument(DUAL, 'site.yaml', { api: 'v2' });
    expect(findings.map(({ rule }) => rule)).toEqual(['ipv6-unread']);
    expect(site?.network.config.ipv6?.network).toEqual({
      family: 6,
      base: 0xfd00_0010_0244n << 80n,
      length: 48,
    });
  });

  it('with keys like __proto__ is refused, and changes no object', () => {
    const text = asJson(siteDocument).replace(
      '{',
      '{ "__proto__": { "polluted": 1 }, "constructor": 1,',
    );
    expect(summary(text, 'site.json')).toEqual({
      kind: 'site',
      site: null,
      rules: ['unknown-key', 'unknown-key'],
    });
    expect('polluted' in {}).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'with the key %s in its network is refused',
    (key) => {
      const text = BARE.replace('{', `{ "${key}": 1,`);
      expect(summary(text, 'net.json').rules).toEqual(['unknown-key']);
    },
  );
});

describe('what a site says of Kubernetes', () => {
  const withKubernetes = (text: string) =>
    checkDocument(`${SITE}kubernetes:\n${text}`, 'site.yaml');

  it('is read', () => {
    const { site } = withKubernetes(
      '  kubeconfig: admin.conf\n  context: a\n  ignoreNodes: "os in (windows), !flannel"\n  nodes: { node-1: 10.1.10.151 }\n',
    );
    expect(site?.kubernetes).toEqual({
      kubeconfig: 'admin.conf',
      context: 'a',
      ignoreNodes: 'os in (windows), !flannel',
      nodes: { 'node-1': '10.1.10.151' },
    });
  });

  it.each([
    ['  ignoreNodes: os in\n', 'wrong-value', '/kubernetes/ignoreNodes'],
    ['  nodes: { a/b: 10.1.10.300 }\n', 'wrong-value', '/kubernetes/nodes/a~1b'],
    ['  nodes: [a]\n', 'wrong-type', '/kubernetes/nodes'],
    ['  kubconfig: x\n', 'unknown-key', '/kubernetes/kubconfig'],
  ])('is refused where it is wrong: %j', (text, rule, pointer) => {
    const { site, findings } = withKubernetes(text);
    expect(site).toBeNull();
    expect(findings.map((one) => [one.rule, one.path])).toEqual([[rule, pointer]]);
  });
});
