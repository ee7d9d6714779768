import type { Cases } from './rule-case.ts';
import { DUAL, PAIR, SITE } from './sites.ts';

const MAC = '00:0c:29:2e:db:2e';

export const BIGIP_CASES: Cases = {
  'range-includes-bigip': [
    [
      '/network/SubnetMax',
      SITE,
      [['10.244.99.0', '«10.244.100.0']],
      [['10.244.99.0', '10.244.99.0']],
    ],
    [
      '/network/SubnetMax',
      SITE,
      [
        ['10.244.99.0', '«10.244.99.0'],
        ['10.244.100.0/24', '10.244.10.0/24'],
      ],
      [['10.244.100.0/24', '10.244.9.0/24']],
    ],
    [
      '/network/SubnetMax',
      SITE,
      [
        ['10.244.99.0', '«10.244.99.0'],
        ['10.244.100.0/24', '10.244.99.128/25'],
      ],
      [['10.244.100.0/24', '10.244.100.0/25']],
    ],
    [
      '/network/SubnetMin',
      SITE,
      [
        ['  SubnetMax: 10.244.99.0\n', ''],
        ['10.244.10.0', '«10.244.10.0'],
      ],
      [
        ['  SubnetMax: 10.244.99.0\n', ''],
        ['10.244.100.0/24', '10.244.9.0/24'],
      ],
    ],
    ['/network/IPv6SubnetMax', DUAL, [['"fd00:10:244:63::"', '«"fd00:10:244:64::"']], []],
  ],
  'family-mismatch': [
    [
      '/bigips/0/ipv6Subnet',
      SITE,
      [['    selfIP', '    ipv6Subnet: «fd00:10:244:64::/64\n    selfIP']],
      [],
    ],
    [
      '/bigips/0',
      DUAL,
      [
        ['- name', '- «name'],
        ['    vtepMACv6: 00:0c:29:2e:db:2f\n', ''],
      ],
      [['    selfIPv6: fd00:10:244:64::10\n', '']],
    ],
    [
      '/bigips/0/subnet',
      DUAL,
      [
        ['EnableIPv6', 'EnableIPv4: false\n  EnableIPv6'],
        ['10.244.100.0/24', '«10.244.100.0/24'],
      ],
      [['EnableIPv6', 'EnableIPv4: true\n  EnableIPv6']],
    ],
  ],
  'bigip-name-duplicate': [['/bigips/1/name', PAIR, [['bigip-2', '«bigip-1']], []]],
  'bigip-outside-network': [
    [
      '/bigips/0/subnet',
      SITE,
      [['10.244.100.0/24', '«10.245.0.0/24']],
      [['10.244.100.0/24', '10.244.255.0/24']],
    ],
    [
      '/bigips/0/subnet',
      SITE,
      [['10.244.100.0/24', '«10.244.0.0/15']],
      [['10.244.100.0/24', '10.244.128.0/17']],
    ],
    ['/bigips/0/ipv6Subnet', DUAL, [['fd00:10:244:64::/64', '«fd00:10:245::/64']], []],
  ],
  'bigip-first-subnet': [
    [
      '/bigips/0/subnet',
      SITE,
      [['10.244.100.0/24', '«10.244.0.0/24']],
      [['10.244.100.0/24', '10.244.1.0/24']],
    ],
    [
      '/bigips/0/ipv6Subnet',
      DUAL,
      [['fd00:10:244:64::/64', '«fd00:10:244::/64']],
      [['fd00:10:244:64::/64', 'fd00:10:244:1::/64']],
    ],
  ],
  'bigip-subnet-overlap': [
    ['/bigips/1/subnet', PAIR, [['10.244.101.0/24', '«10.244.100.0/24']], []],
    [
      '/bigips/1/subnet',
      PAIR,
      [['10.244.101.0/24', '«10.244.100.128/25']],
      [['10.244.101.0/24', '10.244.101.0/25']],
    ],
  ],
  'bigip-subnet-length': [
    ['/bigips/0/subnet', SITE, [['10.244.100.0/24', '«10.244.100.0/25']], [], 'warning'],
    [
      '/bigips/0/subnet',
      SITE,
      [['10.244.100.0/24', '«10.244.100.0/31']],
      [['10.244.100.0/24', '10.244.100.0/24']],
    ],
    ['/bigips/0/ipv6Subnet', DUAL, [['fd00:10:244:64::/64', '«fd00:10:244:64::/127']], []],
  ],
  'public-ip-unusable': [
    ['/bigips/0/publicIP', SITE, [['10.1.10.245', '«0.255.255.255']], [['10.1.10.245', '1.0.0.0']]],
    ['/bigips/0/publicIP', SITE, [['10.1.10.245', '«127.0.0.1']], [['10.1.10.245', '128.0.0.1']]],
    [
      '/bigips/0/publicIP',
      SITE,
      [['10.1.10.245', '«224.0.0.1']],
      [['10.1.10.245', '223.255.255.255']],
    ],
    ['/bigips/0/publicIP', SITE, [['10.1.10.245', '«255.255.255.255']], []],
    ['/bigips/0/publicIPv6', DUAL, [['fd00:10:1::245', '«"::1"']], [['fd00:10:1::245', '"::2"']]],
    [
      '/bigips/0/publicIPv6',
      DUAL,
      [['fd00:10:1::245', '«ff02::1']],
      [['fd00:10:1::245', 'fec0::1']],
    ],
    [
      '/bigips/0/publicIPv6',
      DUAL,
      [['fd00:10:1::245', '«fe80::1']],
      [['fd00:10:1::245', 'fec0::1']],
    ],
    [
      '/bigips/0/publicIPv6',
      DUAL,
      [['fd00:10:1::245', '«febf:ffff::1']],
      [['fd00:10:1::245', 'fe7f:ffff::1']],
    ],
  ],
  'public-ip-in-network': [
    [
      '/bigips/0/publicIP',
      SITE,
      [['10.1.10.245', '«10.244.255.255']],
      [['10.1.10.245', '10.245.0.0']],
    ],
    [
      '/bigips/0/publicIPv6',
      DUAL,
      [['fd00:10:1::245', '«fd00:10:244::1']],
      [['fd00:10:1::245', 'fd00:10:243::1']],
    ],
  ],
  'public-ip-duplicate': [['/bigips/1/publicIP', PAIR, [['10.1.10.246', '«10.1.10.245']], []]],
  'vtep-mac-unusable': [
    ['/bigips/0/vtepMAC', SITE, [[MAC, '«00:00:00:00:00:00']], [[MAC, '00:00:00:00:00:01']]],
    ['/bigips/0/vtepMAC', SITE, [[MAC, '«01:0c:29:2e:db:2e']], [[MAC, '02:0c:29:2e:db:2e']]],
    ['/bigips/0/vtepMACv6', DUAL, [['00:0c:29:2e:db:2f', '«ff:ff:ff:ff:ff:ff']], []],
  ],
  'vtep-mac-duplicate': [
    ['/bigips/1/vtepMAC', PAIR, [['00:0c:29:2e:db:2f', '«00-0C-29-2E-DB-2E']], []],
  ],
  'self-ip-outside': [
    [
      '/bigips/0/selfIP',
      SITE,
      [['10.244.100.10', '«10.244.101.0']],
      [['10.244.100.10', '10.244.100.254']],
    ],
    ['/bigips/0/selfIPv6', DUAL, [['fd00:10:244:64::10', '«fd00:10:244:65::10']], []],
  ],
  'self-ip-reserved': [
    [
      '/bigips/0/selfIP',
      SITE,
      [['10.244.100.10', '«10.244.100.0']],
      [['10.244.100.10', '10.244.100.1']],
    ],
    ['/bigips/0/selfIP', SITE, [['10.244.100.10', '«10.244.100.255']], []],
    [
      '/bigips/0/selfIPv6',
      DUAL,
      [['fd00:10:244:64::10', '«"fd00:10:244:64::"']],
      [['fd00:10:244:64::10', 'fd00:10:244:64:ffff:ffff:ffff:ffff']],
    ],
  ],
  'device-without-management': [
    [
      '/bigips/0/vtepMAC',
      SITE,
      [[MAC, '«device']],
      [
        [MAC, 'device'],
        ['    selfIP', '    management: { url: "https://10.1.1.245" }\n    selfIP'],
      ],
    ],
  ],
  'management-duplicate': [
    [
      '/bigips/1/management/url',
      PAIR,
      [
        ['    selfIP: 10.244.100.10', '    management: { url: "https://10.1.1.245" }'],
        ['    selfIP: 10.244.101.10', '    management: { url: «"https://10.1.1.245:443/" }'],
      ],
      [
        ['    selfIP: 10.244.100.10', '    management: { url: "https://10.1.1.245" }'],
        ['    selfIP: 10.244.101.10', '    management: { url: "https://10.1.1.245:8443" }'],
      ],
    ],
  ],
  'tunnel-name-reserved': [
    [
      '/bigips/0/management/tunnel',
      SITE,
      [['    selfIP', '    management: { url: "https://h", tunnel: «k8s.fl }\n    selfIP']],
      [['    selfIP', '    management: { url: "https://h", tunnel: fl-k8s }\n    selfIP']],
    ],
  ],
};
