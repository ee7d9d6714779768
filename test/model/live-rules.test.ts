import { describe, expect, it } from 'vitest';
import type { LiveFinding } from '../../src/model/finding.ts';
import { LIVE_RULES } from '../../src/model/finding.ts';
import { listLeases } from '../../src/model/lease-list.ts';
import { planSite } from '../../src/model/plan.ts';
import type { Site } from '../../src/model/site.ts';
import type { StoreApi } from '../../src/model/snapshot.ts';
import {
  BIGIP_KEY,
  DUAL_BIGIP,
  DUAL_NETWORK,
  type LiveParts,
  liveOf,
  NETWORK,
  node,
  PREFIX,
  RESERVATION,
  reservation,
  siteOf,
} from './snapshots.ts';

interface LiveCase {
  readonly rule: (typeof LIVE_RULES)[number];
  readonly live: LiveParts;
  readonly found: Omit<LiveFinding, 'rule'>;
  /** Close to it, and not found. */
  readonly nearMiss: LiveParts;
  readonly site?: Site;
}

const key = (name: string) => `${PREFIX}/subnets/${name}`;
const ours = reservation(BIGIP_KEY, RESERVATION);
const dualSite = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
const smallNetwork = { ...NETWORK, SubnetMin: '10.244.90.0' };
const smallSite = siteOf({ network: smallNetwork });
const DUAL_NODE = '10.244.20.0-24&fd00:10:244:20::-64';
const v6Data = {
  PublicIPv6: 'fd00:10:1::20',
  BackendV6Data: { VtepMAC: '0a:00:00:00:00:21' },
};
const full = Array.from({ length: 10 }, (_, i) => node(90 + i));

