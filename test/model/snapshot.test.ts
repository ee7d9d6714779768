import { describe, expect, it } from 'vitest';
import { formatSubnet } from '../../src/model/address.ts';
import { isNode, type StoreApi } from '../../src/model/snapshot.ts';
import {
  DUAL_NETWORK,
  liveOf,
  NETWORK,
  node,
  RESERVATION,
  reservation,
  stored,
} from './snapshots.ts';

function namesIn(api: StoreApi, name: string) {
  const [lease] = liveOf({ api, leases: [reservation(name, RESERVATION)] }).leases;
  return [
    lease?.name,
    ...[lease?.subnet, lease?.ipv6Subnet].map((one) => one && formatSubnet(one)),
  ];
}

describe('a decoded snapshot', () => {
  it('keeps the keys as stored beside what flannel reads of them', () => {
    const lease = reservation('10.244.100.0-24', RESERVATION);
    expect(liveOf({ leases: [lease] }).leases).toEqual([
      {
        stored: lease,
        name: '10.244.100.0-24',
        subnet: { family: 4, base: 0x0af46400n, length: 24 },
        ipv6Subnet: null,
        value: {
          publicIP: 0x0a010af5n,
          publicIPv6: null,
          backendType: 'vxlan',
          vtepMAC: '00:0c:29:2e:db:2e',
          vtepMACv6: null,
          vni: null,
        },
      },
    ]);
  });

  it('keeps what cannot be read', () => {
    const [lease] = liveOf({ leases: [stored('subnets/a/b', '')] }).leases;
    expect([lease?.name, lease?.subnet, lease?.value]).toEqual(['a/b', null, 'the value is empty']);
  });

  it.each([
    ['v2', '10.244.1.0-24&fd00::-64', ['10.244.1.0/24', 'fd00::/64']],
    ['v3', '10.244.1.0-24&fd00::-64', ['10.244.1.0/24', 'fd00::/64']],
    ['v2', '10.244.1.0-24&fd00::1::-64', ['10.244.1.0/24', null]],
    ['v3', '10.244.1.0-24&fd00::1::-64', [null, null]],
    ['file', '10.244.1.0-24x', [null, null]],
    ['v2', '10.244.1.0-24x', ['10.244.1.0/24', null]],
  ] as const)('reads keys as the flannel of %s does: %s', (api, name, subnets) => {
    expect(namesIn(api, name)).toEqual([name, ...subnets]);
  });

  it.each([
    ['v3', '{}', null],
    ['v2', '{}', '0.0.0.0/0'],
    ['v2', 'no JSON', null],
    ['v3', JSON.stringify(NETWORK), '10.244.0.0/16'],
    ['v2', JSON.stringify(DUAL_NETWORK), '10.244.0.0/16'],
  ] as const)('reads the config as the flannel of %s does: %.20s', (api, config, network) => {
    const read = liveOf({ api, config }).config?.ipv4?.network;
    expect(read ? formatSubnet(read) : null).toBe(network);
  });

  it('has no config where there is none', () => {
    expect(liveOf({ config: null }).config).toBeNull();
  });

  it('takes for nodes what expires', () => {
    const { leases } = liveOf({ leases: [node(20), reservation('10.244.100.0-24', RESERVATION)] });
    expect(leases.map(isNode)).toEqual([true, false]);
  });
});
