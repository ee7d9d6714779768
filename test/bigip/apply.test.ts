import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BigIpDevice } from '../support/bigip/device.ts';
import { BigIpSite, MACS, siteText, storeText, writesOf } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';
import { until } from '../support/wait.ts';

const PROFILE = '/mgmt/tm/net/tunnels/vxlan/~Common~fl-vxlan';
const device = devicesOfTest();

/** What of a device's objects the site is about. */
function objectsOf(one: BigIpDevice) {
  const named = (collection: string, name: string) =>
    one.list(collection).find((object) => object['name'] === name);
  const pick = (object: Record<string, unknown> | undefined, ...fields: string[]) =>
    object && Object.fromEntries(fields.map((field) => [field, object[field]]));
  return {
    profile: pick(named('net/tunnels/vxlan', 'fl-vxlan'), 'port', 'floodingType', 'defaultsFrom'),
    tunnel: pick(named('net/tunnels/tunnel', 'fl-tunnel'), 'key', 'localAddress', 'profile'),
    selfIP: pick(
      named('net/self', '10.244.100.10'),
      'address',
      'vlan',
      'allowService',
      'trafficGroup',
    ),
  };
}

const WANTED = {
  profile: { port: 8472, floodingType: 'none', defaultsFrom: '/Common/vxlan' },
  tunnel: { key: 1, localAddress: '10.1.10.245', profile: '/Common/fl-vxlan' },
  selfIP: {
    address: '10.244.100.10/16',
    vlan: '/Common/fl-tunnel',
    allowService: undefined,
    trafficGroup: '/Common/traffic-group-local-only',
  },
};

const MADE = [
  'POST net/tunnels/vxlan',
  'POST net/tunnels/tunnel',
  'POST net/self',
  'POST sys/config',
];

