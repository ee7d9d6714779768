import type { Cases } from './rule-case.ts';
import { BARE, DUAL, SITE } from './sites.ts';

const MAC = '00:0c:29:2e:db:2e';

export const STRUCTURE_CASES: Cases = {
  'unused-ignore': [
    [
      '/ignore/0',
      SITE,
      [['bigips:', 'ignore:\n  - «{ rule: vxlan-gbp, reason: tested }\nbigips:']],
      [
        ['bigips:', 'ignore:\n  - { rule: vxlan-gbp, reason: tested }\nbigips:'],
        ['{ Type: vxlan }', '{ Type: vxlan, GBP: true }'],
      ],
      'warning',
    ],
  ],
  syntax: [
    ['', SITE, [['name: site-a', 'name: «@site']], [['name: site-a', 'name: "@site"']]],
    [
      '',
      SITE,
      [['SubnetMin: 10.244.10.0', 'IPv6SubnetMin: «fd00::']],
      [['SubnetMin: 10.244.10.0', 'IPv6SubnetMin: "fd00::"']],
    ],
  ],
  'missing-key': [
    [
      '',
      SITE,
      [
        ['name: site-a\n', ''],
        ['apiVersion', '«apiVersion'],
      ],
      [],
    ],
    [
      '/bigips/0',
      SITE,
      [
        [`    vtepMAC: ${MAC}\n`, ''],
        ['- name', '- «name'],
      ],
      [],
    ],
    [
      '/bigips/0',
      SITE,
      [
        ['    subnet: 10.244.100.0/24\n', ''],
        ['- name', '- «name'],
      ],
      [['    selfIP: 10.244.100.10\n', '']],
    ],
  ],
  'wrong-type': [
    ['/name', SITE, [['name: site-a', 'name: «5']], [['name: site-a', 'name: "5"']]],
    ['/etcd', SITE, [['etcd:\n  api: v3', 'etcd: «v3']], [['  api: v3', '  prefix: /x']]],
    [
      '/network',
      SITE,
      [
        [
          'network:\n  Network: 10.244.0.0/16\n  SubnetMin: 10.244.10.0\n  SubnetMax: 10.244.99.0\n  SubnetLen: 24\n  Backend: { Type: vxlan }',
          'network: «10.244.0.0/16',
        ],
      ],
      [],
    ],
    ['/bigips/0/vtepMAC', SITE, [[MAC, '«12']], []],
  ],
  'wrong-value': [
    ['/apiVersion', SITE, [['flannel-bigip/v1', '«flannel-bigip/v2']], []],
    ['/kind', SITE, [['Site', '«Sites']], []],
    ['/name', SITE, [['site-a', '«"site-a "']], [['site-a', 'site a']]],
    ['/etcd/api', SITE, [['v3', '«v4']], [['v3', 'auto']]],
    [
      '/etcd/endpoints',
      SITE,
      [['api: v3', 'endpoints: «[]']],
      [['api: v3', 'endpoints: ["http://a:2379"]']],
    ],
    ['/bigips/0/subnet', SITE, [['10.244.100.0/24', '«10.244.100.0']], []],
    ['/bigips/0/subnet', SITE, [['10.244.100.0/24', '«fd00:10:244:64::/64']], []],
    ['/bigips/0/publicIP', SITE, [['10.1.10.245', '«10.1.10.245/24']], []],
    ['/bigips/0/vtepMAC', SITE, [[MAC, '«00:0c:29:2e:db']], [[MAC, '00-0C-29-2E-DB-2E']]],
    ['/bigips/0/selfIP', SITE, [['10.244.100.10', '«10.244.100.010']], []],
    ['/bigips/0/publicIPv6', DUAL, [['fd00:10:1::245', '«10.1.10.245']], []],
  ],
  'unknown-key': [
    [
      '/note',
      SITE,
      [['kind: Site', 'kind: Site\n«note: x']],
      [['kind: Site', 'kind: Site\n# note: x']],
    ],
    ['/etcd/endpoint', SITE, [['api: v3', '«endpoint: x']], []],
    ['/network/SubnetMaks', SITE, [['SubnetMax', '«SubnetMaks']], []],
    [
      '/network/Backend/VNID',
      SITE,
      [['Type: vxlan', 'Type: vxlan, «VNID: 1']],
      [['Type: vxlan', 'Type: vxlan, VNI: 1']],
    ],
    ['/bigips/0/selfIp', SITE, [['selfIP', '«selfIp']], []],
    ['/Subnet~1Max', BARE, [['"SubnetMax"', '«"Subnet/Max"']], [['"SubnetMax"', '"subnetMax"']]],
  ],
  'duplicate-key': [
    [
      '/name',
      SITE,
      [
        ['kind: Site', 'kind: Site\nname: x'],
        ['name: site-a', '«name: site-a'],
      ],
      [],
    ],
    [
      '/bigips/0/selfIP',
      SITE,
      [['    selfIP: 10.244.100.10', '    selfIP: 10.244.100.9\n    «selfIP: 10.244.100.10']],
      [['    selfIP: 10.244.100.10', '    selfIP: 10.244.100.9']],
    ],
    ['/network/SubnetLen', SITE, [['SubnetLen: 24', 'SubnetLen: 25\n  «SubnetLen: 24']], []],
    [
      '/network/subnetlen',
      SITE,
      [['SubnetLen: 24', 'SubnetLen: 24\n  «subnetlen: 24']],
      [['SubnetLen: 24', 'subnetlen: 24']],
    ],
    ['/Backend/Type', BARE, [['"Type": "vxlan"', '"Type": "udp", «"Type": "vxlan"']], []],
  ],
  'key-case': [
    ['/network/subnetMax', SITE, [['SubnetMax', '«subnetMax']], [], 'warning'],
    [
      '/Backend/Directrouting',
      BARE,
      [['"Type": "vxlan"', '"Type": "vxlan", «"Directrouting": true']],
      [['"Type": "vxlan"', '"Type": "vxlan", "DirectRouting": true']],
      'warning',
    ],
    ['/Bac\u212aend', BARE, [['"Backend"', '«"Bac\u212aend"']], [], 'warning'],
  ],
};
