import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../src/model/document.ts';
import type { BigIpDevice } from '../support/bigip/device.ts';
import { BigIpSite, MACS, siteText } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';

const device = devicesOfTest();
const MAC = MACS[0] ?? '';

/** A site file as people write it: comments, Chinese, an order of their own, what is missing left out. */
function handWritten(one: BigIpDevice, entry: string): string {
  return `# 上海站点
apiVersion: flannel-bigip/v1
kind: Site
name: 上海   # 名称
network:
  Network: 10.244.0.0/16
  SubnetMax: 10.244.99.0
  Backend: { Type: vxlan }
bigips:
${entry}
    management: { url: "${one.url}", ca: "${one.ca}" } # 管理口
kubernetes: {}
`;
}

async function imported(entry: string, ...args: string[]) {
  const one = await device();
  setUp(one);
  const before = handWritten(one, entry);
  const site = new BigIpSite([one], { 'flannel-bigip.yaml': before });
  const result = await site.bigip('import', ...args);
  const after = readFileSync(path.join(site.folder, 'flannel-bigip.yaml'), 'utf8');
  return { ...result, before, after, one, site };
}

const LACKING = `  - name: bigip-1 # 主机
    subnet: 10.244.100.0/24`;

const FULL = `  - name: bigip-1 # 主机
    subnet: 10.244.100.0/24
    publicIP: 10.1.10.245
    vtepMAC: ${MAC}
    selfIP: 10.244.100.10`;

describe('bigip import', () => {
  it('fills in what the file lacks, without a question, and keeps comments and order', async () => {
    const { code, stdout, stderr, one, after } = await imported(LACKING);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`bigip-1: publicIP  (not set) -> 10.1.10.245
bigip-1: vtepMAC  (not set) -> ${MAC}
bigip-1: selfIP  (not set) -> 10.244.100.10
Written: flannel-bigip.yaml
`);
    // Readers of YAML 1.1 take some MACs for numbers.
    expect(after).toBe(handWritten(one, FULL.replace(MAC, `"${MAC}"`)));
    expect(checkDocument(after, 'site.yaml').findings).toEqual([]);
  });

  it('shows values that differ and overwrites them with --yes alone', async () => {
    const entry = FULL.replace('10.1.10.245', "'10.1.10.9'").replace(
      MAC,
      '00-0C-29-00-00-01 # alt',
    );
    const refused = await imported(entry);
    expect([refused.code, refused.after]).toEqual([64, refused.before]);
    const { code, stdout, after, one } = await imported(entry, '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain(`bigip-1: publicIP  10.1.10.9 -> 10.1.10.245
bigip-1: vtepMAC  00-0C-29-00-00-01 -> ${MAC}
`);
    const wanted = FULL.replace('10.1.10.245', "'10.1.10.245'").replace(MAC, `${MAC} # alt`);
    expect(after).toBe(handWritten(one, wanted));
  });

  it('has nothing to do where the file says the same in another spelling, or leaves the MAC to the device', async () => {
    for (const mac of [MAC.toUpperCase().replaceAll(':', '-'), 'device']) {
      const { code, stdout, before, after } = await imported(FULL.replace(MAC, mac));
      expect([code, stdout, after]).toEqual([
        0,
        'Nothing to do: the site file says what the BIG-IP says.\n',
        before,
      ]);
    }
  });

  it('fills in an entry that is written in one line, and a JSON file', async () => {
    const one = await device();
    setUp(one);
    const text = siteText([one], { selfIP: null })
      .replace(/ {4}publicIP: .*\n/, '')
      .replace(/ {4}vtepMAC: .*\n/, '');
    const start = text.indexOf('  - name');
    const flow = `${text.slice(0, start)}  - { name: bigip-1, subnet: 10.244.100.0/24, management: { url: "${one.url}", ca: "${one.ca}" } }\n`;
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': flow });
    expect((await site.bigip('import')).code).toBe(0);
    const after = readFileSync(path.join(site.folder, 'flannel-bigip.yaml'), 'utf8');
    expect(after).toContain(
      `{ name: bigip-1, subnet: 10.244.100.0/24, publicIP: 10.1.10.245, vtepMAC: "${MAC}", selfIP: 10.244.100.10, management:`,
    );
    const json = {
      apiVersion: 'flannel-bigip/v1',
      kind: 'Site',
      name: 'a',
      network: { Network: '10.244.0.0/16', SubnetMax: '10.244.99.0', Backend: { Type: 'vxlan' } },
      bigips: [{ name: 'b', subnet: '10.244.100.0/24', management: { url: one.url, ca: one.ca } }],
    };
    const asJson = new BigIpSite([one], { 'site.json': `${JSON.stringify(json, null, 2)}\n` });
    expect((await asJson.bigip('import', '-f', 'site.json')).code).toBe(0);
    const written = JSON.parse(readFileSync(path.join(asJson.folder, 'site.json'), 'utf8'));
    expect(Object.entries(written.bigips[0]).slice(0, 5)).toEqual([
      ['name', 'b'],
      ['subnet', '10.244.100.0/24'],
      ['publicIP', '10.1.10.245'],
      ['vtepMAC', MAC],
      ['selfIP', '10.244.100.10'],
    ]);
  });

  it('waits for the MAC of a tunnel that was just made', async () => {
    const one = await device({ macDelay: 5 });
    setUp(one);
    const site = new BigIpSite([one], { 'flannel-bigip.yaml': handWritten(one, LACKING) });
    expect((await site.bigip('import')).stdout).toContain(MAC);
  });

  it('takes what tmsh printed where REST or its shell is not allowed', async () => {
    const one = await device();
    const pasted = `admin@(bigip-1)(cfg-sync Standalone)(Active)(/Common)(tmos)# show net tunnels tunnel fl-tunnel all-properties

--------------------------------------
Net::Tunnel: fl-tunnel
--------------------------------------
MAC Address                00:0C:29:2E:DB:2E
Interface Name             fl-tunnel
Incoming Discard Packets   0
`;
    const entry = FULL.replace(`    vtepMAC: ${MAC}\n`, '');
    const site = new BigIpSite([one], {
      'flannel-bigip.yaml': handWritten(one, entry),
      'mac.txt': pasted,
    });
    const args = ['bigip', 'import', '--tmsh-output', '-'];
    const env = { BIGIP_USERNAME: '', BIGIP_PASSWORD: '' };
    const piped = await site.run(args, { input: pasted, env });
    expect([piped.code, piped.stdout]).toEqual([
      0,
      `bigip-1: vtepMAC  (not set) -> ${MAC}\nWritten: flannel-bigip.yaml\n`,
    ]);
    expect(one.requests).toEqual([]);
    const file = await site.bigip('import', 'bigip-1', '--tmsh-output', 'mac.txt');
    expect([file.code, file.stdout]).toEqual([
      0,
      'Nothing to do: the site file says what the BIG-IP says.\n',
    ]);
    const nothing = await site.run(args, { input: 'command not found\n', env });
    expect([nothing.code, nothing.stderr]).toEqual([
      3,
      'error: standard input has no MAC. Paste what this prints: tmsh show net tunnels tunnel fl-tunnel all-properties\n',
    ]);
  });

  it('says what to do where the MAC may not be read', async () => {
    const one = await device({ role: 'resource-admin' });
    setUp(one);
    const text = handWritten(one, LACKING);
    const { code, stderr } = await new BigIpSite([one], { 'flannel-bigip.yaml': text }).bigip(
      'import',
    );
    expect(code).toBe(1);
    expect(stderr).toContain("bigip-1: the tunnel's MAC cannot be read");
    expect(stderr).toContain('flannel-bigip bigip import --tmsh-output -');
  });

  it('stops at other faults of the file, and at a unit without its tunnel', async () => {
    const one = await device();
    const text = handWritten(one, LACKING).replace('kubernetes: {}', 'kubernets: {}');
    const wrong = await new BigIpSite([one], { 'flannel-bigip.yaml': text }).bigip('import');
    expect([wrong.code, one.requests]).toEqual([3, []]);
    expect(wrong.stderr).toContain('did you mean kubernetes?');
    const bare = new BigIpSite([one], { 'flannel-bigip.yaml': handWritten(one, LACKING) });
    const { code, stderr } = await bare.bigip('import');
    expect([code, stderr]).toEqual([
      1,
      'error: bigip-1: there is no tunnel /Common/fl-tunnel yet. Make it with flannel-bigip bigip apply, or name another in management.tunnel\n',
    ]);
  });
});