describe('bigip apply on a bare unit', () => {
  it('makes profile, tunnel and self IP in this order, saves once at the end, and tells the MAC', async () => {
    const one = await device();
    const { code, stdout, stderr } = await new BigIpSite([one]).bigip('apply', '--yes');
    expect(stderr).toBe('');
    expect(stdout).toContain(`bigip-1: 3 changes done, saved; the tunnel's MAC is ${MACS[0]}.\n`);
    expect(code).toBe(0);
    expect(objectsOf(one)).toEqual(WANTED);
    expect(writesOf(one)).toEqual(MADE);
    expect([one.saves, [...one.tokens]]).toEqual([1, []]);
  });

  it('does nothing when it is run again', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    await site.bigip('apply', '--yes');
    const { code, stdout } = await site.bigip('apply');
    expect(stdout).toContain('Nothing to do: the unit is as declared.');
    expect([code, one.saves, writesOf(one)]).toEqual([0, 1, MADE]);
    expect((await site.bigip('diff')).code).toBe(0);
  });

  it('says that the site file has another MAC than the new tunnel, which nobody sends to yet', async () => {
    const one = await device();
    const text = siteText([one], { vtepMAC: MACS[2] ?? '' });
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    const { code, stderr } = await site.bigip('apply', '--yes');
    expect([code, stderr]).toEqual([
      0,
      `bigip-1: the tunnel's MAC is ${MACS[0]}, the site file says ${MACS[2]}: run flannel-bigip bigip import --yes, then flannel-bigip apply\n`,
    ]);
  });

  it('outlasts a reboot', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    await site.bigip('apply', '--yes');
    one.reboot();
    expect(objectsOf(one)).toEqual(WANTED);
    expect((await site.bigip('diff')).code).toBe(0);
  });

  it('asks first, and changes nothing where nobody can be asked', async () => {
    const one = await device();
    const { code, stderr } = await new BigIpSite([one]).bigip('apply');
    expect(stderr).toBe(
      'error: this changes a live network, and nobody can be asked here. Pass --yes\n',
    );
    expect([code, writesOf(one), [...one.tokens]]).toEqual([64, [], []]);
  });

  it('shows the same and writes nothing with --dry-run', async () => {
    const one = await device();
    const { code, stdout } = await new BigIpSite([one]).bigip('apply', '--dry-run');
    expect(stdout).toContain(
      '3 to add, 0 to change, 0 to remove.\n\nDry run: nothing was written.\n',
    );
    expect([code, writesOf(one)]).toEqual([0, []]);
  });

  it("takes port, VNI and mask from flannel's config, and the names from the site file", async () => {
    const one = await device();
    const parts = {
      network: '10.128.0.0/9',
      backend: '{ Type: vxlan, VNI: 77, Port: 4789 }',
      management: ['partition: Common', 'tunnel: overlay', 'profile: overlay-profile'],
    };
    const text = siteText([one], parts).replaceAll('10.244.', '10.200.');
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    expect((await site.bigip('apply', '--yes')).code).toBe(0);
    expect(
      one.list('net/tunnels/vxlan').find(({ name }) => name === 'overlay-profile'),
    ).toMatchObject({
      port: 4789,
      floodingType: 'none',
    });
    expect(one.list('net/tunnels/tunnel').find(({ name }) => name === 'overlay')).toMatchObject({
      key: 77,
      profile: '/Common/overlay-profile',
    });
    expect(one.list('net/self').find(({ name }) => name === '10.200.100.10')).toMatchObject({
      address: '10.200.100.10/9',
      vlan: '/Common/overlay',
    });
  });

  it('reports in JSON what it did', async () => {
    const one = await device();
    const { code, stdout } = await new BigIpSite([one]).bigip('apply', '--yes', '-o', 'json');
    const { outcome, units } = JSON.parse(stdout);
    expect([code, outcome]).toEqual([0, 'applied']);
    expect(units).toEqual([
      {
        name: 'bigip-1',
        url: one.url,
        steps: [
          step('profile', '/Common/fl-vxlan', { port: 8472, flooding: 'none' }),
          step('tunnel', '/Common/fl-tunnel', {
            key: 1,
            localAddress: '10.1.10.245',
            profile: '/Common/fl-vxlan',
          }),
          step('self-ip', '/Common/10.244.100.10', {
            address: '10.244.100.10/16',
            vlan: '/Common/fl-tunnel',
            allowService: 'none',
            trafficGroup: '/Common/traffic-group-local-only',
          }),
        ],
        problems: [],
        recreate: null,
        unsavedSince: null,
        saved: true,
        backup: null,
      },
    ]);
  });

  function step(target: string, at: string, fields: Record<string, unknown>) {
    const all = Object.entries(fields).map(([field, after]) => ({ field, before: null, after }));
    const name = at.replace('/Common/', '');
    return { action: 'create', target, path: at, name, fields: all, status: 'done' };
  }
});