const CASES: readonly LiveCase[] = [
  {
    rule: 'subnet-held-by-node',
    live: { leases: [node(1, {}, BIGIP_KEY)] },
    found: {
      severity: 'error',
      message: '10.244.100.0/24 of bigip-1 is held by the node of 10.244.100.0-24 (10.1.10.1)',
      fix: 'give the BIG-IP another subnet, or drain that node and restart its flanneld with a range that leaves the subnet out',
      key: key(BIGIP_KEY),
    },
    nearMiss: { leases: [node(99), reservation('10.244.101.0-24', RESERVATION)] },
  },
  {
    rule: 'subnet-held-by-node',
    live: { leases: [node(1, {}, '10.244.100.128-25')] },
    found: {
      severity: 'error',
      message: '10.244.100.0/24 of bigip-1 is held by the node of 10.244.100.128-25 (10.1.10.1)',
      fix: 'give the BIG-IP another subnet, or drain that node and restart its flanneld with a range that leaves the subnet out',
      key: key('10.244.100.128-25'),
    },
    nearMiss: { leases: [node(1, {}, '10.244.101.0-25')] },
  },
  {
    rule: 'subnet-held-by-node',
    site: dualSite,
    live: {
      config: DUAL_NETWORK,
      leases: [node(20, v6Data, '10.244.20.0-24&fd00:10:244:64::-64')],
    },
    found: {
      severity: 'error',
      message:
        'fd00:10:244:64::/64 of bigip-1 is held by the node of 10.244.20.0-24&fd00:10:244:64::-64 (10.1.10.20)',
      fix: 'give the BIG-IP another subnet, or drain that node and restart its flanneld with a range that leaves the subnet out',
      key: key('10.244.20.0-24&fd00:10:244:64::-64'),
    },
    nearMiss: { config: DUAL_NETWORK, leases: [node(20, v6Data, DUAL_NODE)] },
  },
  {
    rule: 'public-ip-of-node',
    live: { leases: [node(20, { PublicIP: '10.1.10.245' })] },
    found: {
      severity: 'error',
      message:
        'the public IP of bigip-1 is that of the node of 10.244.20.0-24 (10.1.10.245): its flanneld would take the reservation over or delete it',
      fix: "write the BIG-IP's own underlay self IP",
      key: key('10.244.20.0-24'),
    },
    // With a TTL at its own key it is the BIG-IP's lease, not a node's.
    nearMiss: { leases: [node(100, RESERVATION)] },
  },
  {
    rule: 'public-ip-of-node',
    site: dualSite,
    live: {
      config: DUAL_NETWORK,
      leases: [node(20, { ...v6Data, PublicIPv6: 'FD00:10:1:0::245' }, DUAL_NODE)],
    },
    found: {
      severity: 'error',
      message: `the public IP of bigip-1 is that of the node of ${DUAL_NODE} (10.1.10.20): its flanneld would take the reservation over or delete it`,
      fix: "write the BIG-IP's own underlay self IP",
      key: key(DUAL_NODE),
    },
    nearMiss: { config: DUAL_NETWORK, leases: [node(20, v6Data, DUAL_NODE)] },
  },
  {
    rule: 'vtep-mac-of-node',
    site: dualSite,
    live: {
      config: DUAL_NETWORK,
      leases: [node(20, { ...v6Data, BackendV6Data: { VtepMAC: '00:0c:29:2e:db:2f' } }, DUAL_NODE)],
    },
    found: {
      severity: 'error',
      message: `00:0c:29:2e:db:2f of bigip-1 is the VTEP MAC of the node of ${DUAL_NODE} (10.1.10.20)`,
      fix: "write the MAC of the BIG-IP's tunnel",
      key: key(DUAL_NODE),
    },
    nearMiss: { config: DUAL_NETWORK, leases: [node(20, v6Data, DUAL_NODE)] },
  },
  {
    rule: 'vtep-mac-of-node',
    live: { leases: [node(20, { BackendData: { VtepMAC: '00-0C-29-2E-DB-2E' } })] },
    found: {
      severity: 'error',
      message:
        '00:0c:29:2e:db:2e of bigip-1 is the VTEP MAC of the node of 10.244.20.0-24 (10.1.10.20)',
      fix: "write the MAC of the BIG-IP's tunnel",
      key: key('10.244.20.0-24'),
    },
    nearMiss: { leases: [node(20)] },
  },
  {
    rule: 'node-outside-config',
    live: { leases: [node(9)] },
    found: {
      severity: 'warning',
      message:
        'the node of 10.244.9.0-24 (10.1.10.9) loses its subnet when its flanneld restarts; its pods keep old addresses until they are recreated',
      key: key('10.244.9.0-24'),
    },
    nearMiss: { leases: [node(10), node(99)] },
  },
  {
    rule: 'range-nearly-exhausted',
    site: smallSite,
    live: { config: smallNetwork, leases: full },
    found: {
      severity: 'warning',
      message: '0 of 10 subnets of the IPv4 allocation range are free',
      fix: 'widen the range before new nodes join',
      key: null,
    },
    nearMiss: { config: smallNetwork, leases: full.slice(1) },
  },
  {
    rule: 'undeclared-reservation',
    live: { leases: [reservation('10.244.101.0-24', RESERVATION)] },
    found: {
      severity: 'warning',
      message: '10.244.101.0-24 is a reservation that the site file does not declare',
      fix: 'declare it under bigips, or remove it with apply --prune',
      key: key('10.244.101.0-24'),
    },
    nearMiss: { leases: [ours, node(101)] },
  },
  {
    rule: 'subnets-overlap',
    live: { leases: [node(20), node(21, {}, '10.244.20.128-25')] },
    found: {
      severity: 'warning',
      message:
        '10.244.20.128-25 overlaps 10.244.20.0-24: of two routes to one address only one is right',
      key: key('10.244.20.128-25'),
    },
    nearMiss: { leases: [node(20), node(21)] },
  },
  {
    rule: 'config-unreadable',
    live: { config: '{"Network":"10.244.0.0/29"}' },
    found: {
      severity: 'warning',
      message: 'flannel refuses the live network config: no flanneld can start with it',
      fix: 'this plan replaces it',
      key: `${PREFIX}/config`,
    },
    nearMiss: { config: null },
  },
  {
    rule: 'lease-no-public-ip',
    live: { leases: [node(20, { PublicIP: undefined })] },
    found: {
      severity: 'warning',
      message: '10.244.20.0-24 has no PublicIP: flannel makes an FDB entry that leads nowhere',
      key: key('10.244.20.0-24'),
    },
    nearMiss: { leases: [node(20)] },
  },
  {
    rule: 'lease-no-public-ip',
    live: { leases: [node(20, { PublicIP: '0.0.0.0' })] },
    found: {
      severity: 'warning',
      message: '10.244.20.0-24 has no PublicIP: flannel makes an FDB entry that leads nowhere',
      key: key('10.244.20.0-24'),
    },
    nearMiss: { leases: [node(20, { PublicIP: '0.0.0.1' })] },
  },
  {
    rule: 'lease-no-public-ip',
    live: {
      config: DUAL_NETWORK,
      leases: [node(20, { ...v6Data, PublicIPv6: null }, DUAL_NODE)],
    },
    found: {
      severity: 'warning',
      message: `${DUAL_NODE} has no PublicIPv6: flannel makes an FDB entry that leads nowhere`,
      key: key(DUAL_NODE),
    },
    nearMiss: { config: DUAL_NETWORK, leases: [node(20, v6Data, DUAL_NODE)] },
  },
  {
    rule: 'lease-no-vtep-mac',
    live: { leases: [node(20, { BackendData: { VtepMAC: '00:0c:29' } })] },
    found: {
      severity: 'warning',
      message: '10.244.20.0-24 has no readable VtepMAC: flannel does not take it in',
      key: key('10.244.20.0-24'),
    },
    nearMiss: { leases: [node(20, { BackendData: { VtepMAC: '00-0C-29-2E-DB-AA' } })] },
  },
  {
    rule: 'lease-other-backend',
    live: { leases: [node(20, { BackendType: 'host-gw' })] },
    found: {
      severity: 'warning',
      message: '10.244.20.0-24 is of backend host-gw, the network of vxlan: flannel ignores it',
      key: key('10.244.20.0-24'),
    },
    nearMiss: { config: null, leases: [node(20, { BackendType: 'host-gw' })] },
  },
  {
    rule: 'lease-other-backend',
    live: { leases: [node(20, { BackendType: undefined })] },
    found: {
      severity: 'warning',
      message: '10.244.20.0-24 is of backend none, the network of vxlan: flannel ignores it',
      key: key('10.244.20.0-24'),
    },
    nearMiss: { leases: [node(20)] },
  },
  {
    rule: 'lease-host-bits',
    live: { leases: [node(20, {}, '10.244.20.7-24')] },
    found: {
      severity: 'warning',
      message: "10.244.20.7-24 has host bits: the kernel refuses flannel's route",
      key: key('10.244.20.7-24'),
    },
    nearMiss: { leases: [node(20, {}, '10.244.20.8-29')] },
  },
  {
    rule: 'lease-family-mismatch',
    live: { leases: [node(20, v6Data, DUAL_NODE)] },
    found: {
      severity: 'warning',
      message: `${DUAL_NODE} is dual-stack, the network is not: flanneld v0.20 hangs on it and takes in no later lease (v0.12 takes in its IPv4 half)`,
      fix: 'remove it',
      key: key(DUAL_NODE),
    },
    nearMiss: { config: DUAL_NETWORK, leases: [node(20, v6Data, DUAL_NODE)] },
  },
  {
    rule: 'lease-family-mismatch',
    live: { config: DUAL_NETWORK, leases: [node(20)] },
    found: {
      severity: 'warning',
      message:
        '10.244.20.0-24 is IPv4 only, the network is dual-stack: every flanneld that has to pick a subnet crashes while it is there',
      fix: 'give it both families',
      key: key('10.244.20.0-24'),
    },
    nearMiss: { config: null, leases: [node(20)] },
  },
  {
    rule: 'lease-family-mismatch',
    live: { config: DUAL_NETWORK, leases: [node(20, {}, DUAL_NODE)] },
    found: {
      severity: 'warning',
      message: `${DUAL_NODE} has an IPv6 subnet and no BackendV6Data: flannel skips it whole, IPv4 too`,
      fix: 'give it both families',
      key: key(DUAL_NODE),
    },
    nearMiss: { config: null, leases: [node(20, {}, DUAL_NODE)] },
  },
  {
    rule: 'public-ip-shared',
    live: { leases: [node(20), node(21, { PublicIP: '10.1.10.20' })] },
    found: {
      severity: 'warning',
      message: '10.244.21.0-24 and 10.244.20.0-24 have the same public IP',
      key: key('10.244.21.0-24'),
    },
    nearMiss: { leases: [node(20), node(21, { PublicIP: undefined }), node(22, '')] },
  },
  {
    rule: 'vtep-mac-shared',
    live: { leases: [node(20), node(21, { BackendData: { VtepMAC: '0A-00-00-00-00-14' } })] },
    found: {
      severity: 'warning',
      message: '10.244.21.0-24 and 10.244.20.0-24 have the same VTEP MAC',
      key: key('10.244.21.0-24'),
    },
    nearMiss: { leases: [node(20, { BackendData: null }), node(21, { BackendData: null })] },
  },
  {
    rule: 'stale-fdb-entry',
    live: { leases: [reservation(BIGIP_KEY, RESERVATION.replace('db:2e', 'db:2d'))] },
    found: {
      severity: 'warning',
      message:
        'every node keeps an FDB entry for the old MAC 00:0c:29:2e:db:2d, which nothing uses: untidy, harmless',
      key: key(BIGIP_KEY),
    },
    // The public IP changes, and the MAC only in its spelling.
    nearMiss: {
      leases: [
        reservation(BIGIP_KEY, RESERVATION.replace('db:2e', 'DB:2E').replace('10.245', '10.246')),
      ],
    },
  },
  {
    rule: 'flanneld-restart',
    live: { config: { ...NETWORK, SubnetMax: '10.244.98.0' } },
    found: {
      severity: 'warning',
      message: 'flanneld reads its config only when it starts',
      fix: 'restart flanneld on every node, one after another, when the plan is carried out',
      key: `${PREFIX}/config`,
    },
    nearMiss: { config: null },
  },
  {
    rule: 'new-network',
    live: { config: null },
    found: {
      severity: 'warning',
      message: 'nothing is live under /coreos.com/network: this makes a new network',
      key: `${PREFIX}/config`,
    },
    nearMiss: { config: null, leases: [node(20)] },
  },
];

