import { describe, expect, it } from 'vitest';
import { parseSubnet, type Subnet } from '../../src/model/address.ts';
import { checkDocument } from '../../src/model/document.ts';
import { formatFlannelRelease, parseFlannelRelease } from '../../src/model/flannel-release.ts';

describe('a release of flannel', () => {
  it.each([
    ['0.12', 'v0.12.0'],
    ['v0.12.0', 'v0.12.0'],
    ['0.20.2', 'v0.20.2'],
    ['0.9.x', 'v0.9.0'],
    ['v0.28', 'v0.28.0'],
  ])('is read from %s', (text, release) => {
    const found = parseFlannelRelease(text);
    expect(found && formatFlannelRelease(found)).toBe(release);
  });

  it.each(['', '12', '1.2', '0.', '0.12.0.1', 'v0.12-rc1', '0.1234', ' 0.12'])(
    'is not read from %j',
    (text) => {
      expect(parseFlannelRelease(text)).toBeNull();
    },
  );
});

describe('what one release says of a config', () => {
  const rules = (config: object, release: string) =>
    checkDocument(JSON.stringify(config), 'n.json', {
      release: parseFlannelRelease(release) ?? undefined,
    }).findings.map(({ rule, severity }) => `${severity} ${rule}`);
  const Network = '10.244.0.0/16';
  const Backend = { Type: 'vxlan' };

  it.each([
    ['0.12', { Backend, EnableIPv4: 5, Network }, []],
    ['0.14', { Backend, EnableIPv4: 5, Network }, []],
    ['0.15', { Backend, EnableIPv4: 5, Network }, ['error flannel-rejects']],
    ['0.14', { Network, Backend, EnableIPv6: true }, ['warning ipv6-unread']],
    ['0.15', { Network, Backend, EnableIPv6: true, IPv6Network: 'fd00::/48' }, []],
    ['0.24', { Network, Backend, EnableNFTables: true }, ['warning key-unread']],
    ['0.25', { Network, Backend, EnableNFTables: true }, []],
    [
      '0.15',
      { Network, Backend: { Type: 'wireguard' } },
      ['error flannel-rejects', 'warning backend-not-vxlan'],
    ],
    ['0.16', { Network, Backend: { Type: 'wireguard' } }, ['warning backend-not-vxlan']],
    ['0.18', { Network, Backend: { Type: 'aws-vpc' } }, ['warning backend-not-vxlan']],
    [
      '0.19',
      { Network, Backend: { Type: 'aws-vpc' } },
      ['error flannel-rejects', 'warning backend-not-vxlan'],
    ],
    ['0.12', { Backend }, ['error network-missing']],
    ['0.22', { Backend }, ['error network-missing']],
  ])('v%s on %j', (release, config, wanted) => {
    expect(rules(config, release)).toEqual(wanted);
  });

  it('counts in a site file too, whatever store it names', () => {
    const site = JSON.stringify({
      apiVersion: 'flannel-bigip/v1',
      kind: 'Site',
      name: 'a',
      etcd: { api: 'v2' },
      network: { Network, Backend, EnableNFTables: true },
    });
    const release = parseFlannelRelease('0.22') ?? undefined;
    expect(checkDocument(site, 's.json', { release }).findings.map(({ rule }) => rule)).toEqual([
      'key-unread',
    ]);
  });
});

describe("BIG-IPs' subnets beside a bare network config", () => {
  const V4 = { Network: '10.244.0.0/16', SubnetMax: '10.244.99.0', Backend: { Type: 'vxlan' } };
  const DUAL = {
    ...V4,
    EnableIPv6: true,
    IPv6Network: 'fd00:10:244::/48',
    IPv6SubnetMax: 'fd00:10:244:63::',
  };
  const ONLY6 = {
    EnableIPv4: false,
    EnableIPv6: true,
    IPv6Network: 'fd00::/48',
    Backend: { Type: 'vxlan' },
  };

  it.each([
    [V4, ['10.244.100.0/24'], []],
    [V4, ['10.244.50.0/24'], ['range-includes-bigip /SubnetMax']],
    [V4, ['10.245.0.0/24'], ['bigip-outside-network /Network']],
    [V4, ['10.244.0.0/24'], ['bigip-first-subnet /Network']],
    [V4, ['10.244.100.0/25'], ['bigip-subnet-length /Network']],
    [
      V4,
      ['10.244.100.0/24', '10.244.100.128/25'],
      ['bigip-subnet-overlap /Network', 'bigip-subnet-length /Network'],
    ],
    [V4, ['fd00::/64'], ['family-mismatch /']],
    [DUAL, ['10.244.100.0/24', 'fd00:10:244:64::/64'], []],
    [DUAL, ['fd00:10:244:5::/64'], ['range-includes-bigip /IPv6SubnetMax']],
    [ONLY6, ['10.244.100.0/24'], ['network-missing /']],
    [{ ...V4, Backend: { Type: 'udp' } }, ['10.244.100.0/24'], ['backend-not-vxlan /Backend']],
  ])('%j with %j', (config, texts, wanted) => {
    const reserved = texts.map(parseSubnet).filter((one): one is Subnet => one !== null);
    const text = JSON.stringify(config);
    const { findings } = checkDocument(text, 'n.json', { reserved });
    expect(findings.map(({ rule, path }) => `${rule} ${path || '/'}`)).toEqual(wanted);
  });
});
