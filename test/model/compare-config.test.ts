import { describe, expect, it } from 'vitest';
import {
  changedFields,
  configDocument,
  effectivePort,
  isSecret,
  maskSecrets,
  sameConfig,
  withDefaults,
} from '../../src/model/compare-config.ts';
import { DUAL_NETWORK, liveOf, NETWORK, siteOf } from './snapshots.ts';

const declared = siteOf().network;
const plain = JSON.stringify(NETWORK);

function isSame(text: string): boolean {
  return sameConfig({ text, config: liveOf({ config: text }).config }, declared);
}

describe('a live config', () => {
  it.each([
    ['the very text', plain],
    ['white space', JSON.stringify(NETWORK, null, 2)],
    ['another order', JSON.stringify(Object.fromEntries(Object.entries(NETWORK).reverse()))],
    ['keys in another case', plain.replace('"SubnetMax"', '"subnetmax"')],
    ['a type in another case', plain.replace('"vxlan"', '"VXLAN"')],
    [
      'defaults spelt out',
      plain.replace('"vxlan"', '"vxlan","VNI":1,"Port":0,"GBP":false,"DirectRouting":false'),
    ],
    ["the kernel's port spelt out", plain.replace('"vxlan"', '"vxlan","Port":8472')],
    ['switches at rest', plain.replace('"vxlan"', '"vxlan","Learning":false,"MTU":0')],
    [
      'EnableIPv4 spelt out',
      plain.replace('{"Network"', '{"EnableIPv4":true,"EnableIPv6":false,"Network"'),
    ],
    ['the default length left out', plain.replace('"SubnetLen":24,', '')],
    ['host bits, which flannel clears', plain.replace('10.244.0.0/16', '10.244.3.4/16')],
    ['a key that flannel does not read', plain.replace('{"Network"', '{"Note":"x","Network"')],
    ['a key that only another backend reads', plain.replace('"vxlan"', '"vxlan","ListenPort":1')],
  ])('is the same with %s', (_, text) => {
    expect(isSame(text)).toBe(true);
  });

  it.each([
    ['another range', plain.replace('10.244.99.0', '10.244.98.0')],
    ['no SubnetMin', plain.replace('"SubnetMin":"10.244.10.0",', '')],
    ['another length', plain.replace('"SubnetLen":24', '"SubnetLen":23')],
    ['another VNI', plain.replace('"vxlan"', '"vxlan","VNI":2')],
    ['another port', plain.replace('"vxlan"', '"vxlan","Port":4789')],
    ['direct routing', plain.replace('"vxlan"', '"vxlan","DirectRouting":true')],
    ['an MTU', plain.replace('"vxlan"', '"vxlan","MTU":1400')],
    ['learning', plain.replace('"vxlan"', '"vxlan","learning":true')],
    ['nftables', plain.replace('{"Network"', '{"EnableNFTables":true,"Network"')],
    ['another backend', plain.replace('vxlan', 'host-gw')],
    ['a trailing comma', plain.replace('}}', '},}')],
    ['nothing', ''],
  ])('is another one with %s', (_, text) => {
    expect(isSame(text)).toBe(false);
  });
});

describe('the fields in which two configs differ', () => {
  it('stand by their canonical names, new ones first', () => {
    const before = {
      network: '10.244.0.0/16',
      SubnetLen: 24,
      Note: 'x',
      Backend: { type: 'udp', Port: 1 },
    };
    const after = {
      Network: '10.244.0.0/16',
      SubnetMax: '10.244.99.0',
      Backend: { Type: 'vxlan' },
    };
    expect(changedFields(before, after)).toEqual([
      { field: 'SubnetMax', before: undefined, after: '10.244.99.0' },
      { field: 'Backend.Type', before: 'udp', after: 'vxlan' },
      { field: 'SubnetLen', before: 24, after: undefined },
      { field: 'Note', before: 'x', after: undefined },
      { field: 'Backend.Port', before: 1, after: undefined },
    ]);
  });

  it.each([null, 'no JSON'])('are all of the new one when there was %j', (before) => {
    expect(changedFields(before, { Network: 'x', Backend: 'vxlan' })).toEqual([
      { field: 'Network', before: undefined, after: 'x' },
      { field: 'Backend', before: undefined, after: 'vxlan' },
    ]);
  });

  it('are none between equal ones', () => {
    expect(changedFields(NETWORK, { ...NETWORK })).toEqual([]);
  });
});

