import { describe, expect, it } from 'vitest';
import { type Change, isInSync } from '../../src/model/change.ts';
import { planRemoval } from '../../src/model/lease-change.ts';
import { planSite } from '../../src/model/plan.ts';
import {
  BIGIP,
  BIGIP_KEY,
  DUAL_BIGIP,
  DUAL_NETWORK,
  liveOf,
  NETWORK,
  node,
  PREFIX,
  RESERVATION,
  reservation,
  siteOf,
} from './snapshots.ts';

const site = siteOf();
const ours = reservation(BIGIP_KEY, RESERVATION, { revision: '41' });
const DUAL_KEY = '10.244.100.0-24&fd00:10:244:64::-64';
const other = (name: string) =>
  reservation(name, RESERVATION.replace('10.245', '10.250').replace('db:2e', 'db:50'));

const shortly = ({ action, kind, key }: Change) =>
  `${action} ${kind} ${key.slice(PREFIX.length + 1)}`;

describe('a plan that gives two leases the same', () => {
  const shared = (name: string, value: string, options = {}) =>
    planSite(site, liveOf({ leases: [reservation(name, value)] }), options).problems.filter(
      ({ rule }) => rule.endsWith('-shared'),
    );
  const at = `${PREFIX}/subnets/${BIGIP_KEY}`;
  const told = (what: string, rule: string) => ({
    rule,
    severity: 'warning',
    message: `${BIGIP_KEY} and 10.244.101.0-24 have the same ${what}`,
    key: at,
  });

  it('warns of it before it is written', () => {
    const otherMac = RESERVATION.replace('db:2e', 'db:50');
    const otherIp = RESERVATION.replace('10.245', '10.250');
    expect(shared('10.244.101.0-24', RESERVATION)).toEqual([
      told('public IP', 'public-ip-shared'),
      told('VTEP MAC', 'vtep-mac-shared'),
    ]);
    expect(shared('10.244.101.0-24', otherMac)).toEqual([told('public IP', 'public-ip-shared')]);
    expect(shared('10.244.101.0-24', otherIp)).toEqual([told('VTEP MAC', 'vtep-mac-shared')]);
  });

  it('is silent where the other lease goes, or is the one that changes', () => {
    expect(shared('10.244.101.0-24', RESERVATION, { prune: true })).toEqual([]);
    expect(shared(BIGIP_KEY, RESERVATION.replace('10.245', '10.250'))).toEqual([]);
  });

  it('tells once of what is live already', () => {
    const twin = reservation('10.244.101.0-24', RESERVATION);
    const rules = planSite(site, liveOf({ leases: [ours, twin] })).problems.map(({ rule }) => rule);
    expect(rules.filter((rule) => rule.endsWith('-shared'))).toEqual([
      'public-ip-shared',
      'vtep-mac-shared',
    ]);
  });
});

describe('a plan for an empty store', () => {
  it('creates the config, then the lease, and writes exactly the bytes that flannel expects', () => {
    const plan = planSite(site, liveOf({ config: null }));
    expect(plan).toEqual({
      changes: [
        {
          action: 'create',
          kind: 'config',
          key: '/coreos.com/network/config',
          name: null,
          before: null,
          after: NETWORK,
          fields: [
            { field: 'Network', before: undefined, after: '10.244.0.0/16' },
            { field: 'SubnetMin', before: undefined, after: '10.244.10.0' },
            { field: 'SubnetMax', before: undefined, after: '10.244.99.0' },
            { field: 'SubnetLen', before: undefined, after: 24 },
            { field: 'Backend.Type', before: undefined, after: 'vxlan' },
          ],
          value:
            '{"Network":"10.244.0.0/16","SubnetMin":"10.244.10.0","SubnetMax":"10.244.99.0","SubnetLen":24,"Backend":{"Type":"vxlan"}}',
          ttl: null,
          liveValue: null,
          revision: null,
        },
        {
          action: 'create',
          kind: 'lease',
          key: '/coreos.com/network/subnets/10.244.100.0-24',
          name: 'bigip-1',
          before: null,
          after: JSON.parse(RESERVATION),
          fields: [
            { field: 'PublicIP', before: undefined, after: '10.1.10.245' },
            { field: 'BackendType', before: undefined, after: 'vxlan' },
            { field: 'BackendData.VtepMAC', before: undefined, after: '00:0c:29:2e:db:2e' },
          ],
          value:
            '{"PublicIP":"10.1.10.245","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"}}',
          ttl: null,
          liveValue: null,
          revision: null,
        },
      ],
      problems: [
        {
          rule: 'new-network',
          severity: 'warning',
          message: 'nothing is live under /coreos.com/network: this makes a new network',
          key: '/coreos.com/network/config',
        },
      ],
      dangers: [],
      nodeCount: 0,
      configRevision: null,
    });
    expect(isInSync(plan)).toBe(false);
  });

  it('names both families in key and value of a dual-stack BIG-IP', () => {
    const dual = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    const [lease] = planSite(dual, liveOf({ config: DUAL_NETWORK })).changes;
    expect([lease?.key, lease?.value]).toEqual([
      `${PREFIX}/subnets/${DUAL_KEY}`,
      '{"PublicIP":"10.1.10.245","PublicIPv6":"fd00:10:1::245","BackendType":"vxlan","BackendData":{"VtepMAC":"00:0c:29:2e:db:2e"},"BackendV6Data":{"VtepMAC":"00:0c:29:2e:db:2f"}}',
    ]);
  });

  it('is the same each time', () => {
    const live = liveOf({ config: null, leases: [node(20), other('10.244.101.0-24')] });
    expect(planSite(site, live)).toEqual(planSite(site, live));
  });
});

