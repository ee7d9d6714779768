import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';

const node = (subnet: string) => `${PREFIX}/subnets/${subnet}`;

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

describe.each(['v2', 'v3'] as const)('apply on a network with living nodes, etcd %s', (api) => {
  let hand: Hand;
  const apply = (site: string, ...args: string[]) =>
    run(['apply', '--endpoints', etcd.endpoints.join(','), '--etcd-api', api, ...args], {
      cwd: temporaryFolder({ 'flannel-bigip.yaml': site }),
    });

  beforeEach(async () => {
    hand = handOf(etcd, api);
    for (const key of Object.keys(await hand.all())) hand.remove(key);
    hand.put(`${PREFIX}/config`, '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}');
  });

  it.each([
    {
      what: 'a node holds the subnet',
      key: node('10.244.100.0-24'),
      value: nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'),
      rule: 'subnet-held-by-node',
    },
    {
      what: 'a node holds a part of the subnet',
      key: node('10.244.100.128-25'),
      value: nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'),
      rule: 'subnet-held-by-node',
    },
    {
      what: 'a node has the public IP',
      key: node('10.244.23.0-24'),
      value: nodeLease('10.1.10.245', '5a:7d:2e:91:0c:44'),
      rule: 'public-ip-of-node',
    },
    {
      what: 'a node has the MAC',
      key: node('10.244.23.0-24'),
      value: nodeLease('10.1.10.151', '00:0c:29:2e:db:2e'),
      rule: 'vtep-mac-of-node',
    },
  ])('refuses, and writes nothing, when $what', async ({ key, value, rule }) => {
    hand.put(key, value, 3600);
    const before = await hand.all();

    const refused = await apply(SITE, '--yes', '--confirm', 'site-a', '-o', 'json');
    const dry = await apply(SITE, '--dry-run');

    expect([refused.code, dry.code]).toEqual([1, 1]);
    expect(refused.stderr).toMatch(/^error: refused, nothing was changed: /);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      outcome: 'refused',
      problems: expect.arrayContaining([expect.objectContaining({ rule, severity: 'error', key })]),
    });
    expect(await hand.all()).toEqual(before);
  });

  it("wants the site's name for a config under which a node loses its subnet", async () => {
    hand.put(node('10.244.150.0-24'), nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'), 3600);
    const before = await hand.all();

    const unasked = await apply(SITE);
    const yes = await apply(SITE, '--yes');
    const wrong = await apply(SITE, '--yes', '--confirm', 'site-b');
    expect(await hand.all()).toEqual(before);
    const confirmed = await apply(SITE, '--yes', '--confirm', 'site-a');

    expect([unasked.code, yes.code, wrong.code, confirmed.code]).toEqual([64, 64, 64, 0]);
    expect(yes.stderr).toBe(
      'error: this endangers living nodes, --yes alone is not enough: 1 living node would get another subnet: 10.244.150.0-24. Pass --confirm site-a\n',
    );
    expect(yes.stdout).toContain(
      'the node of 10.244.150.0-24 (10.1.10.151) loses its subnet when its flanneld restarts',
    );
    expect((await hand.all())[`${PREFIX}/config`]?.value).toBe(CONFIG_VALUE);
  });

  it.each([
    ['VNI', SITE.replace('{ Type: vxlan }', '{ Type: vxlan, VNI: 7 }')],
    ['Port', SITE.replace('{ Type: vxlan }', '{ Type: vxlan, Port: 4789 }')],
  ])("wants the site's name for another %s while nodes live", async (what, site) => {
    hand.put(node('10.244.23.0-24'), nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'), 3600);

    const refused = await apply(site, '--yes');
    const confirmed = await apply(site, '--confirm', 'site-a');

    expect([refused.code, confirmed.code]).toEqual([64, 0]);
    expect(refused.stderr).toContain(`${what} changes from `);
  });

  it("goes through the guard of the site's name in a dry run", async () => {
    hand.put(node('10.244.150.0-24'), nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'), 3600);

    const open = await apply(SITE, '--dry-run');
    const wrong = await apply(SITE, '--dry-run', '--confirm', 'nope');
    const yes = await apply(SITE, '--dry-run', '--yes');
    const named = await apply(SITE, '--dry-run', '--confirm', 'site-a');

    expect([open.code, wrong.code, yes.code, named.code]).toEqual([0, 64, 64, 0]);
    expect(open.stdout).toContain('nothing was written; it would want --confirm site-a.');
    expect(named.stdout).toContain('every guard holds, nothing was written.\n');
  });

  it("does not take the BIG-IP's own lease for a living node because it expires", async () => {
    hand.put(`${PREFIX}/config`, CONFIG_VALUE.replace('"vxlan"}', '"vxlan","VNI":7}'));
    hand.put(node('10.244.100.0-24'), LEASE_VALUE, 3600);

    const applied = await apply(SITE, '--yes', '-o', 'json');

    expect(applied.code).toBe(0);
    expect(JSON.parse(applied.stdout)).toMatchObject({
      outcome: 'applied',
      dangers: [],
      problems: [{ rule: 'flanneld-restart' }],
    });
  });

  it('prints one JSON document also when consent is missing', async () => {
    const refused = await apply(SITE, '-o', 'json');

    expect(refused.code).toBe(64);
    expect(JSON.parse(refused.stdout)).toMatchObject({ outcome: 'refused', backup: null });
  });

  it('takes --yes for a config under which every node keeps its subnet', async () => {
    hand.put(node('10.244.23.0-24'), nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'), 3600);

    expect((await apply(SITE, '--yes')).code).toBe(0);
  });
});
