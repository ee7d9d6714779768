import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { LiveState } from '../../src/model/snapshot.ts';
import { mapText, noMapText } from '../../src/output/map-output.ts';
import { type Style, styleOf } from '../../src/output/style.ts';
import {
  BIGIP_KEY,
  DUAL_BIGIP,
  DUAL_NETWORK,
  liveOf,
  NETWORK,
  node,
  RESERVATION,
  reservation,
  siteOf,
} from '../model/snapshots.ts';
import { PLAIN } from './plain.ts';

const UTF8 = { LANG: 'en_US.UTF-8' };
const wide = (columns: number, env: Record<string, string> = UTF8): Style =>
  styleOf({ isTTY: true, columns }, { NO_COLOR: '1', ...env });
const linesOf = (live: LiveState, style: Style, site = siteOf()) =>
  mapText(live, site, style)?.split('\n');

const full = liveOf({
  leases: [
    ...[10, 11, 12, 23, 24].map((n) => node(n)),
    node(1, {}, '10.244.150.0-24'),
    node(2, {}, '10.244.23.0-25'),
    reservation(BIGIP_KEY, RESERVATION),
    reservation('10.244.120.0-22', RESERVATION),
    reservation('10.245.0.0-24', RESERVATION),
  ],
});

describe('the map of a network', () => {
  it('is a block for each subnet, with a legend that names what is special', () => {
    expect(linesOf(full, wide(80))).toEqual([
      '10.244.0.0/16: 256 subnets of /24, each block is a subnet',
      '',
      '10.244.0.0    ··········███░░░░░░░░░░X█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.244.64.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░B···················RRRR····',
      '10.244.128.0  ······················X·········································',
      '10.244.192.0  ································································',
      '',
      '█ node leases: 7',
      'B BIG-IPs: 1',
      '    bigip-1 10.244.100.0/24',
      'R reservations: 2',
      '    10.244.120.0/22',
      '    10.245.0.0/24',
      'X conflicts',
      '    10.244.23.0/25 overlaps 10.244.23.0/24',
      '    node 10.244.23.0/25 does not fit the network config',
      '    node 10.244.150.0/24 does not fit the network config',
      '░ free: 85 of 90 subnets left in the allocation range 10.244.10.0 .. 10.244.99.0',
      '· outside the allocation range',
      '    10.245.0.0/24 is not inside the network',
    ]);
  });

  it('is the same in ASCII where the locale has no more', () => {
    expect(linesOf(full, PLAIN)).toEqual([
      '10.244.0.0/16: 256 subnets of /24, each block is a subnet',
      '',
      '10.244.0.0    ..........###----------X#---------------------------------------',
      '10.244.64.0   ------------------------------------B...................RRRR....',
      '10.244.128.0  ......................X.........................................',
      '10.244.192.0  ................................................................',
      '',
      '# node leases: 7',
      'B BIG-IPs: 1',
      '    bigip-1 10.244.100.0/24',
      'R reservations: 2',
      '    10.244.120.0/22',
      '    10.245.0.0/24',
      'X conflicts',
      '    10.244.23.0/25 overlaps 10.244.23.0/24',
      '    node 10.244.23.0/25 does not fit the network config',
      '    node 10.244.150.0/24 does not fit the network config',
      '- free: 85 of 90 subnets left in the allocation range 10.244.10.0 .. 10.244.99.0',
      '. outside the allocation range',
      '    10.245.0.0/24 is not inside the network',
    ]);
  });

  it.each([
    [
      40,
      [
        '10.244.0.0/16: 256 subnets of /24, each',
        '  block is a subnet',
        '',
        '10.244.0.0    ··········░░░░░░',
        '10.244.16.0   ░░░░█░░░░░░░░░░░',
        '10.244.32.0   ░░░░░░░░░░░░░░░░',
        '10.244.48.0   ░░░░░░░░░░░░░░░░',
        '10.244.64.0   ░░░░░░░░░░░░░░░░',
        '10.244.80.0   ░░░░░░░░░░░░░░░░',
        '10.244.96.0   ░░░░B···········',
        '10.244.112.0  ················',
        '10.244.128.0  ················',
        '10.244.144.0  ················',
        '10.244.160.0  ················',
        '10.244.176.0  ················',
        '10.244.192.0  ················',
        '10.244.208.0  ················',
        '10.244.224.0  ················',
        '10.244.240.0  ················',
      ],
    ],
    [
      120,
      [
        '10.244.0.0/16: 256 subnets of /24, each block is a subnet',
        '',
        '10.244.0.0    ··········░░░░░░░░░░█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
        '10.244.64.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░B···························',
        '10.244.128.0  ································································',
        '10.244.192.0  ································································',
      ],
    ],
    [
      160,
      [
        '10.244.0.0/16: 256 subnets of /24, each block is a subnet',
        '',
        '10.244.0.0    ··········░░░░░░░░░░█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░B···························',
        '10.244.128.0  ································································································································',
      ],
    ],
  ])('fits a terminal of %i columns', (columns, rows) => {
    const lines = linesOf(liveOf({ leases: [node(20)] }), wide(columns)) ?? [];
    expect(lines.slice(0, lines.indexOf('', 3))).toEqual(rows);
  });

  it('takes a terminal that was never given a size for one of 80 columns', () => {
    const live = liveOf({ leases: [node(20)] });
    expect(linesOf(live, wide(0))).toEqual(linesOf(live, wide(80)));
  });

  it('is never narrower than four blocks', () => {
    const lines = linesOf(liveOf({ leases: [node(20)] }), wide(12)) ?? [];
    expect(lines[lines.indexOf('') + 1]).toBe('10.244.0.0    ··░░');
  });

  it('joins subnets to blocks in a large network', () => {
    const config = { Network: '10.0.0.0/8', SubnetLen: 24, Backend: { Type: 'vxlan' } };
    const live = liveOf({ config, leases: [node(20, {}, '10.0.20.0-24')] });
    expect(linesOf(live, wide(80), siteOf({ bigips: [] }))).toEqual([
      '10.0.0.0/8: 65536 subnets of /24, each block is 64 subnets',
      '',
      '10.0.0.0    ▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.16.0.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.32.0.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.48.0.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.64.0.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.80.0.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.96.0.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.112.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.128.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.144.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.160.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.176.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.192.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.208.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.224.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.240.0.0  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '',
      '█ node leases: 1',
      '▒ node leases and free subnets in one block',
      '░ free: 65534 of 65535 subnets left in the allocation range 10.0.1.0 ..',
      '  10.255.255.0',
    ]);
  });

  it('is one short row for a tiny network', () => {
    const config = { Network: '10.0.0.0/28', SubnetLen: 30, Backend: { Type: 'vxlan' } };
    const live = liveOf({ config, leases: [node(20, {}, '10.0.0.4-30')] });
    expect(linesOf(live, wide(80), siteOf({ bigips: [] }))).toEqual([
      '10.0.0.0/28: 4 subnets of /30, each block is a subnet',
      '',
      '10.0.0.0  ·█░░',
      '',
      '█ node leases: 1',
      '░ free: 2 of 3 subnets left in the allocation range 10.0.0.4 .. 10.0.0.12',
      '· outside the allocation range',
    ]);
  });

  it('is a strip for each family of a dual-stack network', () => {
    const live = liveOf({ config: DUAL_NETWORK });
    const site = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    expect(linesOf(live, wide(80), site)).toEqual([
      '10.244.0.0/16: 256 subnets of /24, each block is a subnet',
      '',
      '10.244.0.0    ··········░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      '10.244.64.0   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░B···························',
      '10.244.128.0  ································································',
      '10.244.192.0  ································································',
      '',
      '█ node leases: 0',
      'B BIG-IPs: 1',
      '    bigip-1 10.244.100.0/24 (no lease yet)',
      '░ free: 90 of 90 subnets left in the allocation range 10.244.10.0 .. 10.244.99.0',
      '· outside the allocation range',
      '',
      'fd00:10:244::/48: 65536 subnets of /64, each block is 128 subnets',
      '',
      'fd00:10:244::       B·······························',
      'fd00:10:244:1000::  ································',
      'fd00:10:244:2000::  ································',
      'fd00:10:244:3000::  ································',
      'fd00:10:244:4000::  ································',
      'fd00:10:244:5000::  ································',
      'fd00:10:244:6000::  ································',
      'fd00:10:244:7000::  ································',
      'fd00:10:244:8000::  ································',
      'fd00:10:244:9000::  ································',
      'fd00:10:244:a000::  ································',
      'fd00:10:244:b000::  ································',
      'fd00:10:244:c000::  ································',
      'fd00:10:244:d000::  ································',
      'fd00:10:244:e000::  ································',
      'fd00:10:244:f000::  ································',
      '',
      '█ node leases: 0',
      'B BIG-IPs: 1',
      '    bigip-1 fd00:10:244:64::/64 (no lease yet)',
      '░ free: 84 of 84 subnets left in the allocation range fd00:10:244:10:: ..',
      '  fd00:10:244:63::',
      '· outside the allocation range',
    ]);
  });

  it('counts in powers of two what nobody could read otherwise', () => {
    const config = {
      ...NETWORK,
      EnableIPv4: false,
      EnableIPv6: true,
      IPv6Network: 'fd00::/16',
      IPv6SubnetLen: 64,
    };
    const [head] = linesOf(liveOf({ config }), wide(80)) ?? [];
    expect(head).toBe('fd00::/16: 2^48 subnets of /64, each block is 2^38 subnets');
  });

  it('names a few of many and counts the others', () => {
    const leases = Array.from({ length: 10 }, (_, i) =>
      reservation(`10.244.${200 + i}.0-24`, RESERVATION),
    );
    const lines = linesOf(liveOf({ leases }), wide(80)) ?? [];
    const at = lines.indexOf('R reservations: 10');
    expect(lines.slice(at + 1, at + 10)).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `    10.244.${200 + i}.0/24`),
      '    and 2 more',
    ]);
  });

  it('says the same without colour as with it', () => {
    const coloured = mapText(full, siteOf(), styleOf({}, { FORCE_COLOR: '1' }));
    expect(coloured).toContain('\u001b[31mX\u001b[39m');
    expect(stripVTControlCharacters(coloured ?? '')).toBe(mapText(full, siteOf(), PLAIN));
  });
});

describe('without a network to map', () => {
  it.each([
    [null, 'no map: there is no network config under /coreos.com/network in a store'],
    ['{', 'no map: flannel refuses the network config under /coreos.com/network in a store'],
    [
      { EnableIPv4: false, Backend: { Type: 'vxlan' } },
      'no map: the network config under /coreos.com/network has both families off in a store',
    ],
  ])('the config %j is the reason', (config, text) => {
    const live = liveOf({ config });
    expect(mapText(live, null, PLAIN)).toBeNull();
    expect(noMapText(live, 'a store')).toBe(text);
  });
});
