import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isInSync } from '../../src/model/change.ts';
import { sameConfig } from '../../src/model/compare-config.ts';
import { checkDocument } from '../../src/model/document.ts';
import { bigipsOfLive, networkOfLive, nextName } from '../../src/model/live-draft.ts';
import { planSite } from '../../src/model/plan.ts';
import type { SiteDraft } from '../../src/model/site-draft.ts';
import { siteText } from '../../src/model/site-text.ts';
import { DUAL_NETWORK, liveOf, NETWORK, node, RESERVATION, reservation } from './snapshots.ts';

const { configs } = JSON.parse(
  readFileSync(new URL('../data/flannel-config-cases.json', import.meta.url), 'utf8'),
) as { readonly configs: readonly { readonly config: string }[] };

const NO_NOTES = { network: [], range: [], bigips: [] };

function draftWith(network: SiteDraft['network']): SiteDraft {
  return { name: 'site-a', etcd: { api: 'v3' }, network, bigips: [] };
}

describe('the live network config in a site file', () => {
  it('means the same to flannel, of every config that it takes and the rules allow', () => {
    let compared = 0;
    for (const { config } of configs) {
      const live = liveOf({ config });
      const found = networkOfLive(live);
      expect([config, found === null]).toEqual([config, live.config === null]);
      if (found === null) continue;
      const text = siteText(draftWith(found.network), NO_NOTES, 'https://schema');
      const { site } = checkDocument(text, 'site.yaml');
      if (site === null) continue;
      compared += 1;
      const same = sameConfig({ text: config, config: live.config }, site.network);
      expect([config, same, isInSync(planSite(site, live))]).toEqual([config, true, true]);
    }
    expect(compared).toBeGreaterThan(60);
  });

  it.each<[string, string, object, string[]]>([
    ['as it is', JSON.stringify(NETWORK), NETWORK, []],
    [
      "with flannel's spelling",
      '{"NETWORK":"10.0.0.0/8","backend":{"TYPE":"VXLAN","vni":2}}',
      { Network: '10.0.0.0/8', Backend: { Type: 'VXLAN', VNI: 2 } },
      [],
    ],
    [
      'with the last of equal keys',
      '{"Network":"10.0.0.0/8","SubnetLen":22,"subnetlen":24}',
      { Network: '10.0.0.0/8', SubnetLen: 24 },
      [],
    ],
    [
      'without a null, which changes nothing',
      '{"Network":"10.0.0.0/8","SubnetLen":24,"SubnetLen":null}',
      { Network: '10.0.0.0/8', SubnetLen: 24 },
      [],
    ],
    [
      'without host bits',
      '{"Network":"10.1.0.0/8","EnableIPv6":true,"IPv6Network":"fd00::1/48"}',
      { Network: '10.0.0.0/8', EnableIPv6: true, IPv6Network: 'fd00::/48' },
      [
        'the live config says Network 10.1.0.0/8, which flannel takes as 10.0.0.0/8',
        'the live config says IPv6Network fd00::1/48, which flannel takes as fd00::/48',
      ],
    ],
    [
      'without keys that flannel ignores',
      '{"Network":"10.0.0.0/8","Note":1,"Backend":{"Type":"vxlan","Vin":2}}',
      { Network: '10.0.0.0/8', Backend: { Type: 'vxlan' } },
      [
        'the live config also has "Note", which flannel ignores',
        'the live config also has "Backend.Vin", which flannel ignores',
      ],
    ],
  ])('is taken over %s', (_, config, network, notes) => {
    expect(networkOfLive(liveOf({ config }))).toEqual({ network, notes });
    expect(Object.keys(networkOfLive(liveOf({ config }))?.network ?? {})).toEqual(
      Object.keys(network),
    );
  });

  it('is none where there is none, or where flannel refuses it', () => {
    expect(networkOfLive(liveOf({ config: null }))).toBe(null);
    expect(networkOfLive(liveOf({ config: '{"Network":"10.0.0.0/29"}' }))).toBe(null);
    expect(networkOfLive(liveOf({ config: '{' }))).toBe(null);
  });
});