describe('init --bigip URL', () => {
  const FLAGS = ['init', '--yes', '--offline', '--network', '10.244.0.0/16', '-f', 'new.yaml'];

  it('writes down what the BIG-IP says of itself, so that nobody types a MAC', async () => {
    const one = await device();
    one.put('net/tunnels/vxlan', {
      name: 'vx',
      partition: 'Common',
      port: 8472,
      floodingType: 'none',
    });
    one.put('net/tunnels/tunnel', {
      name: 'flannel_vxlan',
      partition: 'Common',
      profile: '/Common/vx',
      key: 1,
      localAddress: '10.1.10.245',
    });
    one.put('net/self', {
      name: 'o',
      partition: 'Common',
      address: '10.244.200.7/16',
      vlan: '/Common/flannel_vxlan',
    });
    const site = new BigIpSite([one]);
    const { code, stderr } = await site.run([...FLAGS, '--bigip', one.url, '--bigip-ca', one.ca]);
    expect([code, stderr]).toEqual([0, '']);
    const text = readFileSync(path.join(site.folder, 'new.yaml'), 'utf8');
    expect(text.slice(text.indexOf('bigips:')).replace(/ +#.*/g, '')).toBe(`bigips:
  - name: bigip-1
    subnet: 10.244.200.0/24
    publicIP: 10.1.10.245
    vtepMAC: ${MAC}
    selfIP: 10.244.200.7
    management:
      url: ${one.url}
      ca: ${one.ca}
      tunnel: flannel_vxlan
      profile: vx
`);
    expect([...one.tokens]).toEqual([]);
  });

  it('leaves the MAC to a device that has no tunnel yet', async () => {
    const one = await device();
    const site = new BigIpSite([one]);
    const args = [...FLAGS, '--bigip', one.url, '--bigip-fingerprint', one.fingerprint];
    const missing = await site.run(args);
    expect([missing.code, missing.stderr]).toEqual([64, expect.stringContaining('publicIP=...')]);
    const given = [...FLAGS, '--bigip', `${one.url},name=edge-1,publicIP=10.1.10.245`];
    const made = await site.run([...given, '--bigip-fingerprint', one.fingerprint]);
    expect([made.code, made.stderr]).toEqual([
      0,
      `The BIG-IP at ${one.url} has no VXLAN tunnel yet: flannel-bigip bigip apply makes it.\n`,
    ]);
    const text = readFileSync(path.join(site.folder, 'new.yaml'), 'utf8');
    expect(text).toContain('vtepMAC: device');
    expect((await site.run(['bigip', 'apply', '-f', 'new.yaml', '--yes'])).code).toBe(0);
  });
});