describe('what flannel takes for a field that is left out', () => {
  const fields = [
    'SubnetMin',
    'SubnetMax',
    'SubnetLen',
    'Network',
    'Backend.VNI',
    'Backend.Port',
    'Backend.GBP',
  ];

  function defaults(network: object, names = fields) {
    const { config } = siteOf({ network, bigips: [] }).network;
    const changes = names.map((field) => ({ field, before: undefined, after: 'x' }));
    return Object.fromEntries(
      withDefaults(changes, config, declared.config).map(({ field, byDefault }) => [
        field,
        byDefault,
      ]),
    );
  }

  it('is known of a vxlan network', () => {
    expect(defaults({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } })).toEqual({
      SubnetMin: '10.244.1.0',
      SubnetMax: '10.244.255.0',
      SubnetLen: 24,
      Network: undefined,
      'Backend.VNI': 1,
      'Backend.Port': 8472,
      'Backend.GBP': undefined,
    });
  });

  it('is not known of another backend', () => {
    expect(
      defaults({ Network: '10.244.0.0/16', Backend: { Type: 'udp' } }, [
        'Backend.VNI',
        'Backend.Port',
      ]),
    ).toEqual({ 'Backend.VNI': undefined, 'Backend.Port': undefined });
  });

  it('is known of IPv6 where the network has it', () => {
    const names = ['SubnetMin', 'IPv6SubnetMin', 'IPv6SubnetMax', 'IPv6SubnetLen'];
    const { IPv6SubnetMin: _, IPv6SubnetMax: __, ...network } = DUAL_NETWORK;
    expect([defaults(network, names), defaults(NETWORK, names)]).toEqual([
      {
        SubnetMin: '10.244.10.0',
        IPv6SubnetMin: 'fd00:10:244:1::',
        IPv6SubnetMax: 'fd00:10:244:ffff::',
        IPv6SubnetLen: 64,
      },
      { SubnetMin: '10.244.10.0' },
    ]);
  });

  it('is that of the side that leaves it out, and none where both name it', () => {
    const changes = [
      { field: 'SubnetLen', before: 25, after: undefined },
      { field: 'SubnetLen', before: 25, after: 24 },
      { field: 'SubnetLen', before: undefined, after: 24 },
    ];
    expect(withDefaults(changes, null, declared.config)).toEqual([
      { field: 'SubnetLen', before: 25, after: undefined, byDefault: 24 },
      { field: 'SubnetLen', before: 25, after: 24 },
      { field: 'SubnetLen', before: undefined, after: 24 },
    ]);
  });
});

describe('the text of a live config', () => {
  it.each([
    ['{"a":1,"a":2}', { a: 2 }],
    ['{"a":1,}', '{"a":1,}'],
    ['', ''],
    ['{"Backend":{"psk":"hush"},}', '********'],
  ])('%j is shown as %j', (text, document) => {
    expect(configDocument(text)).toEqual(document);
  });
});

describe('secrets', () => {
  it.each([
    ['PSK', true],
    ['Backend.PSK', true],
    ['Backend.psk', true],
    ['Backend.p\u017f\u212a', true],
    ['AccessKeySecret', true],
    ['AccessKeyID', false],
    ['PSK.Type', false],
    ['', false],
  ])('%s is one: %s', (key, secret) => {
    expect(isSecret(key)).toBe(secret);
  });

  it('are masked wherever they stand, and nothing else is', () => {
    const document = {
      Network: 'x',
      Backend: {
        Type: 'ipsec',
        PSK: 'hush',
        psk: { deep: 'hush' },
        list: [{ accesskeysecret: 1 }, null],
      },
    };
    expect(maskSecrets(document)).toEqual({
      Network: 'x',
      Backend: {
        Type: 'ipsec',
        PSK: '********',
        psk: '********',
        list: [{ accesskeysecret: '********' }, null],
      },
    });
    expect([maskSecrets(undefined), maskSecrets('PSK'), maskSecrets(null)]).toEqual([
      undefined,
      'PSK',
      null,
    ]);
  });
});

describe('the port of the tunnel', () => {
  it.each([
    [{}, 8472],
    [{ Port: 0 }, 8472],
    [{ Port: 4789 }, 4789],
  ])('with %j is %i', (port, expected) => {
    const network = { ...NETWORK, Backend: { Type: 'vxlan', ...port } };
    expect(effectivePort(siteOf({ network }).network.config)).toBe(expected);
  });
});
