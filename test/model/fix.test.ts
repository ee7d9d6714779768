import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Subnet } from '../../src/model/address.ts';
import { parseSubnet } from '../../src/model/address.ts';
import { checkDocument } from '../../src/model/document.ts';
import { fixText } from '../../src/model/fix.ts';
import { DUAL, edited, SITE } from './rules/sites.ts';

const RESERVED = [parseSubnet('10.244.100.0/24')].filter((one): one is Subnet => one !== null);
const RESERVED6 = [parseSubnet('fd00:10:244:64::/64')].filter((one): one is Subnet => one !== null);

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

describe('fix, on bare network configs beside a BIG-IP', () => {
  it.each([
    [
      'adds the range to one line',
      '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}',
      '{"Network":"10.244.0.0/16", "SubnetMin": "10.244.1.0", "SubnetMax": "10.244.99.0","Backend":{"Type":"vxlan"}}',
    ],
    [
      'adds the range in lines of its own, indented alike',
      lines('{', '\t"Backend": { "Type": "vxlan" },', '\t"Network": "10.244.0.0/16"', '}'),
      lines(
        '{',
        '\t"Backend": { "Type": "vxlan" },',
        '\t"Network": "10.244.0.0/16",',
        '\t"SubnetMin": "10.244.1.0",',
        '\t"SubnetMax": "10.244.99.0"',
        '}',
      ),
    ],
    [
      'sets the end that is there and adds the other',
      lines(
        '{',
        '  "Network": "10.244.0.0/16",',
        '  "SubnetMax": "10.244.200.0",',
        '  "Backend": {"Type":"vxlan"}',
        '}',
      ),
      lines(
        '{',
        '  "Network": "10.244.0.0/16",',
        '  "SubnetMin": "10.244.1.0",',
        '  "SubnetMax": "10.244.99.0",',
        '  "Backend": {"Type":"vxlan"}',
        '}',
      ),
    ],
    [
      'keeps line ends of Windows',
      '{\r\n  "Network": "10.244.0.0/16",\r\n  "Backend": {"Type":"vxlan"}\r\n}\r\n',
      '{\r\n  "Network": "10.244.0.0/16",\r\n  "SubnetMin": "10.244.1.0",\r\n  "SubnetMax": "10.244.99.0",\r\n  "Backend": {"Type":"vxlan"}\r\n}\r\n',
    ],
    [
      'mends the case of keys, at every depth',
      '{"network":"10.244.0.0/16","subnetmax":"10.244.9.0","BACKEND":{"type":"vxlan","directRouting":false}}',
      '{"Network":"10.244.0.0/16","SubnetMax":"10.244.9.0","Backend":{"Type":"vxlan","DirectRouting":false}}',
    ],
    [
      'clears host bits',
      '{"Network":"10.244.7.9/16","SubnetMax":"10.244.9.0","Backend":{"Type":"vxlan"}}',
      '{"Network":"10.244.0.0/16","SubnetMax":"10.244.9.0","Backend":{"Type":"vxlan"}}',
    ],
    [
      'mends the range when host bits hid it',
      '{"Network":"10.244.7.9/16","SubnetMax":"10.244.255.0","Backend":{"Type":"vxlan"}}',
      '{"Network":"10.244.0.0/16", "SubnetMin": "10.244.1.0","SubnetMax":"10.244.99.0","Backend":{"Type":"vxlan"}}',
    ],
  ])('%s', (_, before, after) => {
    expect(fixText(before, 'net-conf.json', { reserved: RESERVED })).toBe(after);
  });

  it.each([
    [
      'a misspelt key, whose meaning is a guess',
      '{"Network":"10.244.0.0/16","SubnetMaks":"10.244.9.0","Backend":{"Type":"vxlan"}}',
    ],
    [
      'a key that stands twice',
      '{"Network":"10.244.0.0/16","SubnetMax":"10.244.9.0","SubnetMax":"10.244.200.0","Backend":{"Type":"vxlan"}}',
    ],
    [
      'two spellings of a key',
      '{"Network":"10.244.0.0/16","subnetMax":"10.244.9.0","SubnetMax":"10.244.99.0","Backend":{"Type":"vxlan"}}',
    ],
    [
      'escapes in a value',
      '{"Network":"10.244.7.9\\u002f16","SubnetMax":"10.244.9.0","Backend":{"Type":"vxlan"}}',
    ],
    ['a network without room', '{"Network":"10.244.100.0/24","Backend":{"Type":"vxlan"}}'],
    ['broken JSON', '{"network":'],
  ])('leaves %s to a person', (_, text) => {
    expect(fixText(text, 'net-conf.json', { reserved: RESERVED })).toBe(text);
  });
});

describe('fix, in ConfigMaps', () => {
  it('edits the block inside the manifest', () => {
    const head = ['apiVersion: v1', 'kind: ConfigMap', 'data:', '  net-conf.json: | # flannel'];
    const before = lines(
      ...head,
      '    {',
      '      "network": "10.244.0.0/16",',
      '      "Backend": {"Type":"vxlan"}',
      '    }',
    );
    const after = lines(
      ...head,
      '    {',
      '      "Network": "10.244.0.0/16",',
      '      "SubnetMin": "10.244.1.0",',
      '      "SubnetMax": "10.244.99.0",',
      '      "Backend": {"Type":"vxlan"}',
      '    }',
    );
    expect(fixText(before, 'cm.yaml', { reserved: RESERVED })).toBe(after);
  });

  it('edits words in a quoted string, and adds nothing there', () => {
    const config =
      '{"Network":"10.244.0.0/16","subnetMin":"10.244.1.0","SubnetMax":"10.244.200.0","Backend":{"Type":"vxlan"}}';
    const manifest = (text: string) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', data: { 'net-conf.json': text } });
    const wanted = config.replace('subnetMin', 'SubnetMin').replace('200', '99');
    expect(fixText(manifest(config), 'cm.json', { reserved: RESERVED })).toBe(manifest(wanted));

    const bare = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';
    expect(fixText(manifest(bare), 'cm.json', { reserved: RESERVED })).toBe(manifest(bare));
  });
});

