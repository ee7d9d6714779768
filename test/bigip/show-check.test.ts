import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { BigIpSite, MACS, NODES, storeText } from '../support/bigip/site.ts';
import { devicesOfTest, setUp } from '../support/bigip/started.ts';
import { startApiServer } from '../support/kubernetes/api-server.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';
import { openTerminal } from '../support/terminal.ts';

const device = devicesOfTest();
const MAC = MACS[0] ?? '';
const [NODE_1, NODE_2] = NODES;
const RECORDS = { [NODE_1.mac]: '10.1.10.151', [NODE_2.mac]: '10.1.10.152' };
const WITH_LEASE = { 'store.json': storeText({ '10.244.100.0': MAC }) };

describe('bigip show', () => {
  it('shows a bare unit, its tunnel as absent', async () => {
    const one = await device();
    const { code, stdout, stderr } = await new BigIpSite([one]).bigip('show');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`bigip-1 at ${one.url} (BIG-IP 15.1.5, bigip-1.example.com, active)
  version              15.1.5 build 0.0.9
  peer                 none
  iptunnel.configsync  enable
  tunnel               /Common/fl-tunnel (absent)
  Self IPs on the tunnel: none
  FDB records:         none
  Static ARP entries:  none
`);
  });

  it('shows tunnel, self IPs, FDB records and ARP entries of a unit with a peer', async () => {
    const one = await device({ peer: 'bigip-2.example.com', failoverState: 'standby' });
    setUp(one, { records: RECORDS, arp: { '10.244.23.5': NODE_1.mac } });
    const { code, stdout } = await new BigIpSite([one]).bigip('show');
    expect([code, stdout]).toEqual([
      0,
      `bigip-1 at ${one.url} (BIG-IP 15.1.5, bigip-1.example.com, standby)
  version              15.1.5 build 0.0.9
  peer                 bigip-2.example.com (active)
  iptunnel.configsync  enable
  tunnel               /Common/fl-tunnel
  key (VNI)            1
  local address        10.1.10.245
  MAC                  ${MAC}
  profile              /Common/fl-vxlan
  port                 8472
  flooding             none

  Self IPs on the tunnel: 1
  SELF IP  ADDRESS           ALLOWS  TRAFFIC GROUP
  overlay  10.244.100.10/16  none    traffic-group-local-only

  FDB records: 2
  MAC                ENDPOINT     DESCRIPTION
  5a:7d:2e:91:0c:44  10.1.10.151  -
  86:a8:e1:95:5e:cf  10.1.10.152  -

  Static ARP entries: 1
  NAME             ADDRESS      MAC
  k8s-10.244.23.5  10.244.23.5  5a:7d:2e:91:0c:44
`,
    ]);
  });

  it.each(['json', 'yaml'])('says the same in %s, and what failed beside it', async (format) => {
    const one = await device({ omitEmptyItems: true });
    const two = await device({ password: 'another' });
    const { code, stdout, stderr } = await new BigIpSite([one, two]).bigip('show', '-o', format);
    const document = format === 'json' ? JSON.parse(stdout) : parse(stdout);
    expect(code).toBe(1);
    expect(document).toEqual({
      units: [
        {
          name: 'bigip-1',
          url: one.url,
          version: '15.1.5',
          build: '0.0.9',
          hostname: 'bigip-1.example.com',
          failoverState: 'active',
          peers: [],
          configsync: 'enable',
          tunnel: null,
          selfIPs: [],
          fdb: [],
          arp: [],
        },
        { name: 'bigip-2', url: two.url, error: expect.stringContaining('refuses this user') },
      ],
    });
    expect(stderr).toBe('');
  });

  it('reads releases in which FDB records stand in their table', async () => {
    const one = await device({ version: '12.0.0' });
    setUp(one, { records: RECORDS });
    const { code, stdout } = await new BigIpSite([one]).bigip('show', '-o', 'json');
    const [unit] = JSON.parse(stdout).units;
    expect([code, unit.fdb.map(({ mac }: { mac: string }) => mac)]).toEqual([
      0,
      Object.keys(RECORDS),
    ]);
  });
});

