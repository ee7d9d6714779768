import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkDocument } from '../../src/model/document.ts';
import { draftDocument, type SiteDraft } from '../../src/model/site-draft.ts';
import { siteText } from '../../src/model/site-text.ts';
import { BIGIP, DUAL_BIGIP, DUAL_NETWORK, NETWORK } from './snapshots.ts';

const SCHEMA = 'https://example.org/site.schema.json';
const NO_NOTES = { network: [], range: [], bigips: [] };

const DRAFT: SiteDraft = {
  name: 'site-a',
  etcd: { endpoints: ['https://10.1.10.151:2379'], api: 'v3', prefix: '/coreos.com/network' },
  network: NETWORK,
  bigips: [BIGIP],
};

describe('the text of a site file', () => {
  it('reads back as what it was made of, without a finding', () => {
    for (const draft of [
      DRAFT,
      { ...DRAFT, bigips: [] },
      { ...DRAFT, network: DUAL_NETWORK, bigips: [DUAL_BIGIP] },
    ]) {
      const text = siteText(draft, NO_NOTES, SCHEMA);

      expect(parse(text)).toEqual(draftDocument(draft));
      expect(checkDocument(text, 'site.yaml').findings).toEqual([]);
    }
  });

  it('reads back whatever texts it holds, in YAML 1.1 too', () => {
    const word = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.constantFrom('yes', 'null', '1e3', '0x10', '12:30:45', '# no', '- x', 'a: b', '~', 'on'),
      fc.constantFrom('fd00::', 'fd00:10:244::/48', '11:22:33:44:55:11', '2026-11-23'),
    );
    fc.assert(
      fc.property(word, word, word, (name, key, value) => {
        const network = { ...NETWORK, Backend: { Type: 'vxlan', Name: value } };
        const draft = { ...DRAFT, name, etcd: { ...DRAFT.etcd, key }, network };
        const text = siteText(draft, NO_NOTES, SCHEMA);
        expect(parse(text)).toEqual(draftDocument(draft));
        expect(parse(text, { version: '1.1' })).toEqual(draftDocument(draft));
      }),
      { numRuns: 300 },
    );
  });

  it('holds notes as comments, whatever is in them', () => {
    const note = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(note, note, note, (network, range, bigips) => {
        const notes = { network: [network], range: [range], bigips: [bigips] };
        for (const draft of [DRAFT, { ...DRAFT, bigips: [] }]) {
          const text = siteText(draft, notes, SCHEMA);
          expect(parse(text)).toEqual(draftDocument(draft));
          expect(text).toMatch(/^[\x20-\x7e\n]*$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('quotes IPv6 addresses, and what YAML 1.1 takes for numbers', () => {
    const bigip = { ...DUAL_BIGIP, vtepMAC: '10:20:30:40:50:12' };
    const text = siteText({ ...DRAFT, network: DUAL_NETWORK, bigips: [bigip] }, NO_NOTES, SCHEMA);

    expect(text).toContain('IPv6Network: "fd00:10:244::/48"');
    expect(text).toContain('IPv6SubnetMin: "fd00:10:244:10::"');
    expect(text).toContain('publicIPv6: "fd00:10:1::245"');
    expect(text).toContain('vtepMAC: "10:20:30:40:50:12"');
    expect(text).toContain('vtepMACv6: 00:0c:29:2e:db:2f');
  });

  it('says where each note belongs', () => {
    const notes = {
      network: ['about the network'],
      range: ['about the range', 'SubnetMax: 10.244.98.0'],
      bigips: ['about the others'],
    };
    const { selfIP: _, ...bigip } = BIGIP;

    expect(
      siteText({ ...DRAFT, bigips: [bigip] }, notes, SCHEMA),
    ).toBe(`# yaml-language-server: $schema=https://example.org/site.schema.json

apiVersion: flannel-bigip/v1
kind: Site
name: site-a # typed to confirm a change that endangers living nodes

# Flags and environment (ETCDCTL_*, FLANNELD_*) come before these.
etcd:
  endpoints:
    - https://10.1.10.151:2379
  api: v3 # flannel up to v0.17 reads v2, from v0.18 on v3
  prefix: /coreos.com/network

# flannel's own network config, key for key.
# about the network
network:
  Network: 10.244.0.0/16
  # about the range
  # SubnetMax: 10.244.98.0
  SubnetMin: 10.244.10.0
  SubnetMax: 10.244.99.0
  SubnetLen: 24
  Backend: { Type: vxlan }

bigips:
  - name: bigip-1
    subnet: 10.244.100.0/24
    publicIP: 10.1.10.245 # underlay self IP: the tunnel's local address
    vtepMAC: 00:0c:29:2e:db:2e # tmsh show net tunnels tunnel NAME all-properties
    # selfIP: overlay self IP on the tunnel; the lease does not hold it, so add it
  # about the others
`);
  });
});