describe('bigip apply on a unit that differs', () => {
  async function byHand(parts: Parameters<typeof setUp>[1]) {
    const one = await device();
    setUp(one, parts);
    return one;
  }

  it('changes mask, port and services in place, whatever the self IP is called, and keeps what was', async () => {
    const one = await byHand({
      port: 4789,
      address: '10.244.100.10/24',
      allowService: ['default'],
    });
    const site = new BigIpSite([one]);
    const before = await site.bigip('diff');
    expect(before.code).toBe(2);
    expect(before.stdout).toContain(`  ~ profile /Common/fl-vxlan
      port           4789 -> 8472
  ~ self IP /Common/overlay
      address        10.244.100.10/24 -> 10.244.100.10/16
      allowService   default -> none

0 to add, 2 to change, 0 to remove.
`);
    const { code, stdout } = await site.bigip('apply', '--yes');
    expect(code).toBe(0);
    expect(writesOf(one)).toEqual([
      `PATCH ${PROFILE.replace('/mgmt/tm/', '')}`,
      'PATCH net/self/~Common~overlay',
      'POST sys/config',
    ]);
    const [, file = ''] = /The values before are in (\S+)/.exec(stdout) ?? [];
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      kind: 'DeviceObjects',
      bigip: 'bigip-1',
      objects: [
        { kind: 'profile', path: '/Common/fl-vxlan', values: { port: 4789 } },
        {
          kind: 'self-ip',
          path: '/Common/overlay',
          values: { address: '10.244.100.10/24', allowService: 'default' },
        },
      ],
    });
    expect((await site.bigip('diff')).code).toBe(0);
  });

  it('does not make a tunnel anew with --yes alone: nothing is changed, exit 1', async () => {
    const one = await byHand({ key: 2, address: '10.244.100.10/24' });
    const { code, stdout, stderr } = await new BigIpSite([one]).bigip('apply', '--yes');
    expect(stdout).toContain(
      'x danger: the tunnel is made anew, since its key is 2 instead of 1; its MAC may change (wants --replace)',
    );
    expect(stderr).toBe(
      'error: bigip-1: refused, nothing was changed on bigip-1: the tunnel has to be made anew, since its key is 2 instead of 1. Pass --replace to do that; its MAC may change, and until it is back nothing gets through\n',
    );
    expect([code, writesOf(one), [...one.tokens]]).toEqual([1, [], []]);
  });

  it('makes it anew with --replace, puts FDB records back, and tells that the lease has the old MAC', async () => {
    const one = await byHand({ key: 2, floodingType: 'multipoint' });
    one.put('net/fdb/tunnel/~Common~fl-tunnel/records', {
      name: '5a:7d:2e:91:0c:44',
      endpoint: '10.1.10.151',
    });
    const site = new BigIpSite([one], {
      'store.json': storeText({ '10.244.100.0': MACS[0] ?? '' }),
    });
    const { code, stderr } = await site.bigip('apply', '--yes', '--replace');
    expect(stderr).toBe(
      `bigip-1: the tunnel's MAC is ${MACS[1]}, the lease says ${MACS[0]}: run flannel-bigip apply\n`,
    );
    expect(code).toBe(2);
    expect(objectsOf(one).tunnel).toEqual(WANTED.tunnel);
    expect(one.list('net/fdb/tunnel/~Common~fl-tunnel/records')).toMatchObject([
      { name: '5a:7d:2e:91:0c:44', endpoint: '10.1.10.151' },
    ]);
    expect(writesOf(one)).toEqual([
      'DELETE net/self/~Common~overlay',
      'PATCH net/fdb/tunnel/~Common~fl-tunnel',
      'DELETE net/tunnels/tunnel/~Common~fl-tunnel',
      'PATCH net/tunnels/vxlan/~Common~fl-vxlan',
      'POST net/tunnels/tunnel',
      'POST net/self',
      'PATCH net/fdb/tunnel/~Common~fl-tunnel',
      'POST sys/config',
    ]);
    const applied = await site.run(['apply', '--yes']);
    expect(applied.stdout).toContain(`BackendData.VtepMAC    ${MACS[0]} -> ${MACS[1]}`);
    expect((await site.bigip('apply', '--yes', '--replace')).code).toBe(0);
  });

  it('refuses what would harm another tunnel or a self IP that is not declared', async () => {
    const one = await byHand({ port: 4789 });
    one.put('net/tunnels/tunnel', {
      name: 'other',
      partition: 'Common',
      profile: '/Common/fl-vxlan',
      key: 9,
      localAddress: '10.1.10.245',
    });
    const shared = await new BigIpSite([one]).bigip('apply', '--yes');
    expect([shared.code, shared.stderr]).toEqual([
      1,
      'error: bigip-1: refused, nothing was changed on bigip-1: the profile /Common/fl-vxlan is not as /Common/fl-tunnel wants it, and /Common/other uses it too (name another profile in management.profile)\n',
    ]);
    const two = await byHand({ key: 2 });
    two.put('net/self', {
      name: 'second',
      partition: 'Common',
      address: '10.244.100.11/16',
      vlan: '/Common/fl-tunnel',
    });
    const beside = await new BigIpSite([two]).bigip('apply', '--yes', '--replace');
    expect([beside.code, writesOf(two)]).toEqual([1, []]);
    expect(beside.stderr).toContain(
      'the site file does not declare /Common/second (10.244.100.11/16), which is on the tunnel (remove it first: it is not made anew with the tunnel)',
    );
  });

  it('does not overwrite what somebody else changes between reading and writing', async () => {
    const one = await byHand({ port: 4789, address: '10.244.100.10/24' });
    one.before(({ method, path: at }) => {
      if (method === 'PATCH' && at.includes('vxlan')) {
        one.put('net/self', {
          name: 'overlay',
          partition: 'Common',
          address: '10.244.100.10/20',
          vlan: '/Common/fl-tunnel',
        });
      }
    });
    const { code, stderr } = await new BigIpSite([one]).bigip('apply', '--yes');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: bigip-1: \/Common\/overlay on the BIG-IP at \S+ was changed by somebody else meanwhile; nothing of theirs was overwritten: 1 of 2 changes of bigip-1 are done, and not saved; the values before are in \S+\. Run bigip diff, then the same command again\n$/,
    );
    expect(one.saves).toBe(0);
  });
});

