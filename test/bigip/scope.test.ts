import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BigIpSite, MACS, NODES, siteText, storeText, writesOf } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';
import { startApiServer } from '../support/kubernetes/api-server.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';

const device = devicesOfTest();
const MAC = MACS[0] ?? '';
const LEASE = '/coreos.com/network/subnets/10.244.100.0-24';

function storeOf({ folder }: BigIpSite): Record<string, { value: string }> {
  return JSON.parse(readFileSync(path.join(folder, 'store.json'), 'utf8')).keys;
}

const leaseOf = (site: BigIpSite) => storeOf(site)[LEASE]?.value ?? null;

const VALUE = (mac: string) =>
  `{"PublicIP":"10.1.10.245","BackendType":"vxlan","BackendData":{"VtepMAC":"${mac}"}}`;

describe('vtepMAC: device', () => {
  it('is read from the device by diff and apply, so that a new tunnel needs no edit', async () => {
    const one = await device();
    setUp(one);
    const site = new BigIpSite([one]);
    const diff = await site.run(['diff']);
    expect([diff.code, diff.stdout]).toEqual([
      2,
      expect.stringContaining(`BackendData.VtepMAC    ${MAC}`),
    ]);
    expect((await site.run(['apply', '--yes'])).code).toBe(0);
    expect(leaseOf(site)).toBe(VALUE(MAC));
    one.drop('net/self/~Common~overlay');
    one.drop('net/tunnels/tunnel/~Common~fl-tunnel');
    setUp(one);
    const again = await site.run(['apply', '--yes']);
    expect(again.stdout).toContain(`BackendData.VtepMAC    ${MAC} -> ${MACS[1]}`);
    expect([again.code, leaseOf(site)]).toEqual([0, VALUE(MACS[1] ?? '')]);
    expect([...one.tokens]).toEqual([]);
  });

  it('is shown as such where there is no tunnel yet, and nothing is written', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    const { code, stdout } = await site.run(['diff']);
    expect(code).toBe(2);
    expect(
      stdout,
    ).toContain(`  + subnets/10.244.100.0-24    bigip-1, its MAC is read once the tunnel is there, never expires
      PublicIP               10.1.10.245
      BackendType            vxlan
      BackendData.VtepMAC    device
`);
    const apply = await site.run(['apply', '--yes']);
    expect([apply.code, apply.stderr, leaseOf(site)]).toEqual([
      1,
      "error: refused, nothing was changed: the MAC of bigip-1 is the device's, and there is no tunnel yet. Make it with flannel-bigip bigip apply, or all in one with apply --scope all\n",
      null,
    ]);
    const saved = await site.run(['diff', '--save', 'plan.json']);
    expect([saved.code, saved.stderr]).toEqual([
      1,
      expect.stringContaining('the MAC of bigip-1 is not read yet, so the plan cannot be kept'),
    ]);
  });

  it('meets the rules about MACs before etcd is written', async () => {
    for (const [mac, rule] of [
      ['01:00:5e:00:00:01', 'vtep-mac-unusable'],
      [NODES[0].mac, 'is the VTEP MAC of the node'],
    ] as const) {
      const one = await device({ macs: [mac] });
      setUp(one);
      const site = new BigIpSite([one]);
      const { code, stderr } = await site.run(['apply', '--yes']);
      expect([code, leaseOf(site)]).toEqual([1, null]);
      expect(stderr).toContain(rule);
    }
    const [one, two] = [await device({ macs: [MAC] }), await device({ macs: [MAC] })];
    setUp(one);
    setUp(two, { localAddress: '10.1.10.246', address: '10.244.101.10/16' });
    const { code, stderr } = await new BigIpSite([one, two]).run(['apply', '--yes']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('vtep-mac-duplicate')]);
  });

  it('that cannot be read is told, and validate and list want no device', async () => {
    const one = await device({ password: 'another' });
    const site = new BigIpSite([one]);
    const env = { BIGIP_PASSWORD: 'wrong' };
    const { code, stderr } = await site.run(['diff'], { env });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: the MAC of bigip-1 cannot be read: .* refuses this user or password/,
      ),
    ]);
    const asked = one.requests.length;
    expect((await site.run(['validate', 'flannel-bigip.yaml'])).code).toBe(0);
    expect((await site.run(['list'])).code).toBe(0);
    expect(one.requests).toHaveLength(asked);
  });
});

