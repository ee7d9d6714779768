import { expect, it } from 'vitest';
import { showText } from '../../src/output/bigip/show-text.ts';
import { TRUE } from '../model/device/states.ts';
import { PLAIN } from './plain.ts';

const arp = [
  {
    path: '/Common/k8s-10.244.23.5-of-a-node',
    ipAddress: '10.244.23.5',
    macAddress: '5a:7d:2e:91:0c:44',
    description: null,
  },
];

it.each([
  [
    59,
    [
      '  NAME                       ADDRESS      MAC',
      '  k8s-10.244.23.5-of-a-node  10.244.23.5  5a:7d:2e:91:0c:44',
    ],
  ],
  [
    58,
    [
      '  NAME     k8s-10.244.23.5-of-a-node',
      '  ADDRESS  10.244.23.5',
      '  MAC      5a:7d:2e:91:0c:44',
    ],
  ],
])('what a BIG-IP holds fits %i columns, indented as it is', (width, table) => {
  const state = { ...TRUE, fdb: [], arp };
  const text = showText('bigip-1', 'https://10.1.10.245', '/Common/fl-tunnel', state, null, {
    ...PLAIN,
    width,
  });
  expect(text.slice(text.indexOf('\n\n')).split('\n')).toEqual([
    '',
    '',
    '  Self IPs on the tunnel: 1',
    '  SELF IP        10.244.100.10',
    '  ADDRESS        10.244.100.10/16',
    '  ALLOWS         none',
    '  TRAFFIC GROUP  traffic-group-local-only',
    '',
    '  FDB records:         none',
    '',
    '  Static ARP entries: 1',
    ...table,
  ]);
});
