import { describe, expect, it } from 'vitest';
import type { Change, Plan } from '../../src/model/change.ts';
import type { LiveFinding } from '../../src/model/finding.ts';
import { planSite } from '../../src/model/plan.ts';
import {
  changeJson,
  type PlanPlace,
  placeText,
  planJson,
  planText,
  problemJson,
  problemLines,
} from '../../src/output/plan-output.ts';
import {
  BIGIP_KEY,
  liveOf,
  NETWORK,
  node,
  PREFIX,
  RESERVATION,
  reservation,
  siteOf,
} from '../model/snapshots.ts';
import { COLOURED, NASTY, PLAIN, SHOWN } from './plain.ts';

const place: PlanPlace = {
  site: 'site-a',
  store: 'etcd v3 at https://10.1.10.151:2379',
  prefix: PREFIX,
  notice: null,
};
const FIRST_LINE = 'site-a, etcd v3 at https://10.1.10.151:2379, prefix /coreos.com/network';

const site = siteOf();
const ours = reservation(BIGIP_KEY, RESERVATION);
const undeclared = reservation(
  '10.244.101.0-24',
  RESERVATION.replace('10.245', '10.250').replace('db:2e', 'db:50'),
);
const lines = (plan: Plan) => planText(plan, place, PLAIN).split('\n');

describe('the text of a plan', () => {
  it('lists what is created', () => {
    expect(lines(planSite(site, liveOf({ config: null })))).toEqual([
      FIRST_LINE,
      '',
      '  + config',
      '      Network                10.244.0.0/16',
      '      SubnetMin              10.244.10.0',
      '      SubnetMax              10.244.99.0',
      '      SubnetLen              24',
      '      Backend.Type           vxlan',
      '  + subnets/10.244.100.0-24    bigip-1, never expires',
      '      PublicIP               10.1.10.245',
      '      BackendType            vxlan',
      '      BackendData.VtepMAC    00:0c:29:2e:db:2e',
      '  ! warning: nothing is live under /coreos.com/network: this makes a new network [new-network]',
      '',
      '2 to add, 0 to change, 0 to remove.',
    ]);
  });

  it('lists what changes, with old and new values, problems and dangers', () => {
    const config = { ...NETWORK, SubnetMin: undefined, SubnetLen: 25, Note: 'x' };
    const lease = {
      ...ours,
      value: RESERVATION.replace('10.245', '10.246'),
      expires: true,
      ttl: 9,
    };
    const live = liveOf({ config, leases: [lease, node(20, {}, '10.244.20.0-25')] });
    expect(lines(planSite(site, live))).toEqual([
      FIRST_LINE,
      '',
      '  ~ config',
      '      SubnetMin              10.244.0.128 (default) -> 10.244.10.0',
      '      SubnetLen              25 -> 24',
      '      Note                   x -> (not set)',
      '  ~ subnets/10.244.100.0-24    bigip-1, never expires',
      '      PublicIP               10.1.10.246 -> 10.1.10.245',
      '      expires                yes -> never',
      '  x error: 10.244.100.0/24 of bigip-1 is held by the node of 10.244.100.0-24 (10.1.10.246) [subnet-held-by-node]',
      '      give the BIG-IP another subnet, or drain that node and restart its flanneld with a range that leaves the subnet out',
      '  x error: 00:0c:29:2e:db:2e of bigip-1 is the VTEP MAC of the node of 10.244.100.0-24 (10.1.10.246) [vtep-mac-of-node]',
      "      write the MAC of the BIG-IP's tunnel",
      '  ! warning: the node of 10.244.100.0-24 (10.1.10.246) loses its subnet when its flanneld restarts; its pods keep old addresses until they are recreated [node-outside-config]',
      '  ! warning: the node of 10.244.20.0-25 (10.1.10.20) loses its subnet when its flanneld restarts; its pods keep old addresses until they are recreated [node-outside-config]',
      '  ! warning: flanneld reads its config only when it starts [flanneld-restart]',
      '      restart flanneld on every node, one after another, when the plan is carried out',
      '  x danger: 1 living node would get another subnet: 10.244.20.0-25 (wants --confirm site-a)',
      '',
      '0 to add, 2 to change, 0 to remove.',
    ]);
  });

  it('lists what is removed and what is written again', () => {
    const live = liveOf({ leases: [ours, undeclared, node(20)] });
    expect(lines(planSite(site, live, { prune: true, rewrite: true }))).toEqual([
      FIRST_LINE,
      '',
      '  = subnets/10.244.100.0-24    bigip-1, the same value again',
      '  - subnets/10.244.101.0-24',
      '      PublicIP               10.1.10.250',
      '      BackendType            vxlan',
      '      BackendData.VtepMAC    00:0c:29:2e:db:50',
      '',
      '0 to add, 0 to change, 1 to remove, 1 to write again. The lease of 1 node stays as it is.',
    ]);
  });

  it('says that there is nothing to do', () => {
    expect(lines(planSite(site, liveOf({ leases: [ours] })))).toEqual([
      FIRST_LINE,
      '',
      'Nothing to do: live state is as declared.',
    ]);
  });

  it('has a colour for each action', () => {
    const live = liveOf({ leases: [ours] });
    expect(planText(planSite(site, live, { rewrite: true }), place, COLOURED)).toContain(
      '  \u001b[36m= subnets/10.244.100.0-24\u001b[39m    \u001b[2mbigip-1, the same value again\u001b[22m\n',
    );
  });
});

