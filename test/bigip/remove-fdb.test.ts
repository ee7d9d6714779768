import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BigIpDevice } from '../support/bigip/device.ts';
import { BigIpSite, NODES, storeText, writesOf } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';

const device = devicesOfTest();
const [NODE_1, NODE_2] = NODES;

async function applied() {
  const one = await device();
  const site = new BigIpSite([one]);
  await site.bigip('apply', '--yes');
  return { one, site, made: writesOf(one).length };
}

describe('bigip remove', () => {
  it('takes away what apply made, in an order that the unit takes, saves, and then has nothing to do', async () => {
    const { one, site, made } = await applied();
    const { code, stdout } = await site.bigip('remove', '--yes');
    expect(stdout).toContain(`  - self IP /Common/10.244.100.10
  - tunnel /Common/fl-tunnel
  - profile /Common/fl-vxlan

0 to add, 0 to change, 3 to remove.

bigip-1: 3 changes done, saved.
`);
    expect(code).toBe(0);
    expect(writesOf(one).slice(made)).toEqual([
      'DELETE net/self/~Common~10.244.100.10',
      'DELETE net/tunnels/tunnel/~Common~fl-tunnel',
      'DELETE net/tunnels/vxlan/~Common~fl-vxlan',
      'POST sys/config',
    ]);
    const again = await site.bigip('remove');
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringContaining('Nothing to do: nothing of it is there.'),
    ]);
  });

  it('goes on where it was cut off', async () => {
    const { one, site } = await applied();
    const running = site.start(['bigip', 'remove', '--yes']);
    one.before(async ({ method, path: at }) => {
      if (method !== 'DELETE' || !at.includes('/net/tunnels/tunnel')) return;
      running.child.kill('SIGKILL');
      await running.result;
    });
    await running.result;
    one.before(null);
    expect((await site.bigip('remove', '--yes')).code).toBe(0);
    const left = [...one.list('net/self'), ...one.list('net/tunnels/vxlan')].map(
      ({ name }) => name,
    );
    expect(left.filter((name) => ['fl-vxlan', '10.244.100.10'].includes(String(name)))).toEqual([]);
  });

  it.each<[string, (one: BigIpDevice) => void, RegExp]>([
    [
      "CIS's entries for pods",
      (one) =>
        one.put('net/arp', {
          name: 'k8s-10.244.23.5',
          partition: 'Common',
          ipAddress: '10.244.23.5',
          macAddress: NODE_1.mac,
        }),
      /\/Common\/fl-tunnel is in use: CIS keeps 1 ARP entry for pods behind it, e\.g\. k8s-10\.244\.23\.5/,
    ],
    [
      'members of pools',
      (one) =>
        one.put('ltm/pool', {
          name: 'web',
          partition: 'Common',
          members: [{ name: '10.244.23.5:80', address: '10.244.23.5' }],
        }),
      /is in use: pools have members behind it: \/Common\/web/,
    ],
    [
      'another self IP',
      (one) =>
        one.put('net/self', {
          name: 'mine',
          partition: 'Common',
          address: '10.244.100.77/16',
          vlan: '/Common/fl-tunnel',
        }),
      /is in use: \/Common\/mine \(10\.244\.100\.77\/16\) is on it/,
    ],
  ])('refuses while the tunnel is used by %s', async (_, use, message) => {
    const { one, site, made } = await applied();
    use(one);
    const { code, stderr } = await site.bigip('remove', '--yes');
    expect([code, stderr, writesOf(one).length]).toEqual([1, expect.stringMatching(message), made]);
  });

  it('leaves a profile that another tunnel uses, and asks for --force where somebody else made the tunnel', async () => {
    const one = await device();
    setUp(one, { key: 7 });
    one.put('net/tunnels/tunnel', {
      name: 'other',
      partition: 'Common',
      profile: '/Common/fl-vxlan',
      key: 9,
      localAddress: '10.1.10.245',
    });
    const site = new BigIpSite([one]);
    const refused = await site.bigip('remove', '--yes');
    expect([refused.code, writesOf(one)]).toEqual([1, []]);
    expect(refused.stderr).toContain(
      '/Common/fl-tunnel is not as the site file declares it, so somebody else may have made it (see bigip diff; pass --force to remove it all the same)',
    );
    expect((await site.bigip('remove', '--yes', '--force')).code).toBe(0);
    expect(one.list('net/tunnels/vxlan').some(({ name }) => name === 'fl-vxlan')).toBe(true);
    expect(one.list('net/tunnels/tunnel').map(({ name }) => name)).not.toContain('fl-tunnel');
  });
});

/** The tables of a tunnel as name to value. */
function tablesOf(one: BigIpDevice) {
  const records = one.list('net/fdb/tunnel/~Common~fl-tunnel/records');
  const fields = (object: Record<string, unknown>, value: string) => [
    object['name'],
    [object[value], object['description']].join(' '),
  ];
  return {
    fdb: Object.fromEntries(records.map((record) => fields(record, 'endpoint'))),
    arp: Object.fromEntries(one.list('net/arp').map((entry) => fields(entry, 'macAddress'))),
  };
}

const KEPT = {
  fdb: {
    [NODE_1.mac]: '10.1.10.151 flannel-bigip',
    [NODE_2.mac]: '10.1.10.152 flannel-bigip',
  },
  arp: {
    'flannel-10.244.23.0': `${NODE_1.mac} flannel-bigip`,
    'flannel-10.244.61.0': `${NODE_2.mac} flannel-bigip`,
  },
};