describe('bigip apply that is cut off', () => {
  it.each([0, 1, 2, 3])(
    'before write %i of 4 goes on when it is run again, and saves then',
    async (count) => {
      const one = await device();
      const site = new BigIpSite([one]);
      let seen = 0;
      const running = site.start(['bigip', 'apply', '--yes']);
      one.before(async ({ method, path: at }) => {
        if (method === 'GET' || /authn|authz|util/.test(at)) return;
        if (seen++ !== count) return;
        running.child.kill('SIGKILL');
        await running.result;
      });
      expect((await running.result).signal).toBe('SIGKILL');
      one.before(null);
      // The write in flight was not taken back by the kill.
      const again = await site.bigip('apply', '--yes');
      expect([again.code, objectsOf(one)]).toEqual([0, WANTED]);
      if (count > 0) {
        expect(again.stdout).toMatch(
          /! warning: a run of \S+ was cut off before it saved; the configuration is saved now/,
        );
      }
      one.reboot();
      expect(objectsOf(one)).toEqual(WANTED);
      const last = await site.bigip('apply');
      expect([last.code, last.stdout]).toEqual([
        0,
        expect.stringContaining('Nothing to do: the unit is as declared.'),
      ]);
    },
  );

  it('in the middle of --replace puts the FDB records back when it is run again', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    await site.bigip('apply', '--yes');
    one.put('net/fdb/tunnel/~Common~fl-tunnel/records', {
      name: '5a:7d:2e:91:0c:44',
      endpoint: '10.1.10.151',
    });
    const text = siteText([one], { backend: '{ Type: vxlan, VNI: 7 }' });
    const changed = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    const running = changed.start(['bigip', 'apply', '--yes', '--replace']);
    one.before(async ({ method, path: at }) => {
      if (method !== 'POST' || !at.endsWith('/net/tunnels/tunnel')) return;
      running.child.kill('SIGKILL');
      await running.result;
    });
    await running.result;
    one.before(null);
    const again = await changed.bigip('apply', '--yes');
    expect(again.code).toBe(2);
    expect(one.list('net/fdb/tunnel/~Common~fl-tunnel/records')).toMatchObject([
      { name: '5a:7d:2e:91:0c:44', endpoint: '10.1.10.151' },
    ]);
    const store = JSON.parse(readFileSync(path.join(changed.folder, 'store.json'), 'utf8'));
    expect(Object.keys(store.keys)).toHaveLength(3);
  });

  it('by Ctrl-C stops after the write in flight, gives the token back and says how far it came', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    const running = site.start(['bigip', 'apply', '--yes']);
    one.before(async ({ method, path: at }) => {
      if (method !== 'POST' || !at.endsWith('/net/tunnels/vxlan')) return;
      running.child.kill('SIGINT');
      await until('the signal to be heard', () => running.stderr().includes('Stopping'));
    });
    const { code, stderr } = await running.result;
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted: 1 of 3 changes of bigip-1 are done, and not saved.');
    expect([writesOf(one), [...one.tokens]]).toEqual([['POST net/tunnels/vxlan'], []]);
  });

  it.each(['net/arp', 'sys/version'])(
    'by Ctrl-C while it waits for %s gives the token back',
    async (asked) => {
      const one = await device();
      const running = new BigIpSite([one]).start(['bigip', 'show']);
      one.fail({ method: 'GET', path: asked, answer: 'hang' });
      one.before(({ path: at }) => {
        if (at.endsWith(asked)) running.child.kill('SIGINT');
      });
      const { code } = await running.result;
      expect([code, one.issued.length, [...one.tokens]]).toEqual([130, 1, []]);
    },
  );

  it('saves with --save although nothing changes', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    await site.bigip('apply', '--yes');
    const { code } = await site.bigip('apply', '--yes', '--save');
    expect([code, one.saves]).toEqual([0, 2]);
  });

  it('leaves no note behind that would outlast its save', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    await site.bigip('apply', '--yes');
    expect(
      readdirSync(path.join(site.env['XDG_STATE_HOME'] ?? '', 'flannel-bigip/unsaved')),
    ).toEqual([]);
  });
});