describe('the first line of a plan', () => {
  it('says when environment and site file disagree', () => {
    const notice = 'the site file names http://a:2379';
    expect(placeText({ ...place, notice })).toBe(`${FIRST_LINE} (${notice})`);
  });

  it('never prints control characters', () => {
    expect(placeText({ site: NASTY, store: NASTY, prefix: NASTY, notice: NASTY })).toBe(
      `${SHOWN}, ${SHOWN}, prefix ${SHOWN} (${SHOWN})`,
    );
  });
});

describe('what comes from live state', () => {
  const nasty: Change = {
    action: 'update',
    kind: 'lease',
    key: `${PREFIX}/subnets/${NASTY}`,
    name: NASTY,
    before: { PublicIP: NASTY },
    after: { PublicIP: { list: [NASTY] } },
    fields: [{ field: 'PublicIP', before: NASTY, after: { list: [NASTY] } }],
    value: '',
    ttl: null,
    liveValue: '',
    revision: '1',
  };
  const problem: LiveFinding = {
    rule: 'key-unreadable',
    severity: 'warning',
    message: NASTY,
    fix: NASTY,
    key: null,
  };

  it('never prints control characters', () => {
    const plan: Plan = {
      changes: [nasty],
      problems: [problem],
      dangers: [NASTY],
      nodeCount: 0,
      configRevision: null,
    };
    expect(lines(plan)).toEqual([
      FIRST_LINE,
      '',
      `  ~ subnets/${SHOWN}    ${SHOWN}, never expires`,
      `      PublicIP               ${SHOWN} -> {"list":["x\\u001b[2J\\u202ey"]}`,
      `  ! warning: ${SHOWN} [key-unreadable]`,
      `      ${SHOWN}`,
      `  x danger: ${SHOWN} (wants --confirm site-a)`,
      '',
      '0 to add, 1 to change, 0 to remove.',
    ]);
  });

  it('never prints control characters that stand in the name of a field', () => {
    const fields = [{ field: NASTY, before: 1, after: 2 }];
    const plan: Plan = {
      changes: [{ ...nasty, fields }],
      problems: [],
      dangers: [],
      nodeCount: 0,
      configRevision: null,
    };
    expect(lines(plan)[3]).toBe(`      ${SHOWN.padEnd(22)} 1 -> 2`);
  });

  it('is counted where one rule has many findings', () => {
    const many = Array.from({ length: 12 }, (_, i) => ({
      rule: 'key-unreadable' as const,
      severity: 'warning' as const,
      message: `m${i}`,
      key: null,
    }));
    const found = [
      ...many,
      { ...problem, rule: 'lease-expires' as const, message: 'other', fix: 'x' },
    ];
    expect(problemLines(found, PLAIN)).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `  ! warning: m${i} [key-unreadable]`),
      '  ! warning: other [lease-expires]',
      '      x',
      '  ... and 2 more [key-unreadable], all with -o json',
    ]);
  });
});