describe('fix, in site files', () => {
  it.each([
    [
      'keeps comments, order and style',
      edited(SITE, [
        ['  SubnetMin: 10.244.10.0\n  SubnetMax: 10.244.99.0\n', ''],
        ['Network: 10.244.0.0/16', 'Network: 10.244.0.0/16   # 全部 pods'],
      ]),
      edited(SITE, [
        ['Network: 10.244.0.0/16', 'Network: 10.244.0.0/16   # 全部 pods'],
        ['10.244.10.0', '10.244.1.0'],
      ]),
    ],
    [
      'writes into a flow mapping',
      'apiVersion: flannel-bigip/v1\nkind: Site\nname: a\nnetwork: { Network: 10.244.0.0/16, Backend: { type: vxlan } }\nbigips: [{ name: b, subnet: 10.244.100.0/24, publicIP: 10.1.1.1, vtepMAC: 00:0c:29:2e:db:2e }]\n',
      'apiVersion: flannel-bigip/v1\nkind: Site\nname: a\nnetwork: { Network: 10.244.0.0/16, SubnetMin: 10.244.1.0, SubnetMax: 10.244.99.0, Backend: { Type: vxlan } }\nbigips: [{ name: b, subnet: 10.244.100.0/24, publicIP: 10.1.1.1, vtepMAC: 00:0c:29:2e:db:2e }]\n',
    ],
    [
      "clears host bits of a BIG-IP's subnet",
      edited(SITE, [['subnet: 10.244.100.0/24', 'subnet: "10.244.100.7/24" # unit 1']]),
      edited(SITE, [['subnet: 10.244.100.0/24', 'subnet: "10.244.100.0/24" # unit 1']]),
    ],
    [
      'quotes IPv6 addresses that it adds',
      edited(DUAL, [
        ['  IPv6SubnetMin: "fd00:10:244:10::"\n  IPv6SubnetMax: "fd00:10:244:63::"\n', ''],
      ]),
      edited(DUAL, [
        ['fd00:10:244:10::', 'fd00:10:244:65::'],
        ['fd00:10:244:63::', 'fd00:10:244:ffff::'],
      ]),
    ],
    [
      'adds the range at the end of a file without a last line break',
      'apiVersion: flannel-bigip/v1\nkind: Site\nname: a\nbigips: [{ name: b, subnet: 10.244.100.0/24, publicIP: 10.1.1.1, vtepMAC: 00:0c:29:2e:db:2e }]\nnetwork:\n  Backend: { Type: vxlan }\n  Network: 10.244.0.0/16',
      'apiVersion: flannel-bigip/v1\nkind: Site\nname: a\nbigips: [{ name: b, subnet: 10.244.100.0/24, publicIP: 10.1.1.1, vtepMAC: 00:0c:29:2e:db:2e }]\nnetwork:\n  Backend: { Type: vxlan }\n  Network: 10.244.0.0/16\n  SubnetMin: 10.244.1.0\n  SubnetMax: 10.244.99.0',
    ],
  ])('%s', (_, before, after) => {
    expect(fixText(before, 'site.yaml', {})).toBe(after);
    expect(checkDocument(after, 'site.yaml').site).not.toBeNull();
  });

  it('leaves alone what is ignored', () => {
    const text = `${edited(SITE, [['SubnetMax', 'subnetMax']])}ignore: [{ rule: key-case, reason: old reader }]\n`;
    expect(fixText(text, 'site.yaml', {})).toBe(text);
  });
});

describe('fix, on whatever it is given', () => {
  const address = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.244.${a}.${b}`);
  const key = (name: string) => fc.constantFrom(name, name.toLowerCase(), name.toUpperCase());
  const config = fc
    .record({
      network: fc.tuple(
        key('Network'),
        address.map((one) => `${one}/16`),
      ),
      min: fc.option(fc.tuple(key('SubnetMin'), address)),
      max: fc.option(fc.tuple(key('SubnetMax'), address)),
      backend: fc.tuple(key('Backend'), fc.tuple(key('Type'), fc.constantFrom('vxlan', 'udp'))),
    })
    .map(({ network, min, max, backend: [name, [type, value]] }) =>
      Object.fromEntries([
        network,
        ...(min ? [min] : []),
        ...(max ? [max] : []),
        [name, { [type]: value }],
      ]),
    );
  const errorsOf = (text: string) =>
    checkDocument(text, 'n.json', { reserved: [...RESERVED, ...RESERVED6] }).findings.filter(
      ({ severity }) => severity === 'error',
    ).length;

  it('is done after one run, makes nothing worse, and adds no key but the range', () => {
    fc.assert(
      fc.property(config, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const fixed = fixText(text, 'n.json', { reserved: RESERVED });
        expect(fixText(fixed, 'n.json', { reserved: RESERVED })).toBe(fixed);
        expect(errorsOf(fixed)).toBeLessThanOrEqual(errorsOf(text));
        const added = Object.keys(JSON.parse(fixed)).filter(
          (name) => !Object.keys(value).some((old) => old.toLowerCase() === name.toLowerCase()),
        );
        expect(added.filter((name) => !['SubnetMin', 'SubnetMax'].includes(name))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