describe('bigip apply when replies are lost', () => {
  it.each([
    ['net/tunnels/vxlan', true],
    ['net/tunnels/tunnel', true],
    ['net/self', true],
    ['net/tunnels/tunnel', false],
    ['sys/config', true],
  ])('of a write to %s (carried out: %s) reads before it writes again', async (at, afterwards) => {
    const one = await device();
    one.fail({ method: 'POST', path: at, answer: 'reset', afterwards });
    const { code, stderr } = await new BigIpSite([one]).bigip('apply', '--yes');
    expect([code, stderr]).toEqual([0, '']);
    expect(objectsOf(one)).toEqual(WANTED);
    const posts = writesOf(one).filter((write) => write === `POST ${at}`);
    // A save is no harm when it comes twice; what was made is not made again.
    expect(posts).toHaveLength(afterwards && at !== 'sys/config' ? 1 : 2);
  });
});

describe('bigip apply on the units of a pair', () => {
  it('makes no tunnel while config-sync would carry it to the peer', async () => {
    const one = await device({ peer: 'bigip-2.example.com' });
    const { code, stderr } = await new BigIpSite([one]).bigip('apply', '--yes');
    expect([code, writesOf(one)]).toEqual([1, []]);
    expect(stderr).toBe(
      "error: bigip-1: refused, nothing was changed on bigip-1: sys db iptunnel.configsync is enable and this unit has a peer (bigip-2.example.com): config-sync carries the tunnel, with this unit's local address, to the peer (pass --disable-configsync to switch it off, on every unit before it has a tunnel; it holds for all tunnels of the unit)\n",
    );
  });

  it('switches that off on both units before either has a tunnel', async () => {
    const one = await device({ peer: 'bigip-2.example.com' });
    const two = await device({
      hostname: 'bigip-2.example.com',
      peer: 'bigip-1.example.com',
      underlay: '10.1.10.246/24',
      failoverState: 'standby',
      macs: [MACS[1] ?? ''],
    });
    const order: string[] = [];
    for (const [name, unit] of Object.entries({ one, two })) {
      unit.before(({ method, path: at }) => {
        if (method !== 'GET' && /sys\/db|net\/tunnels\/tunnel$/.test(at)) {
          order.push(`${name} ${method} ${at.replace('/mgmt/tm/', '')}`);
        }
      });
    }
    const site = new BigIpSite([one, two]);
    const { code } = await site.bigip('apply', '--yes', '--disable-configsync');
    expect(code).toBe(0);
    expect(order).toEqual([
      'one PATCH sys/db/iptunnel.configsync',
      'two PATCH sys/db/iptunnel.configsync',
      'one POST net/tunnels/tunnel',
      'two POST net/tunnels/tunnel',
    ]);
    expect([one.db('iptunnel.configsync'), two.db('iptunnel.configsync')]).toEqual([
      'disable',
      'disable',
    ]);
    expect((await site.bigip('diff')).code).toBe(0);
  });

  it('goes on with the other unit when one fails, and ends with 1', async () => {
    const one = await device({ password: 'another' });
    const two = await device({ underlay: '10.1.10.246/24' });
    const site = new BigIpSite([two]);
    const both = new BigIpSite([one, two]);
    const { code, stdout, stderr } = await both.run(['bigip', 'apply', '--yes'], { env: site.env });
    expect(code).toBe(1);
    expect(stdout).toContain('bigip-2: 3 changes done, saved');
    expect(stderr).toMatch(/^error: bigip-1: the BIG-IP at \S+ refuses this user or password/);
    // One try, and no more.
    expect(one.requests.map(({ path: at, status }) => [at, status])).toEqual([
      ['/mgmt/shared/authn/login', 401],
    ]);
  });

  it('takes only the units that are named', async () => {
    const [one, two] = [await device(), await device({ underlay: '10.1.10.246/24' })];
    const { code } = await new BigIpSite([one, two]).bigip('apply', 'bigip-2', '--yes');
    expect([code, one.requests.length, two.saves]).toEqual([0, 0, 1]);
    const unknown = await new BigIpSite([one, two]).bigip('apply', 'bigip-3', '--yes');
    expect([unknown.code, unknown.stderr]).toEqual([
      64,
      'error: the site file has no BIG-IP bigip-3. It has bigip-1, bigip-2\n',
    ]);
  });
});