describe('secrets', () => {
  const secret = 'correct horse';
  const ipsec = { ...NETWORK, Backend: { Type: 'ipsec', PSK: secret } };
  const live = liveOf({ config: ipsec, leases: [ours] });
  const plan = planSite(site, live);
  const toIpsec = planSite(siteOf({ network: ipsec, bigips: [] }), liveOf({ leases: [ours] }));
  const first = planSite(siteOf({ network: ipsec, bigips: [] }), liveOf({ config: null }));

  it.each([
    ['goes', plan, '      Backend.PSK            ******** -> (not set)'],
    ['comes', toIpsec, '      Backend.PSK            (not set) -> ********'],
    ['is created', first, '      Backend.PSK            ********'],
  ])('are masked in the text where one %s', (_, one, line) => {
    expect(lines(one)).toContain(line);
    expect(planText(one, place, PLAIN)).not.toContain(secret);
  });

  it.each([
    ['goes', plan],
    ['comes', toIpsec],
    ['is created', first],
  ])('are masked in JSON where one %s', (_, one) => {
    const text = JSON.stringify(planJson(one, place));
    expect(text).not.toContain(secret);
    expect(text).toContain('********');
  });

  it('are masked under keys of any case, at any depth', () => {
    const config = {
      ...NETWORK,
      backend: { type: 'ipsec', psk: secret, x: [{ PSK: secret }] },
      Backend: undefined,
    };
    const one = planSite(site, liveOf({ config }));
    expect(planText(one, place, PLAIN) + JSON.stringify(planJson(one, place))).not.toContain(
      secret,
    );
  });

  it.each([
    ['flannel refuses', JSON.stringify(ipsec).replace('10.244.0.0/16', '10.244.0.0/29')],
    ['is no JSON', JSON.stringify(ipsec).replace('}}', '},}')],
    ['is no JSON, by its quotes', `{“Backend”: {“psk”: “${secret}”}}`],
  ])('are masked in a live config that %s', (_, config) => {
    const one = planSite(site, liveOf({ config }));
    expect(planText(one, place, PLAIN) + JSON.stringify(planJson(one, place))).not.toContain(
      secret,
    );
  });
});

describe('the document of a plan', () => {
  it('has every field of a change, null where a side has none', () => {
    const lease = { ...ours, value: RESERVATION.replace('}}', '},"PublicIPv6":"fd00::1"}') };
    const plan = planSite(site, liveOf({ leases: [lease, undeclared] }));
    expect(planJson(plan, place)).toEqual({
      inSync: false,
      site: 'site-a',
      store: 'etcd v3 at https://10.1.10.151:2379',
      prefix: PREFIX,
      changes: [
        {
          action: 'update',
          kind: 'lease',
          key: `${PREFIX}/subnets/${BIGIP_KEY}`,
          name: 'bigip-1',
          before: { ...JSON.parse(RESERVATION), PublicIPv6: 'fd00::1' },
          after: JSON.parse(RESERVATION),
          ttl: null,
          fields: [{ field: 'PublicIPv6', before: 'fd00::1', after: null }],
        },
      ],
      problems: [
        {
          rule: 'undeclared-reservation',
          severity: 'warning',
          message: '10.244.101.0-24 is a reservation that the site file does not declare',
          key: undeclared.key,
          fix: 'declare it under bigips, or remove it with apply --prune',
        },
      ],
      dangers: [],
    });
  });

  it('has null for the fix of a problem that has none', () => {
    const problem = {
      rule: 'lease-host-bits',
      severity: 'warning',
      message: 'm',
      key: 'k',
    } as const;
    expect(problemJson(problem)).toEqual({ ...problem, fix: null });
  });

  it('keeps a secret that is not set apart from one that is', () => {
    const [change] = planSite(
      siteOf({ network: { ...NETWORK, Backend: { Type: 'ipsec', PSK: 'x' } }, bigips: [] }),
      liveOf(),
    ).changes;
    expect(change && changeJson(change)['fields']).toContainEqual({
      field: 'Backend.PSK',
      before: null,
      after: '********',
    });
  });
});
