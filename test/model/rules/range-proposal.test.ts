import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Family,
  formatAddress,
  formatSubnet,
  rangeOf,
  rangesOverlap,
  type Subnet,
  sizeOf,
  withoutHostBits,
} from '../../../src/model/address.ts';
import { checkDocument } from '../../../src/model/document.ts';
import type { AllocationRange } from '../../../src/model/network-config.ts';
import { rangeWithout } from '../../../src/model/rules/bigip-range.ts';

const SETTINGS = {
  4: { network: { base: 10n << 24n, length: 12 }, subnetLens: { min: 14, max: 28 }, longest: 30 },
  6: {
    network: { base: 0xfdn << 120n, length: 48 },
    subnetLens: { min: 50, max: 64 },
    longest: 126,
  },
} as const;

/** A network with an allocation range, and subnets of BIG-IPs in or near that range. */
function layouts(family: Family) {
  const { network, subnetLens, longest } = SETTINGS[family];
  return fc.integer(subnetLens).chain((subnetLen) => {
    const size = sizeOf(family, subnetLen);
    const blocks = Number(sizeOf(family, network.length) / size);
    const first = fc.integer({ min: 1, max: blocks - 1 });
    const span = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: blocks - 1 }));
    return fc.tuple(first, span).chain(([min, wanted]) => {
      const max = Math.min(min + wanted, blocks - 1);
      const range: AllocationRange = {
        family,
        network: { family, ...network },
        subnetLen,
        subnetMin: network.base + BigInt(min) * size,
        subnetMax: network.base + BigInt(max) * size,
      };
      const subnet = fc
        .tuple(
          fc.integer({ min: Math.max(1, min - 2), max: Math.min(max + 2, blocks - 1) }),
          fc.integer({
            min: Math.max(network.length + 1, subnetLen - 3),
            max: Math.min(subnetLen + 3, longest),
          }),
        )
        .map(([block, length]) =>
          withoutHostBits({ family, base: network.base + BigInt(block) * size, length }),
        );
      return fc.record({
        range: fc.constant(range),
        subnets: fc.array(subnet, { minLength: 1, maxLength: 4 }),
      });
    });
  });
}

function siteText(range: AllocationRange, subnets: readonly Subnet[]): string {
  const { family } = range;
  const text = (value: bigint) => formatAddress(family, value);
  const values = (names: string) => ({
    [`${names}Network`]: formatSubnet(range.network),
    [`${names}SubnetLen`]: range.subnetLen,
    [`${names}SubnetMin`]: text(range.subnetMin),
    [`${names}SubnetMax`]: text(range.subnetMax),
  });
  const ipv4 = { Network: '172.16.0.0/16', SubnetMax: '172.16.99.0' };
  return JSON.stringify({
    apiVersion: 'flannel-bigip/v1',
    kind: 'Site',
    name: 'site-a',
    network: {
      ...(family === 4 ? values('') : { ...ipv4, EnableIPv6: true, ...values('IPv6') }),
      Backend: { Type: 'vxlan' },
    },
    bigips: subnets.map((subnet, i) => ({
      name: `bigip-${i}`,
      subnet: family === 4 ? formatSubnet(subnet) : `172.16.${100 + i}.0/24`,
      publicIP: `192.168.1.${i + 1}`,
      vtepMAC: `00:0c:29:2e:db:0${i}`,
      ...(family === 6
        ? {
            ipv6Subnet: formatSubnet(subnet),
            publicIPv6: `2001:db8::${i + 1}`,
            vtepMACv6: `00:0c:29:2e:dc:0${i}`,
          }
        : {}),
    })),
  });
}

const RANGE_RULES = ['range-includes-bigip', 'range-empty', 'range-reversed', 'flannel-rejects'];

function rangeFindings(text: string) {
  const { findings } = checkDocument(text, 'site.json');
  return findings.filter(({ rule }) => RANGE_RULES.includes(rule));
}

const PROPOSAL = /^set (IPv6|)SubnetMin: (\S+) and (?:IPv6|)SubnetMax: (\S+)$/;

function withProposal(text: string, fix: string): string {
  const [, names, min, max] = PROPOSAL.exec(fix) ?? [];
  const document = JSON.parse(text) as { network: Record<string, unknown> };
  const network = { ...document.network, [`${names}SubnetMin`]: min, [`${names}SubnetMax`]: max };
  return JSON.stringify({ ...document, network });
}

/** The blocks of the range, those that are free of all subnets marked by true. */
function freeBlocks(range: AllocationRange, subnets: readonly Subnet[]): boolean[] {
  const size = sizeOf(range.family, range.subnetLen);
  const count = Number((range.subnetMax - range.subnetMin) / size) + 1;
  const taken = subnets.map(rangeOf);
  return Array.from({ length: count }, (_, i) => {
    const first = range.subnetMin + BigInt(i) * size;
    return !taken.some((one) => rangesOverlap(one, { first, last: first + size - 1n }));
  });
}

describe.each([4, 6] as const)('the range that is proposed, IPv%i', (family) => {
  it('makes the finding go away, and is there whenever a block is free', () => {
    fc.assert(
      fc.property(layouts(family), ({ range, subnets }) => {
        const text = siteText(range, subnets);
        const free = freeBlocks(range, subnets);
        const found = rangeFindings(text).filter(({ rule }) => rule === 'range-includes-bigip');
        const fixes = [...new Set(found.map(({ fix }) => fix ?? ''))];
        if (free.every(Boolean)) {
          expect(fixes).toEqual([]);
        } else if (free.some(Boolean)) {
          expect(fixes).toEqual([expect.stringMatching(PROPOSAL)]);
          expect(rangeFindings(withProposal(text, fixes[0] ?? ''))).toEqual([]);
        } else {
          expect(fixes).toEqual(['no range is left beside the BIG-IPs: give them other subnets']);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is a stretch of free blocks that cannot be widened', () => {
    fc.assert(
      fc.property(layouts(family), ({ range, subnets }) => {
        const free = freeBlocks(range, subnets);
        const size = sizeOf(range.family, range.subnetLen);
        const cure = rangeWithout(subnets, range);
        if (cure === null) {
          expect(free).not.toContain(true);
          return;
        }
        const first = Number((cure.subnetMin - range.subnetMin) / size);
        const last = Number((cure.subnetMax - range.subnetMin) / size);
        expect(free.slice(first, last + 1)).not.toContain(false);
        expect([free[first - 1] ?? false, free[last + 1] ?? false]).toEqual([false, false]);
      }),
      { numRuns: 200 },
    );
  });
});
