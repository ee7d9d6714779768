import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../../src/model/document.ts';
import { BARE, DUAL, type Edit, edited, SITE } from './sites.ts';

function said(base: string, edits: readonly Edit[]) {
  const text = edited(base, edits);
  const { findings } = checkDocument(text, base === BARE ? 'net.json' : 'site.yaml');
  return findings.map(({ rule, message, fix }) => ({ rule, message, ...(fix ? { fix } : {}) }));
}

describe('what a finding says', () => {
  it.each([
    ['SubnetMaks', 'did you mean SubnetMax?'],
    ['SubnetMxa', 'did you mean SubnetMax?'],
    ['SubMax', 'did you mean SubnetMax?'],
    ['IPV6Subnetmax', undefined],
    [
      'Wholly',
      'known keys: Network, SubnetLen, SubnetMin, SubnetMax, Backend, EnableIPv4, EnableIPv6, IPv6Network, IPv6SubnetLen, IPv6SubnetMin, IPv6SubnetMax, EnableNFTables',
    ],
  ])('of the key %s in a network, suggests: %s', (key, fix) => {
    const found = said(BARE, [['"Backend"', `"${key}": null, "Backend"`]]);
    expect(found.filter(({ rule }) => rule === 'unknown-key')).toEqual(
      fix === undefined
        ? []
        : [{ rule: 'unknown-key', message: `flannel silently ignores the key "${key}"`, fix }],
    );
  });

  it.each([
    ['selfIP:', 'selfIp:', 'bigip-1 has no key "selfIp"', 'did you mean selfIP?'],
    ['publicIP:', 'pubilcIP:', 'bigip-1 has no key "pubilcIP"', 'did you mean publicIP?'],
    ['name: site-a', 'nmae: site-a', 'the site file has no key "nmae"', 'did you mean name?'],
    // Elsewhere these are keys.
    [
      'bigips:',
      'url: https://10.1.1.245\nbigips:',
      'the site file has no key "url"',
      'known keys: apiVersion, kind, name, etcd, network, bigips, kubernetes, ignore',
    ],
    [
      'api: v3',
      'api: v3\n  Type: v3',
      'etcd has no key "Type"',
      'known keys: endpoints, api, prefix, ca, cert, key, user',
    ],
    [
      'name: bigip-1',
      'name: bigip-1\n    management: { url: https://10.1.1.245, ulr: x }',
      'bigip-1.management has no key "ulr"',
      'did you mean url?',
    ],
    [
      'name: bigip-1',
      'name: bigip-1\n    management: { url: https://10.1.1.245, insecue: true }',
      'bigip-1.management has no key "insecue"',
      'write its fingerprint, or pass --insecure',
    ],
  ])('of a site in which %j is %j: %s', (right, wrong, message, fix) => {
    expect(said(SITE, [[right, wrong]])).toEqual([{ rule: 'unknown-key', message, fix }]);
  });

  it.each([
    ['kind: Site', 'kind: Stie', 'kind must be Site', 'did you mean Site?'],
    ['kind: Site', 'kind: Pod', 'kind must be Site', undefined],
    ['api: v3', 'api: atuo', 'etcd.api must be one of auto, v2, v3', 'did you mean auto?'],
    ['api: v3', 'api: v4', 'etcd.api must be one of auto, v2, v3', undefined],
    ['api: v3', 'api: 3', 'etcd.api must be one of auto, v2, v3', undefined],
  ])('of a site in which %j is %j: %s', (right, wrong, message, fix) => {
    expect(said(SITE, [[right, wrong]])).toEqual([
      { rule: 'wrong-value', message, ...(fix ? { fix } : {}) },
    ]);
  });

  it.each([
    ['vxlna', 'did you mean vxlan?'],
    ['hostgw', 'did you mean host-gw?'],
    [
      'geneve',
      'one of vxlan, host-gw, udp, ipip, ipsec, extension, alloc, wireguard, tencent-vpc, ali-vpc, aws-vpc, gce',
    ],
  ])('of the backend %s, suggests: %s', (type, fix) => {
    const found = said(BARE, [['"vxlan"', `"${type}"`]]);
    expect(found.filter(({ rule }) => rule === 'flannel-rejects')).toEqual([
      {
        rule: 'flannel-rejects',
        message: `flannel has no backend "${type}": flanneld ends with "unknown backend type" (all versions)`,
        fix,
      },
    ]);
  });

  it('of a refused config, names the check and each version that refuses', () => {
    expect(said(BARE, [['10.244.10.0', '10.244.10.1']])).toEqual([
      {
        rule: 'flannel-rejects',
        message:
          'flannel v0.12.0 and v0.20.0 refuse this config. SubnetMin 10.244.10.1 is not on a subnet boundary; the one below is 10.244.10.0',
      },
    ]);
  });

  it('of a config that only one version refuses, names that one', () => {
    expect(said(BARE, [['"Backend"', '"EnableIPv6": true, "Backend"']])).toEqual([
      {
        rule: 'flannel-rejects',
        message:
          'flannel v0.20.0 refuses this config. EnableIPv6 is true and IPv6Network is missing',
      },
    ]);
  });

  it('of a secret that is no text, does not quote it', () => {
    const backend = '{ "Type": "ipsec", "PSK": 20210917, "UDPEncap": 1 }';
    const found = said(BARE, [['{ "Type": "vxlan" }', backend]]);
    expect(found.filter(({ rule }) => rule === 'flannel-rejects')).toEqual([
      {
        rule: 'flannel-rejects',
        message: "PSK: must be text; flannel's ipsec backend does not start (all versions)",
      },
      {
        rule: 'flannel-rejects',
        message:
          "UDPEncap: must be true or false, not 1; flannel's ipsec backend does not start (all versions)",
      },
    ]);
  });

  it('of a range that includes the BIG-IP, gives one that does not', () => {
    expect(said(SITE, [['10.244.99.0', '10.244.255.0']])).toEqual([
      {
        rule: 'range-includes-bigip',
        message:
          'SubnetMin 10.244.10.0 to SubnetMax 10.244.255.0 lets flannel hand out 10.244.100.0/24, which bigip-1 reserves; 10.244.10.0 to 10.244.99.0 would do',
        fix: 'set SubnetMin: 10.244.10.0 and SubnetMax: 10.244.99.0',
      },
    ]);
  });

  it('of a range that begins shortly before the BIG-IP, gives the larger part behind it', () => {
    const found = said(SITE, [
      ['10.244.100.0/24', '10.244.12.0/24'],
      ['10.244.100.10', '10.244.12.10'],
    ]);
    expect(found.map(({ fix }) => fix)).toEqual([
      'set SubnetMin: 10.244.13.0 and SubnetMax: 10.244.99.0',
    ]);
  });

  it('of a reversed range, says nothing of the BIG-IP between its ends', () => {
    const found = said(SITE, [['10.244.10.0', '10.244.110.0']]);
    expect(found.map(({ rule }) => rule)).toEqual(['range-reversed']);
  });

  it('of unknown keys that differ in case, does not call them the same', () => {
    const found = said(BARE, [['"Backend"', '"note": 1, "NOTE": 2, "Backend"']]);
    expect(found.map(({ rule }) => rule)).toEqual(['unknown-key', 'unknown-key']);
  });

  it('of a range that is the BIG-IP, says that nothing is left', () => {
    const found = said(SITE, [
      ['10.244.10.0', '10.244.100.0'],
      ['10.244.99.0', '10.244.100.0'],
    ]);
    expect(found).toEqual([
      {
        rule: 'range-includes-bigip',
        message:
          'SubnetMin 10.244.100.0 to SubnetMax 10.244.100.0 lets flannel hand out 10.244.100.0/24, which bigip-1 reserves',
        fix: 'no range is left beside the BIG-IPs: give them other subnets',
      },
      {
        rule: 'range-empty',
        message: 'the BIG-IPs reserve the whole allocation range: nothing is left to hand out',
      },
      {
        rule: 'range-small',
        message:
          'the allocation range SubnetMin 10.244.100.0 to SubnetMax 10.244.100.0 holds 1 subnet(s) in all',
        fix: 'leave room for every node there will be, and for replacing one',
      },
    ]);
  });

  it('of a BIG-IP with half an IPv6 side, lists what it lacks', () => {
    const found = said(DUAL, [
      ['    vtepMACv6: 00:0c:29:2e:db:2f\n', ''],
      ['    publicIPv6: fd00:10:1::245\n', ''],
    ]);
    expect(found).toEqual([
      {
        rule: 'family-mismatch',
        message:
          'the network is dual-stack and bigip-1 lacks publicIPv6, vtepMACv6: every flanneld that has to pick a subnet crashes while an IPv4-only lease is there',
        fix: 'add publicIPv6, vtepMACv6',
      },
    ]);
  });

  it('comes with errors first, then by place', () => {
    const found = said(SITE, [
      ['Backend: { Type: vxlan }', 'Backend: { Type: vxlan, GBP: true, Port: 4789 }'],
      ['publicIP: 10.1.10.245', 'publicIP: 127.0.0.1'],
      ['Network: 10.244.0.0/16', 'Network: 10.244.0.1/16'],
    ]);
    expect(found.map(({ rule }) => rule)).toEqual([
      'host-bits',
      'public-ip-unusable',
      'vxlan-gbp',
      'vxlan-port',
    ]);
  });
});