describe('--scope all', () => {
  it('onboards a bare site in one plan: tunnel, its MAC, config and lease, annotations', async () => {
    const api = await startApiServer([nodeObject(151), nodeObject(152)]);
    try {
      const one = await device();
      const site = new BigIpSite([one], { 'store.json': storeText() });
      const all = ['--scope', 'all', '--kubeconfig', api.kubeconfig('admin')];
      const diff = await site.run(['diff', ...all, '-o', 'json']);
      const plan = JSON.parse(diff.stdout);
      expect(diff.code).toBe(2);
      expect([plan.bigips[0].steps.length, plan.changes.length, plan.nodes.nodes.length]).toEqual([
        3, 1, 2,
      ]);
      const { code, stdout } = await site.run(['apply', ...all, '--yes']);
      expect(code).toBe(0);
      // Shown in the order in which it is carried out, before anything is.
      const order = ['+ tunnel /Common/fl-tunnel', '+ subnets/10.244.100.0-24', 'node-151'];
      const places = order.map((text) => stdout.indexOf(text));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(stdout).toContain(`bigip-1: 3 changes done, saved; the tunnel's MAC is ${MAC}.`);
      expect(stdout.trimEnd().split('\n').at(-1)).toBe('Annotated: 2 nodes.');
      expect(leaseOf(site)).toBe(VALUE(MAC));
      expect(api.store.get('node-151')?.metadata.annotations).toMatchObject({
        'flannel.alpha.coreos.com/public-ip': '10.1.10.151',
      });
      const again = await site.run(['diff', ...all]);
      expect([again.code, [...one.tokens]]).toEqual([0, []]);
    } finally {
      await api.stop();
    }
  });

  it('writes nothing to etcd when the BIG-IP fails, and goes on when it is run again', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    one.fail({ method: 'POST', path: '/net/self', answer: 'role' });
    const scope = ['apply', '--scope', 'bigip,etcd', '--yes', '-o', 'json'];
    const { code, stdout } = await site.run(scope);
    const { outcome, bigips, changes } = JSON.parse(stdout);
    expect([code, outcome, leaseOf(site)]).toEqual([1, 'partial', null]);
    expect(bigips[0].steps.map(({ status }: { status: string }) => status)).toEqual([
      'done',
      'done',
      'pending',
    ]);
    expect(changes.map(({ status }: { status: string }) => status)).toEqual(['pending']);
    const again = await site.run(scope);
    expect([again.code, leaseOf(site), one.saves]).toEqual([0, VALUE(MAC), 1]);
  });

  it('writes no lease with another MAC than that of the tunnel that it made', async () => {
    const one = await device();
    const text = siteText([one], { vtepMAC: MACS[2] ?? '' });
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    const scope = ['apply', '--scope', 'bigip,etcd', '--yes'];
    const { code, stderr } = await site.run(scope);
    expect([code, leaseOf(site), stderr]).toEqual([
      1,
      null,
      `error: bigip-1: the tunnel's MAC is ${MAC}, the site file says ${MACS[2]}; nothing was changed in etcd. Run flannel-bigip bigip import bigip-1 --yes, then the same command again; or write vtepMAC: device\n`,
    ]);
    expect((await site.bigip('import', '--yes')).code).toBe(0);
    expect([(await site.run(scope)).code, leaseOf(site)]).toEqual([0, VALUE(MAC)]);
  });

  it('of the units alone wants no etcd', async () => {
    const one = await device();
    const text = siteText([one]).replace('file:store.json', 'http://127.0.0.1:1');
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    expect((await site.run(['diff', '--scope', 'bigip'])).code).toBe(2);
    const { code, stdout } = await site.run(['apply', '--scope', 'bigip', '--yes', '-o', 'json']);
    const { outcome, changes, bigips } = JSON.parse(stdout);
    expect([code, outcome, changes, bigips[0].saved]).toEqual([0, 'applied', [], true]);
  });

  it('wants --replace there too, and writes the MAC of the tunnel that it made anew', async () => {
    const one = await device();
    setUp(one, { key: 7 });
    const store = { 'store.json': storeText({ '10.244.100.0': MAC }) };
    const site = new BigIpSite([one], store);
    const refused = await site.run(['apply', '--scope', 'bigip,etcd', '--yes']);
    expect([refused.code, writesOf(one), leaseOf(site)]).toEqual([1, [], VALUE(MAC)]);
    expect(refused.stderr).toContain('Pass --replace');
    const { code } = await site.run(['apply', '--scope', 'bigip,etcd', '--yes', '--replace']);
    expect([code, leaseOf(site)]).toEqual([0, VALUE(MACS[1] ?? '')]);
  });

  it('leaves units out of all whose management nobody declared, and says so', async () => {
    const one = await device();
    const text = siteText([one], { vtepMAC: MAC }).replace(/ {4}management:\n.*\n.*\n/, '');
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': text });
    const api = await startApiServer([nodeObject(151), nodeObject(152)]);
    try {
      const all = ['--scope', 'all', '--kubeconfig', api.kubeconfig('admin')];
      const { code, stderr } = await site.run(['diff', ...all]);
      expect([code, stderr]).toEqual([
        2,
        'bigip-1: left out of --scope all, since nothing says how it is managed (management.url)\n',
      ]);
      const named = await site.run(['diff', '--scope', 'bigip']);
      expect([named.code, named.stderr]).toEqual([
        3,
        'error: the site file does not say how bigip-1 is managed. Add management: { url: https://... } to it; bigip apply --tmsh needs none\n',
      ]);
    } finally {
      await api.stop();
    }
  });
});