describe('a plan for what is as declared', () => {
  it.each([
    ['the very value', RESERVATION],
    [
      'other spelling',
      ' {"BackendData":{"VNI":1,"VtepMAC":"00-0C-29-2E-DB-2E"},"BackendType":"vxlan","PublicIPv6":null,"BackendV6Data":null,"PublicIP":"10.1.10.245"}',
    ],
  ])('has no change with %s', (_, value) => {
    const leases = [reservation(BIGIP_KEY, value), node(20), node(21)];
    const plan = planSite(site, liveOf({ leases }));
    expect(plan).toEqual({
      changes: [],
      problems: [],
      dangers: [],
      nodeCount: 2,
      configRevision: '7',
    });
    expect(isInSync(plan)).toBe(true);
  });

  it('is in sync with warnings, and is not with an error', () => {
    const warned = planSite(site, liveOf({ leases: [ours, node(9)] }));
    const wrong = planSite(site, liveOf({ leases: [ours, node(20, { PublicIP: '10.1.10.245' })] }));
    expect([warned, wrong].map((plan) => [plan.changes, isInSync(plan)])).toEqual([
      [[], true],
      [[], false],
    ]);
  });

  it('puts the equal value again when that is wished', () => {
    const live = liveOf({ leases: [ours] });
    expect(planSite(site, live, { rewrite: true }).changes).toEqual([
      {
        action: 'rewrite',
        kind: 'lease',
        key: `${PREFIX}/subnets/${BIGIP_KEY}`,
        name: 'bigip-1',
        before: JSON.parse(RESERVATION),
        after: JSON.parse(RESERVATION),
        fields: [],
        value: RESERVATION,
        ttl: null,
        liveValue: RESERVATION,
        revision: '41',
      },
    ]);
  });
});