function problems({ rule, site = siteOf() }: LiveCase, live: LiveParts): LiveFinding[] {
  return planSite(site, liveOf(live)).problems.filter((one) => one.rule === rule);
}

describe('every rule on live state', () => {
  it.each(CASES)('$rule: $found.message', (one) => {
    expect(problems(one, one.live)).toEqual([{ rule: one.rule, ...one.found }]);
  });

  it.each(CASES)('$rule is not found in what is close to it ($found.message)', (one) => {
    expect(problems(one, one.nearMiss)).toEqual([]);
  });

  it('has a case, here or below; some are found by commands and have theirs there', () => {
    const covered: string[] = CASES.map(({ rule }) => rule);
    const below = ['key-unreadable', 'value-unreadable', 'lease-expires', 'other-store-in-use'];
    expect(LIVE_RULES.filter((rule) => !covered.includes(rule) && !below.includes(rule))).toEqual([
      'still-declared',
      'not-in-backup',
      'newer-lease',
      'target-differs',
      'store-in-use',
      'node-without-lease',
      'node-ambiguous',
      'lease-without-node',
      'stale-arp-entry',
    ]);
  });
});

describe('a network that is made in one of two stores', () => {
  const found = (live: LiveParts, other: LiveParts | null) =>
    planSite(siteOf(), liveOf(live), { other: other && liveOf(other) }).problems.filter(
      ({ rule }) => rule === 'other-store-in-use',
    );
  const own = node(100, { PublicIP: '10.1.10.245' });

  it.each([
    ['v3', 'v2', [node(20)], '1 living node has its lease', 'flannel up to v0.17'],
    ['v2', 'v3', [node(20), node(21)], '2 living nodes have their leases', 'flannel from v0.18 on'],
  ] as const)('warns in %s of nodes that live in %s', (api, there, leases, nodes, readers) => {
    expect(found({ api, config: null }, { api: there, leases })).toEqual([
      {
        rule: 'other-store-in-use',
        severity: 'warning',
        message: `${nodes} in the ${there} store, which ${readers} reads: no flanneld there sees what this makes in ${api}`,
        fix: `--etcd-api ${there}, or etcd.api: ${there} in the site file, is for those`,
        key: null,
      },
    ]);
  });

  it.each<[string, LiveParts, LiveParts | null]>([
    ['there is no other store', { config: null }, null],
    ['nothing lives in the other', { config: null }, { api: 'v2', leases: [ours] }],
    ["the BIG-IP's own lease alone expires there", { config: null }, { api: 'v2', leases: [own] }],
    ['nodes live in both', { config: null, leases: [node(20)] }, { api: 'v2', leases: [node(20)] }],
    ['the network is there already', { config: '{}' }, { api: 'v2', leases: [node(20)] }],
  ])('is silent where %s', (_, live, other) => {
    expect(found(live, other)).toEqual([]);
  });
});