const store = (site: BigIpSite, nodes: Parameters<typeof storeText>[1]) =>
  writeFileSync(path.join(site.folder, 'store.json'), storeText({}, nodes));

describe('bigip fdb sync', () => {
  it('writes a record and an ARP entry for each node, and has then nothing to do', async () => {
    const { one, site } = await applied();
    const { code, stdout } = await site.bigip('fdb', 'sync', '--yes');
    expect(stdout).toContain('4 to add, 0 to change, 0 to remove.');
    expect([code, tablesOf(one), one.saves]).toEqual([0, KEPT, 2]);
    const again = await site.bigip('fdb', 'sync');
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringContaining('Nothing to do: the tables are as the leases say.'),
    ]);
  });

  it('follows a MAC that changed: what is new comes before what is old goes', async () => {
    const { one, site } = await applied();
    await site.bigip('fdb', 'sync', '--yes');
    const mac = '5a:7d:2e:91:0c:45';
    store(site, [{ ...NODE_1, mac }, { ...NODE_2 }]);
    const before = writesOf(one).length;
    expect((await site.bigip('fdb', 'sync', '--yes')).code).toBe(0);
    expect(writesOf(one).slice(before)).toEqual([
      'POST net/fdb/tunnel/~Common~fl-tunnel/records',
      'PATCH net/arp/~Common~flannel-10.244.23.0',
      `DELETE net/fdb/tunnel/~Common~fl-tunnel/records/${NODE_1.mac}`,
      'POST sys/config',
    ]);
    expect(Object.keys(tablesOf(one).fdb)).toEqual([mac, NODE_2.mac]);
  });

  it('writes no ARP entries where the tunnel floods and finds nodes by itself', async () => {
    const one = await device();
    setUp(one, { floodingType: 'multipoint' });
    const site = new BigIpSite([one]);
    await site.bigip('fdb', 'sync', '--yes');
    expect(tablesOf(one)).toEqual({ fdb: KEPT.fdb, arp: {} });
  });

  it('refuses while somebody else keeps the table, unless forced, and never touches what is theirs', async () => {
    const { one, site, made } = await applied();
    const foreign = { name: '02:00:00:00:00:09', endpoint: '10.1.10.199' };
    one.put('net/fdb/tunnel/~Common~fl-tunnel/records', foreign);
    const { code, stderr } = await site.bigip('fdb', 'sync', '--yes');
    expect([code, writesOf(one).length]).toEqual([1, made]);
    expect(stderr).toContain(
      "the tunnel has FDB records that are not this program's (1): somebody else keeps its FDB, and would undo this",
    );
    expect((await site.bigip('fdb', 'sync', '--yes', '--force')).code).toBe(0);
    const { fdb } = tablesOf(one);
    expect(fdb).toEqual({ ...KEPT.fdb, [foreign.name]: `${foreign.endpoint} ` });
  });

  it('never empties a table for want of leases', async () => {
    const { one, site } = await applied();
    await site.bigip('fdb', 'sync', '--yes');
    store(site, []);
    const none = await site.bigip('fdb', 'sync', '--yes', '--force');
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining("no node's lease was read, and a table is not emptied for that"),
    ]);
    expect(tablesOf(one)).toEqual(KEPT);
  });

  it('takes more than half of the records away only with --force', async () => {
    const three = { number: 153, subnet: '10.244.70.0', mac: '02:00:00:00:00:33' };
    const { one, site } = await applied();
    store(site, [...NODES, three]);
    await site.bigip('fdb', 'sync', '--yes');
    store(site, [NODE_1]);
    const refused = await site.bigip('fdb', 'sync', '--yes');
    expect([refused.code, Object.keys(tablesOf(one).fdb)]).toEqual([
      1,
      [three.mac, NODE_1.mac, NODE_2.mac],
    ]);
    expect(refused.stderr).toContain('2 of 3 FDB records would go, which is more than half');
    expect((await site.bigip('fdb', 'sync', '--yes', '--force')).code).toBe(0);
    expect(Object.keys(tablesOf(one).fdb)).toEqual([NODE_1.mac]);
  });

  it('is cut off at any write and goes on when it is run again', async () => {
    for (const count of [1, 2, 3]) {
      const { one, site } = await applied();
      const running = site.start(['bigip', 'fdb', 'sync', '--yes']);
      let seen = 0;
      one.before(async ({ method, path: at }) => {
        if (method === 'GET' || /authn|authz/.test(at) || seen++ !== count) return;
        running.child.kill('SIGKILL');
        await running.result;
      });
      await running.result;
      one.before(null);
      expect((await site.bigip('fdb', 'sync', '--yes')).code).toBe(0);
      expect(tablesOf(one)).toEqual(KEPT);
    }
  });

  it('says that a release writes no single records', async () => {
    const one = await device({ version: '12.0.0' });
    setUp(one);
    const { code, stderr } = await new BigIpSite([one]).bigip('fdb', 'sync', '--yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /has 12\.0\.0, which writes no single FDB records: 0 of 4 .*\. Update it to 12\.1 or later\n$/,
    );
  });

  it('wants a tunnel, and its second word', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    const without = await site.bigip('fdb', 'sync', '--yes');
    expect([without.code, without.stderr]).toEqual([
      1,
      'error: bigip-1: refused, nothing was changed on bigip-1: there is no tunnel /Common/fl-tunnel (make it with bigip apply)\n',
    ]);
    const other = await site.bigip('fdb', 'list');
    expect([other.code, other.stderr]).toEqual([
      64,
      'error: bigip fdb list is no command. Write bigip fdb sync\n',
    ]);
  });
});