describe('a plan for a lease that differs', () => {
  const changeOf = (value: string, parts = {}) =>
    planSite(
      site,
      liveOf({ leases: [reservation(BIGIP_KEY, value, { revision: '41', ...parts })] }),
    ).changes;

  it('overwrites it, guarded by the revision that was read', () => {
    const live = RESERVATION.replace('10.245', '10.246');
    expect(changeOf(live)).toEqual([
      {
        action: 'update',
        kind: 'lease',
        key: `${PREFIX}/subnets/${BIGIP_KEY}`,
        name: 'bigip-1',
        before: JSON.parse(live),
        after: JSON.parse(RESERVATION),
        fields: [{ field: 'PublicIP', before: '10.1.10.246', after: '10.1.10.245' }],
        value: RESERVATION,
        ttl: null,
        liveValue: live,
        revision: '41',
      },
    ]);
  });

  it('takes the TTL off', () => {
    const [change] = changeOf(RESERVATION, { expires: true, ttl: 86_000 });
    expect([change?.action, change?.fields, change?.value]).toEqual([
      'update',
      [{ field: 'expires', before: true, after: false }],
      RESERVATION,
    ]);
  });

  it('replaces a value that cannot be read', () => {
    const [change] = changeOf('no JSON');
    expect([change?.action, change?.before, change?.fields, change?.liveValue]).toEqual([
      'update',
      'no JSON',
      [
        { field: 'PublicIP', before: undefined, after: '10.1.10.245' },
        { field: 'BackendType', before: undefined, after: 'vxlan' },
        { field: 'BackendData.VtepMAC', before: undefined, after: '00:0c:29:2e:db:2e' },
      ],
      'no JSON',
    ]);
  });

  it('lists a field that goes', () => {
    const [change] = changeOf(RESERVATION.replace('}}', '},"PublicIPv6":"fd00::1"}'));
    expect(change?.fields).toEqual([{ field: 'PublicIPv6', before: 'fd00::1', after: undefined }]);
  });

  it('says nothing of problems that it takes away', () => {
    const plan = planSite(site, liveOf({ leases: [reservation(BIGIP_KEY, 'no JSON')] }));
    expect(plan.problems).toEqual([]);
  });

  it('warns of the FDB entry of each old MAC, once', () => {
    const dual = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    const value =
      '{"PublicIP":"10.1.10.245","PublicIPv6":"fd00:10:1::245","BackendType":"vxlan","BackendData":{"VtepMAC":"00-0C-29-00-00-01"},"backendv6data":{"vtepmac":"00-0C-29-00-00-02"}}';
    const live = liveOf({ config: DUAL_NETWORK, leases: [reservation(DUAL_KEY, value)] });
    expect(planSite(dual, live).problems.map(({ rule, message }) => [rule, message])).toEqual([
      [
        'stale-fdb-entry',
        'every node keeps an FDB entry for the old MAC 00:0c:29:00:00:01, which nothing uses: untidy, harmless',
      ],
      [
        'stale-fdb-entry',
        'every node keeps an FDB entry for the old MAC 00:0c:29:00:00:02, which nothing uses: untidy, harmless',
      ],
    ]);
  });
});

describe('reservations that the site does not declare', () => {
  const moved = siteOf({
    bigips: [{ ...BIGIP, subnet: '10.244.101.0/24', selfIP: '10.244.101.10' }],
  });

  it('stay, and are told', () => {
    const plan = planSite(site, liveOf({ leases: [ours, other('10.244.102.0-24')] }));
    expect(plan.changes).toEqual([]);
    expect(plan.problems.map(({ rule, key }) => [rule, key])).toEqual([
      ['undeclared-reservation', `${PREFIX}/subnets/10.244.102.0-24`],
    ]);
  });

  it('are removed by prune, guarded by what was read, and nothing is said of FDB entries', () => {
    const lease = other('10.244.102.0-24');
    const plan = planSite(site, liveOf({ leases: [ours, lease] }), { prune: true });
    expect(plan.problems).toEqual([]);
    expect(plan.changes).toEqual([
      {
        action: 'delete',
        kind: 'lease',
        key: lease.key,
        name: null,
        before: JSON.parse(lease.value),
        after: null,
        fields: [
          { field: 'PublicIP', before: '10.1.10.250', after: undefined },
          { field: 'BackendType', before: 'vxlan', after: undefined },
          { field: 'BackendData.VtepMAC', before: '00:0c:29:2e:db:50', after: undefined },
        ],
        value: null,
        ttl: null,
        liveValue: lease.value,
        revision: lease.revision,
      },
    ]);
  });

  it('are never nodes, and never what cannot be read', () => {
    const leases = [ours, node(20), reservation('bigip', '{}'), reservation('10.244.103.0-24', '')];
    expect(planSite(site, liveOf({ leases }), { prune: true }).changes).toEqual([]);
  });

  it('go last when the BIG-IP moves, so that it is never without a lease', () => {
    const plan = planSite(moved, liveOf({ leases: [ours] }), { prune: true });
    expect(plan.changes.map(shortly)).toEqual([
      'create lease subnets/10.244.101.0-24',
      'delete lease subnets/10.244.100.0-24',
    ]);
  });

  it('go first when the new range reaches over them', () => {
    const config = { ...NETWORK, SubnetMax: '10.244.90.0' };
    const leases = [other('10.244.95.0-24'), other('10.244.102.0-24')];
    const plan = planSite(site, liveOf({ config, leases }), { prune: true });
    expect(plan.changes.map(shortly)).toEqual([
      'delete lease subnets/10.244.95.0-24',
      'update config config',
      'create lease subnets/10.244.100.0-24',
      'delete lease subnets/10.244.102.0-24',
    ]);
  });

  it('of another family than the network count as undeclared', () => {
    const leases = [ours, other(DUAL_KEY)];
    const plan = planSite(site, liveOf({ leases }), { prune: true });
    expect(plan.changes.map(shortly)).toEqual([`delete lease subnets/${DUAL_KEY}`]);
  });
});