describe('live reservations in a site file', () => {
  const lease = (publicIP: string, mac: string, more: object = {}) =>
    JSON.stringify({
      PublicIP: publicIP,
      BackendType: 'vxlan',
      BackendData: { VtepMAC: mac },
      ...more,
    });

  it('are BIG-IPs by address, with names for the first ones; nodes are none', () => {
    const live = liveOf({
      leases: [
        reservation('10.244.102.0-24', lease('10.1.10.3', '00:0c:29:00:00:03')),
        node(20),
        reservation('10.244.101.0-24', lease('10.1.10.2', '00-0C-29-00-00-02')),
        reservation('10.244.100.0-24', RESERVATION),
      ],
    });
    const { offered, refused } = bigipsOfLive(draftWith(NETWORK), live, ['f5-a']);

    expect(offered.map(({ bigip }) => bigip)).toEqual([
      {
        name: 'f5-a',
        subnet: '10.244.100.0/24',
        publicIP: '10.1.10.245',
        vtepMAC: '00:0c:29:2e:db:2e',
      },
      {
        name: 'bigip-2',
        subnet: '10.244.101.0/24',
        publicIP: '10.1.10.2',
        vtepMAC: '00:0c:29:00:00:02',
      },
      {
        name: 'bigip-3',
        subnet: '10.244.102.0/24',
        publicIP: '10.1.10.3',
        vtepMAC: '00:0c:29:00:00:03',
      },
    ]);
    expect(refused).toEqual([]);
  });

  it.each<[string, string, string, string]>([
    ['a key that names no subnet', 'bigip', RESERVATION, 'bigip is no subnet key'],
    ['a value that is no JSON', '10.244.100.0-24', '{', 'the value is no JSON'],
    [
      'another backend',
      '10.244.100.0-24',
      RESERVATION.replace('vxlan', 'udp'),
      'is of backend udp',
    ],
    [
      'no public IP',
      '10.244.100.0-24',
      '{"BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:00:00:01"}}',
      'has no PublicIP',
    ],
    [
      'no MAC',
      '10.244.100.0-24',
      '{"PublicIP":"10.1.10.1","BackendType":"vxlan"}',
      'has no readable VtepMAC',
    ],
    ['host bits', '10.244.100.7-24', RESERVATION, 'is not on its own boundary'],
    [
      'text before the subnet',
      'x10.244.100.0-24',
      RESERVATION,
      'its key is not spelt 10.244.100.0-24',
    ],
    ['a subnet outside the network', '10.9.0.0-24', RESERVATION, 'is not inside the network'],
    [
      'a public IP in the network',
      '10.244.100.0-24',
      RESERVATION.replace('10.1.10.245', '10.244.3.1'),
      'lies inside the overlay network',
    ],
    [
      'an IPv6 value without an IPv6 subnet',
      '10.244.100.0-24',
      lease('10.1.10.1', '00:0c:29:00:00:01', { PublicIPv6: 'fd00::1' }),
      'it has IPv6 values and no IPv6 subnet',
    ],
    [
      'two families in a network of one',
      '10.244.100.0-24&fd00:10:244:64::-64',
      lease('10.1.10.1', '00:0c:29:00:00:01', {
        PublicIPv6: 'fd01::1',
        BackendV6Data: { VtepMAC: '00:0c:29:00:00:02' },
      }),
      'the network is IPv4 only',
    ],
  ])('are refused with %s', (_, name, value, reason) => {
    const live = liveOf({ leases: [reservation(name, value)] });
    const { offered, refused } = bigipsOfLive(draftWith(NETWORK), live);

    expect(offered).toEqual([]);
    expect(refused).toEqual([{ name, reason: expect.stringContaining(reason) }]);
  });

  it('are refused with one family in a network of two', () => {
    const live = liveOf({
      config: DUAL_NETWORK,
      leases: [reservation('10.244.100.0-24', RESERVATION)],
    });

    expect(bigipsOfLive(draftWith(DUAL_NETWORK), live).refused).toEqual([
      {
        name: '10.244.100.0-24',
        reason: expect.stringContaining('bigip-1 lacks ipv6Subnet, publicIPv6, vtepMACv6'),
      },
    ]);
  });

  it('keep clear of one another: the second with the same MAC is refused', () => {
    const live = liveOf({
      leases: [
        reservation('10.244.100.0-24', lease('10.1.10.1', '00:0c:29:00:00:01')),
        reservation('10.244.101.0-24', lease('10.1.10.2', '00:0c:29:00:00:01')),
      ],
    });
    const { offered, refused } = bigipsOfLive(draftWith(NETWORK), live);

    expect(offered.map(({ lease: { name } }) => name)).toEqual(['10.244.100.0-24']);
    expect(refused.map(({ name }) => name)).toEqual(['10.244.101.0-24']);
  });
});

describe('the next name', () => {
  it.each<[string[], string]>([
    [[], 'bigip-1'],
    [['bigip-1'], 'bigip-2'],
    [['f5-a'], 'bigip-2'],
    [['bigip-2'], 'bigip-3'],
  ])('after %j is %s', (names, expected) => {
    expect(nextName(names.map((name) => ({ name })))).toBe(expected);
  });
});