describe('a lease that flannel cannot read', () => {
  const deaf = 'a running flanneld up to v0.17 goes deaf on it for good';
  const loses =
    'flanneld v0.18 and later loses the events of the next second, and again when it is deleted';
  const restartAll = 'remove it, then restart every flanneld';
  const rewrite = 'remove it, then run apply --rewrite for nodes that missed an event';
  const either =
    'remove it, then restart every flanneld up to v0.17, or run apply --rewrite for later ones';

  it.each([
    ['v2', deaf, restartAll],
    ['v3', loses, rewrite],
    ['file', `${deaf}; ${loses}`, either],
  ] as const)('is told as the flannel of %s takes it', (api: StoreApi, effect, fix) => {
    const live = liveOf({ api, leases: [node(1, {}, 'bigip'), node(20, '{“a”}')] });
    const common = { severity: 'warning', fix } as const;
    expect(planSite(siteOf(), live).problems).toEqual([
      {
        ...common,
        rule: 'key-unreadable',
        message: `bigip is no subnet key: ${effect}`,
        key: key('bigip'),
      },
      {
        ...common,
        rule: 'value-unreadable',
        message: `10.244.20.0-24: the value is no JSON: ${effect}`,
        key: key('10.244.20.0-24'),
      },
    ]);
  });
});

describe("a BIG-IP's lease with a TTL", () => {
  it('is found in the list', () => {
    const live = liveOf({ leases: [node(100, RESERVATION)] });
    expect(listLeases(live, siteOf(), new Map()).map((lease) => lease.problems)).toEqual([
      [
        {
          rule: 'lease-expires',
          severity: 'warning',
          message: 'the lease of bigip-1 expires and nothing renews it',
          fix: 'run apply, which takes the TTL off',
          key: key(BIGIP_KEY),
        },
      ],
    ]);
  });

  it('is not found where it is a reservation', () => {
    const live = liveOf({ leases: [ours] });
    expect(listLeases(live, siteOf(), new Map()).map((lease) => lease.problems)).toEqual([[]]);
  });
});