describe('bigip apply --tmsh', () => {
  it('prints what tmsh takes, from the site file alone', async () => {
    const { code, stdout } = await new BigIpSite([]).run(
      ['bigip', 'apply', '--tmsh', '-f', path.resolve('examples/site.yaml')],
      { env: { BIGIP_USERNAME: '', BIGIP_PASSWORD: '' } },
    );
    expect([code, stdout]).toEqual([
      0,
      `create net tunnels vxlan fl-vxlan { flooding-type none port 8472 }
create net tunnels tunnel fl-tunnel { key 1 profile fl-vxlan local-address 10.1.10.245 }
create net self 10.244.100.10 { address 10.244.100.10/255.255.0.0 allow-service none vlan fl-tunnel }
save sys config
`,
    ]);
  });

  it('names full paths outside Common, route domains, and the units of a pair', async () => {
    const [one, two] = [await device(), await device()];
    const management = ['partition: k8s', 'tunnel: net', 'routeDomain: 2'];
    const text = siteText([one, two], { management });
    const site = new BigIpSite([one, two], { 'flannel-bigip.yaml': text });
    const { stdout } = await site.bigip('apply', '--tmsh', '--disable-configsync');
    expect(stdout).toBe(`# bigip-1
modify sys db iptunnel.configsync value disable
create net tunnels vxlan /k8s/fl-vxlan { flooding-type none port 8472 }
create net tunnels tunnel /k8s/net { key 1 profile /k8s/fl-vxlan local-address 10.1.10.245%2 }
create net self /k8s/10.244.100.10 { address 10.244.100.10%2/255.255.0.0 allow-service none vlan /k8s/net }
save sys config

# bigip-2
modify sys db iptunnel.configsync value disable
create net tunnels vxlan /k8s/fl-vxlan { flooding-type none port 8472 }
create net tunnels tunnel /k8s/net { key 1 profile /k8s/fl-vxlan local-address 10.1.10.246%2 }
create net self /k8s/10.244.101.10 { address 10.244.101.10%2/255.255.0.0 allow-service none vlan /k8s/net }
save sys config
`);
  });
});
