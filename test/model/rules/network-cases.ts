import type { Cases } from './rule-case.ts';
import { BARE, DUAL, SITE } from './sites.ts';

export const NETWORK_CASES: Cases = {
  'flannel-rejects': [
    ['', BARE, [['"vxlan" }\n}', '"vxlan" },\n«}']], []],
    ['', BARE, [['{', '«\ufeff{']], []],
    ['/SubnetLen', BARE, [['Len": 24', 'Len": «15']], [['Len": 24', 'Len": 0']]],
    ['/SubnetLen', BARE, [['Len": 24', 'Len": «24.0']], []],
    ['/network/SubnetMin', SITE, [['10.244.10.0', '«10.244.10.1']], []],
    [
      '/network/SubnetMax',
      SITE,
      [['10.244.99.0', '«10.245.0.0']],
      [['10.244.99.0', '10.244.98.0']],
    ],
    [
      '/Network',
      BARE,
      [
        ['"10.244.0.0/16"', '«"10.244.0.0/29"'],
        ['24,', '0,'],
        ['"SubnetMin": "10.244.10.0",', ''],
        ['"SubnetMax": "10.244.99.0",', ''],
      ],
      [
        ['"10.244.0.0/16"', '"10.244.0.0/28"'],
        ['24,', '0,'],
        ['"SubnetMin": "10.244.10.0",', ''],
        ['"SubnetMax": "10.244.99.0",', ''],
      ],
    ],
    ['/Network', BARE, [['"10.244.0.0/16"', '«"fd00::/48"']], []],
    [
      '/network/Backend/Type',
      SITE,
      [['Type: vxlan', 'Type: «vxlam']],
      [['Type: vxlan', 'Type: VXLAN']],
    ],
    ['/network/Backend', SITE, [['{ Type: vxlan }', '«{ VNI: 1 }']], []],
    ['/network/Backend', SITE, [['{ Type: vxlan }', '«vxlan']], []],
    [
      '/network/Backend/VNI',
      SITE,
      [['Type: vxlan', 'Type: vxlan, VNI: «16777216']],
      [['Type: vxlan', 'Type: vxlan, VNI: 16777215']],
    ],
    [
      '/network/Backend/Port',
      SITE,
      [['Type: vxlan', 'Type: vxlan, Port: «65536']],
      [['Type: vxlan', 'Type: vxlan, Port: 65535']],
    ],
    [
      '/network/Backend/Port',
      SITE,
      [['Type: vxlan', 'Type: vxlan, Port: «-1']],
      [['Type: vxlan', 'Type: vxlan, Port: 0']],
    ],
    [
      '/Backend/ListenPort',
      BARE,
      [['"vxlan"', '"wireguard", "ListenPort": «65536']],
      [['"vxlan"', '"wireguard", "ListenPort": 65535']],
    ],
    [
      '/Backend/listenportv6',
      BARE,
      [['"vxlan"', '"wireguard", "listenportv6": «65536']],
      [['"vxlan"', '"wireguard", "listenportv6": 65535']],
    ],
    [
      '/Backend/UDPEncap',
      BARE,
      [['"vxlan"', '"ipsec", "UDPEncap": «1']],
      [['"vxlan"', '"ipsec", "UDPEncap": true']],
    ],
    [
      '/network/Backend/GBP',
      SITE,
      [['Type: vxlan', 'Type: vxlan, GBP: «"true"']],
      [['Type: vxlan', 'Type: vxlan, GBP: true']],
    ],
    ['/network/IPv6SubnetMax', DUAL, [['"fd00:10:244:63::"', '«"fd00:10:244:63::1"']], []],
  ],
  'network-missing': [
    [
      '/network',
      SITE,
      [
        ['  Network: 10.244.0.0/16\n', ''],
        ['SubnetMin', '«SubnetMin'],
      ],
      [],
    ],
    [
      '',
      BARE,
      [
        ['{', '«{'],
        ['"Network": "10.244.0.0/16",', ''],
      ],
      [],
    ],
    [
      '',
      BARE,
      [
        ['{', '«{'],
        ['10.244.0.0/16', '0.0.0.0/0'],
        ['10.244.10.0', '0.0.1.0'],
      ],
      [
        ['10.244.0.0/16', '0.0.0.0/1'],
        ['10.244.10.0', '0.0.1.0'],
      ],
    ],
  ],
  'host-bits': [
    ['/network/Network', SITE, [['10.244.0.0/16', '«10.244.0.1/16']], []],
    ['/network/IPv6Network', DUAL, [['fd00:10:244::/48', '«fd00:10:244::1/48']], []],
    ['/bigips/0/subnet', SITE, [['10.244.100.0/24', '«10.244.100.1/24']], []],
    ['/bigips/0/ipv6Subnet', DUAL, [['fd00:10:244:64::/64', '«fd00:10:244:64::1/64']], []],
  ],
  'range-reversed': [
    [
      '/network/SubnetMax',
      SITE,
      [
        ['10.244.10.0', '10.244.100.0'],
        ['10.244.99.0', '«10.244.99.0'],
      ],
      [['10.244.10.0', '10.244.99.0']],
    ],
    [
      '/SubnetMax',
      BARE,
      [
        ['"SubnetMin": "10.244.10.0",', ''],
        ['"10.244.99.0"', '«"10.244.0.0"'],
      ],
      [
        ['"SubnetMin": "10.244.10.0",', ''],
        ['"10.244.99.0"', '"10.244.1.0"'],
      ],
    ],
    [
      '/network/IPv6SubnetMax',
      DUAL,
      [
        ['"fd00:10:244:10::"', '"fd00:10:244:64::"'],
        ['"fd00:10:244:63::"', '«"fd00:10:244:63::"'],
      ],
      [['"fd00:10:244:10::"', '"fd00:10:244:63::"']],
    ],
  ],
  'range-empty': [
    [
      '',
      BARE,
      [
        ['{', '«{'],
        ['"Backend"', '"EnableIPv4": false, "Backend"'],
      ],
      [['"Backend"', '"EnableIPv4": true, "Backend"']],
    ],
    [
      '/network/SubnetMax',
      SITE,
      [
        ['10.244.99.0', '«10.244.10.0'],
        ['10.244.100.0/24', '10.244.10.0/24'],
      ],
      [
        ['10.244.99.0', '10.244.11.0'],
        ['10.244.100.0/24', '10.244.10.0/24'],
      ],
    ],
  ],
  'range-small': [
    [
      '/network/SubnetMax',
      SITE,
      [
        ['10.244.10.0', '10.244.97.0'],
        ['10.244.99.0', '«10.244.99.0'],
      ],
      [['10.244.10.0', '10.244.96.0']],
      'warning',
    ],
    [
      '/network/IPv6SubnetMax',
      DUAL,
      [
        ['"fd00:10:244:10::"', '"fd00:10:244:61::"'],
        ['"fd00:10:244:63::"', '«"fd00:10:244:63::"'],
      ],
      [['"fd00:10:244:10::"', '"fd00:10:244:60::"']],
      'warning',
    ],
  ],
  'backend-not-vxlan': [
    ['/network/Backend', SITE, [['{ Type: vxlan }', '«{ Type: host-gw }']], [['vxlan', 'VxLAN']]],
    [
      '/network',
      SITE,
      [
        ['  Backend: { Type: vxlan }\n', ''],
        ['Network:', '«Network:'],
      ],
      [],
    ],
    ['/Backend', BARE, [['{ "Type": "vxlan" }', '«{ "Type": "udp" }']], [], 'warning'],
  ],
  'backend-key-unread': [
    [
      '/network/Backend/ListenPort',
      SITE,
      [['Type: vxlan', 'Type: vxlan, «ListenPort: 1']],
      [['Type: vxlan', 'Type: vxlan, Port: 1']],
      'warning',
    ],
    [
      '/Backend/VNI',
      BARE,
      [['"Type": "vxlan"', '"Type": "host-gw", «"VNI": 1']],
      [['"Type": "vxlan"', '"Type": "vxlan", "VNI": 1']],
      'warning',
    ],
  ],
  'ipv6-unread': [
    [
      '/network/EnableIPv6',
      DUAL,
      [
        ['v3', 'v2'],
        ['EnableIPv6: true', 'EnableIPv6: «true'],
      ],
      [],
      'warning',
    ],
  ],
  'vxlan-direct-routing': [
    [
      '/network/Backend/DirectRouting',
      SITE,
      [['Type: vxlan', 'Type: vxlan, DirectRouting: «true']],
      [['Type: vxlan', 'Type: vxlan, DirectRouting: false']],
      'warning',
    ],
  ],
  'vxlan-gbp': [
    [
      '/network/Backend/GBP',
      SITE,
      [['Type: vxlan', 'Type: vxlan, GBP: «true']],
      [['Type: vxlan', 'Type: vxlan, GBP: false']],
      'warning',
    ],
  ],
  'vxlan-port': [
    [
      '/network/Backend/Port',
      SITE,
      [['Type: vxlan', 'Type: vxlan, Port: «4789']],
      [['Type: vxlan', 'Type: vxlan, Port: 8472']],
      'warning',
    ],
  ],
};