/** The rules that `bigip check` reports, with what they are about. */
async function check(site: BigIpSite, ...args: string[]) {
  const { code, stdout } = await site.bigip('check', '-o', 'json', ...args);
  const document = JSON.parse(stdout);
  const [unit] = document.units;
  const rules = unit.findings.map(({ rule, severity }: Record<string, string>) => [rule, severity]);
  return { code, ok: document.ok, skipped: document.skipped, rules };
}

const FINE = { code: 0, ok: true, skipped: ['nodes'], rules: [] };
const found = (...rules: string[]) => ({
  code: 2,
  ok: false,
  skipped: ['nodes'],
  rules: rules.map((rule) => [rule, 'error']),
});

describe('bigip check', () => {
  it('finds nothing where everything agrees, and says that Nodes are skipped', async () => {
    const one = await device();
    setUp(one, { records: RECORDS, arp: { '10.244.23.5': NODE_1.mac } });
    const site = new BigIpSite([one], WITH_LEASE);
    expect(await check(site)).toEqual(FINE);
    const { code, stdout, stderr } = await site.bigip('check');
    expect([code, stdout, stderr]).toEqual([
      0,
      `bigip-1 at ${one.url} (BIG-IP 15.1.5, bigip-1.example.com, active)\n  Everything agrees.\n`,
      'Nodes are skipped: no kubeconfig is named (--kubeconfig, KUBECONFIG).\n',
    ]);
  });

  it.each<[string, string[], NonNullable<Parameters<typeof setUp>[1]>]>([
    ['a key that is not the VNI', ['tunnel-key'], { key: 7 }],
    ["a port that is not flannel's", ['tunnel-port'], { port: 4789 }],
    ['a self IP whose mask is too narrow', ['self-ip-mask'], { address: '10.244.100.10/24' }],
    [
      'a self IP that moves at failover',
      ['self-ip-floating'],
      { trafficGroup: '/Common/traffic-group-1' },
    ],
    ['another self IP', ['self-ip-missing'], { address: '10.244.100.11/16' }],
    [
      'a node without a record',
      ['fdb-record-missing'],
      { records: { [NODE_1.mac]: '10.1.10.151' } },
    ],
    [
      'a record that leads elsewhere',
      ['fdb-record-wrong'],
      { records: { ...RECORDS, [NODE_1.mac]: '10.1.10.199' } },
    ],
    [
      'a record of a MAC that is gone',
      ['fdb-record-stale'],
      { records: { ...RECORDS, '02:00:00:00:00:09': '10.1.10.153' } },
    ],
    [
      'a record that CIS made up',
      ['fdb-record-missing', 'fdb-record-fake'],
      { records: { [NODE_1.mac]: '10.1.10.151', '0a:0a:0a:01:0a:98': '10.1.10.152' } },
    ],
    [
      'an ARP entry of before a reboot',
      ['arp-entry-stale'],
      { arp: { '10.244.23.5': '02:00:00:00:00:09' } },
    ],
    [
      "an ARP entry with another node's MAC",
      ['arp-entry-stale'],
      { arp: { '10.244.23.5': NODE_2.mac } },
    ],
  ])('finds %s', async (_, rules, parts) => {
    const one = await device();
    setUp(one, { records: RECORDS, ...parts });
    expect(await check(new BigIpSite([one], WITH_LEASE))).toEqual(found(...rules));
  });

  it('finds that the lease says another MAC or another address than the tunnel has', async () => {
    const one = await device();
    setUp(one, { records: RECORDS, localAddress: '10.1.10.246' });
    const store = { 'store.json': storeText({ '10.244.100.0': MACS[1] ?? '' }) };
    const { rules } = await check(new BigIpSite([one], store));
    expect(rules).toEqual([
      ['tunnel-local-address', 'error'],
      ['tunnel-mac', 'error'],
    ]);
  });

  it('finds that there is no lease, or no tunnel', async () => {
    const one = await device();
    setUp(one, { records: RECORDS });
    expect(await check(new BigIpSite([one]))).toEqual(found('bigip-lease-missing'));
    const two = await device();
    expect(await check(new BigIpSite([two], WITH_LEASE))).toEqual(found('tunnel-missing'));
  });

  it('warns of what is untidy: flooding, services, config-sync; that is a finding too', async () => {
    const one = await device({ peer: 'bigip-2.example.com' });
    setUp(one, { records: RECORDS, floodingType: 'multipoint', allowService: 'all' });
    expect(await check(new BigIpSite([one], WITH_LEASE))).toEqual({
      ...found(),
      rules: [
        ['tunnel-flooding', 'warning'],
        ['self-ip-open', 'warning'],
        ['configsync-carries-tunnels', 'warning'],
      ],
    });
  });

  it.each([
    ['1.14.0', /CIS 1\.14\.0 cannot change an entry.*recreate the pods of that node/],
    ['2.2.3', /CIS 2\.2\.3 cannot change an entry/],
    [
      'v2.4.1',
      /scale or restart a workload that it exposes, or restart CIS \(.*\), which is a short outage/,
    ],
    ['2.16.1', /scale or restart a workload that it exposes, or restart CIS \([^)]*\); deleting/],
    [null, /up to CIS 1\.14\.0 and in 2\.0\.0 to 2\.2\.3 recreate the pods/],
  ])(
    'says what cures a stale ARP entry with CIS %s, and that deleting it does not',
    async (version, cure) => {
      const one = await device();
      setUp(one, { records: RECORDS, arp: { '10.244.23.5': '02:00:00:00:00:09' } });
      const given = version === null ? [] : ['--cis-version', version];
      const { code, stdout } = await new BigIpSite([one], WITH_LEASE).bigip('check', ...given);
      expect(code).toBe(2);
      const text = stdout.split('\n').find((line) => line.includes('cure:'));
      expect(text).toMatch(cure);
      expect(text).toContain('deleting the entry does not help, since CIS writes it back');
      expect(stdout).toContain('breaks: packets from this BIG-IP to the pod 10.244.23.5');
    },
  );

  it('holds Nodes against the leases where a cluster is named, and fails where that does not answer', async () => {
    const api = await startApiServer([nodeObject(151), nodeObject(152)]);
    try {
      const one = await device();
      setUp(one, { records: RECORDS });
      const site = new BigIpSite([one], WITH_LEASE);
      const kubeconfig = ['--kubeconfig', api.kubeconfig('admin')];
      expect(await check(site, ...kubeconfig)).toEqual({
        ...found('node-not-annotated', 'node-not-annotated'),
        skipped: [],
      });
      await site.run(['annotate', '--yes', ...kubeconfig]);
      expect(await check(site, ...kubeconfig)).toEqual({ ...FINE, skipped: [] });
      await api.hangUp();
      const { code, stderr } = await site.bigip('check', '--timeout', '1s', ...kubeconfig);
      expect([code, stderr]).toEqual([1, expect.stringContaining('refuses the connection')]);
    } finally {
      await api.stop();
    }
  });
});

describe('what comes next, at a terminal', () => {
  it.each([
    ['show', 'flannel-bigip bigip diff'],
    ['diff', 'flannel-bigip bigip apply'],
    ['check', 'mend what is found, then flannel-bigip bigip check'],
  ])('bigip %s of a bare unit leads to %s', async (verb, next) => {
    const site = new BigIpSite([await device()]);
    const { screen } = await openTerminal(['bigip', verb], site.folder, { env: site.env }).ended;

    expect(screen.trimEnd().split('\r\n').at(-1)).toBe(`Next: ${next}`);
  });

  it.each(['show', 'diff', 'check', 'apply'])(
    'bigip %s of a refused login leads nowhere',
    async (verb) => {
      const site = new BigIpSite([await device()]);
      const env = { ...site.env, BIGIP_PASSWORD: 'wrong' };
      const { screen } = await openTerminal(['bigip', verb], site.folder, { env }).ended;

      expect(screen).toContain('refuses this user or password');
      expect(screen).not.toContain('Next:');
    },
  );
});