describe('a removal', () => {
  it('of a value that cannot be read keeps the text for its guard', () => {
    const [lease] = liveOf({ leases: [reservation('bigip', 'x', { revision: '5' })] }).leases;
    expect(lease && planRemoval(lease)).toEqual({
      action: 'delete',
      kind: 'lease',
      key: `${PREFIX}/subnets/bigip`,
      name: null,
      before: 'x',
      after: null,
      fields: [],
      value: null,
      ttl: null,
      liveValue: 'x',
      revision: '5',
    });
  });
});

describe('a plan for a config that differs', () => {
  it('updates it, guarded by the revision, and asks for restarts', () => {
    const config = '{"network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';
    const plan = planSite(site, liveOf({ config, leases: [ours] }));
    expect(plan.changes).toEqual([
      {
        action: 'update',
        kind: 'config',
        key: `${PREFIX}/config`,
        name: null,
        before: JSON.parse(config),
        after: NETWORK,
        fields: [
          { field: 'SubnetMin', before: undefined, after: '10.244.10.0', byDefault: '10.244.1.0' },
          {
            field: 'SubnetMax',
            before: undefined,
            after: '10.244.99.0',
            byDefault: '10.244.255.0',
          },
          { field: 'SubnetLen', before: undefined, after: 24, byDefault: 24 },
        ],
        value: JSON.stringify(NETWORK),
        ttl: null,
        liveValue: config,
        revision: '7',
      },
    ]);
    expect(plan.problems.map(({ rule }) => rule)).toEqual(['flanneld-restart']);
    expect(plan.dangers).toEqual([]);
  });

  it.each([
    [
      'a narrower range',
      { SubnetMin: '10.244.30.0' },
      ['2 living nodes would get another subnet: 10.244.20.0-24, 10.244.21.0-24'],
    ],
    [
      'another VNI',
      { Backend: { Type: 'vxlan', VNI: 7 } },
      ['VNI changes from 1 to 7 under 3 living nodes'],
    ],
    [
      'another port',
      { Backend: { Type: 'vxlan', Port: 4789 } },
      ['Port changes from 8472 to 4789 under 3 living nodes'],
    ],
    ["the kernel's port spelt out", { Backend: { Type: 'vxlan', Port: 8472 } }, []],
    ['a wider range', { SubnetMin: '10.244.1.0' }, []],
    [
      'another length',
      { SubnetLen: 25 },
      ['3 living nodes would get another subnet: 10.244.20.0-24, 10.244.21.0-24, 10.244.30.0-24'],
    ],
  ])('names the dangers of %s', (_, network, dangers) => {
    const next = siteOf({ network: { ...NETWORK, ...network } });
    const live = liveOf({ leases: [ours, node(20), node(21), node(30)] });
    expect(planSite(next, live).dangers).toEqual(dangers);
  });

  it('names the danger of a second family, and of another backend', () => {
    const leases = [node(20)];
    const dual = siteOf({ network: DUAL_NETWORK, bigips: [DUAL_BIGIP] });
    expect(planSite(dual, liveOf({ leases })).dangers).toEqual([
      '1 living node would get another subnet: 10.244.20.0-24',
      'the address family changes from IPv4 to IPv4 and IPv6 under 1 living node',
    ]);
    const hostGw = { ...NETWORK, Backend: { Type: 'host-gw' } };
    expect(planSite(site, liveOf({ config: hostGw, leases })).dangers).toEqual([
      'the backend changes from host-gw to vxlan under 1 living node',
    ]);
  });

  it('names no node that has lost its subnet already', () => {
    const next = siteOf({ network: { ...NETWORK, SubnetMin: '10.244.15.0' } });
    expect(planSite(next, liveOf({ leases: [node(5), node(20)] })).dangers).toEqual([]);
  });

  it('names the nodes that a first readable config puts elsewhere', () => {
    const live = liveOf({ config: 'no JSON', leases: [node(5), node(20)] });
    expect(planSite(site, live).dangers).toEqual([
      '1 living node would get another subnet: 10.244.5.0-24',
    ]);
  });

  it('endangers nobody where there is no node', () => {
    const next = siteOf({ network: { ...NETWORK, Backend: { Type: 'vxlan', VNI: 7 } } });
    expect(planSite(next, liveOf({ leases: [ours] })).dangers).toEqual([]);
  });
});
