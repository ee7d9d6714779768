import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, temporaryFolder } from '../support/cli.ts';
import { freePorts } from '../support/ports.ts';
import { LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';

const FILE = 'flannel-bigip.yaml';
const NETWORK = ['--network', '10.244.0.0/16'];
const BIGIP = ['--bigip-public-ip', '10.1.10.245', '--bigip-vtep-mac', '00:0c:29:2e:db:2e'];
const OFFLINE = ['init', '--offline', '--name', 'site-a'];
const COMPLETE = [...OFFLINE, ...NETWORK, ...BIGIP];

const SITE_DOCUMENT = {
  apiVersion: 'flannel-bigip/v1',
  kind: 'Site',
  name: 'site-a',
  etcd: { endpoints: ['http://127.0.0.1:2379'], api: 'auto', prefix: PREFIX },
  network: {
    Network: '10.244.0.0/16',
    SubnetMin: '10.244.1.0',
    SubnetMax: '10.244.254.0',
    SubnetLen: 24,
    Backend: { Type: 'vxlan' },
  },
  bigips: [
    {
      name: 'bigip-1',
      subnet: '10.244.255.0/24',
      publicIP: '10.1.10.245',
      vtepMAC: '00:0c:29:2e:db:2e',
      selfIP: '10.244.255.1',
    },
  ],
};

const [ONLY] = SITE_DOCUMENT.bigips;

const DUAL = ['--ipv6-network', 'fd00:10:244::/48'];
const DUAL_BIGIP = [
  '--bigip-public-ipv6',
  'fd00:10:1::245',
  '--bigip-vtep-mac-v6',
  '00:0c:29:2e:db:2f',
];
const DUAL_DOCUMENT = {
  ...SITE_DOCUMENT,
  network: {
    Network: '10.244.0.0/16',
    SubnetMin: '10.244.1.0',
    SubnetMax: '10.244.254.0',
    SubnetLen: 24,
    EnableIPv6: true,
    IPv6Network: 'fd00:10:244::/48',
    IPv6SubnetMin: 'fd00:10:244:1::',
    IPv6SubnetMax: 'fd00:10:244:fffe::',
    IPv6SubnetLen: 64,
    Backend: { Type: 'vxlan' },
  },
  bigips: [
    {
      ...ONLY,
      ipv6Subnet: 'fd00:10:244:ffff::/64',
      publicIPv6: 'fd00:10:1::245',
      vtepMACv6: '00:0c:29:2e:db:2f',
      selfIPv6: 'fd00:10:244:ffff::1',
    },
  ],
};

/** The document that `init ARGS -f -` prints. */
async function printed(args: readonly string[], cwd = temporaryFolder(), env = {}) {
  const { code, stdout, stderr } = await run([...args, '-f', '-'], { cwd, env });
  expect(code).toBe(0);
  expect(stderr).not.toContain('error');
  return parse(stdout);
}

function networkWith(changes: object, bigip: object = {}) {
  const { network, bigips } = SITE_DOCUMENT;
  return {
    ...SITE_DOCUMENT,
    network: { ...network, ...changes },
    bigips: [{ ...bigips[0], ...bigip }],
  };
}

describe('init without a terminal', () => {
  it('takes defaults for what can be derived', async () => {
    expect(await printed(COMPLETE)).toEqual(SITE_DOCUMENT);
    expect(await printed([...COMPLETE, '--yes'])).toEqual(SITE_DOCUMENT);
  });

  it.each<[readonly string[], object]>([
    [['--name', 'berlin'], { ...SITE_DOCUMENT, name: 'berlin' }],
    [
      ['--subnet-len', '25'],
      networkWith(
        { SubnetLen: 25, SubnetMin: '10.244.0.128', SubnetMax: '10.244.255.0' },
        { subnet: '10.244.255.128/25', selfIP: '10.244.255.129' },
      ),
    ],
    [['--vni', '7'], networkWith({ Backend: { Type: 'vxlan', VNI: 7 } })],
    [['--vni', '1'], SITE_DOCUMENT],
    [['--port', '4789'], networkWith({ Backend: { Type: 'vxlan', Port: 4789 } })],
    [['--subnet-min', '10.244.10.0'], networkWith({ SubnetMin: '10.244.10.0' })],
    [['--subnet-max', '10.244.99.0'], networkWith({ SubnetMax: '10.244.99.0' })],
    [['--bigip-name', 'f5-a'], networkWith({}, { name: 'f5-a' })],
    [
      ['--bigip-subnet', '10.244.100.0/24'],
      networkWith(
        { SubnetMin: '10.244.1.0', SubnetMax: '10.244.99.0' },
        { subnet: '10.244.100.0/24', selfIP: '10.244.100.1' },
      ),
    ],
    [['--bigip-self-ip', '10.244.255.10'], networkWith({}, { selfIP: '10.244.255.10' })],
    [['--etcd-api', 'v3'], { ...SITE_DOCUMENT, etcd: { ...SITE_DOCUMENT.etcd, api: 'v3' } }],
    [
      ['--prefix', '/kube//net/'],
      { ...SITE_DOCUMENT, etcd: { ...SITE_DOCUMENT.etcd, prefix: '/kube/net' } },
    ],
    [
      ['--endpoints', 'a,b:4001'],
      {
        ...SITE_DOCUMENT,
        etcd: { ...SITE_DOCUMENT.etcd, endpoints: ['http://a:2379', 'http://b:4001'] },
      },
    ],
    [['--user', 'root'], { ...SITE_DOCUMENT, etcd: { ...SITE_DOCUMENT.etcd, user: 'root' } }],
    [[...DUAL, ...DUAL_BIGIP], DUAL_DOCUMENT],
    [
      [...DUAL, ...DUAL_BIGIP, '--bigip-self-ipv6', 'fd00:10:244:ffff::a'],
      {
        ...DUAL_DOCUMENT,
        bigips: [{ ...DUAL_DOCUMENT.bigips[0], selfIPv6: 'fd00:10:244:ffff::a' }],
      },
    ],
    [
      [
        ...DUAL,
        ...DUAL_BIGIP,
        '--bigip-ipv6-subnet',
        'fd00:10:244:f000::/64',
        '--ipv6-subnet-min',
        'fd00:10:244:10::',
        '--ipv6-subnet-max',
        'fd00:10:244:63::',
        '--ipv6-subnet-len',
        '64',
      ],
      {
        ...DUAL_DOCUMENT,
        network: {
          ...DUAL_DOCUMENT.network,
          IPv6SubnetMin: 'fd00:10:244:10::',
          IPv6SubnetMax: 'fd00:10:244:63::',
        },
        bigips: [
          {
            ...DUAL_DOCUMENT.bigips[0],
            ipv6Subnet: 'fd00:10:244:f000::/64',
            selfIPv6: 'fd00:10:244:f000::1',
          },
        ],
      },
    ],
  ])('answers with %j', async (args, document) => {
    const base = args.includes('--name') ? ['init', '--offline', ...NETWORK, ...BIGIP] : COMPLETE;

    expect(await printed([...base, ...args])).toEqual(document);
  });

  it('takes several BIG-IPs from --bigip', async () => {
    const unit = (n: number) => `publicIP=10.1.10.24${n},vtepMAC=00:0c:29:2e:db:${n}e`;
    const { bigips, network } = await printed([
      ...[...OFFLINE, ...NETWORK],
      ...['--bigip', `${unit(1)},subnet=10.244.100.0/24,selfIP=10.244.100.10`],
      ...['--bigip', `name=f5-b,${unit(2)}`],
    ]);

    expect(bigips).toEqual([
      {
        name: 'bigip-1',
        subnet: '10.244.100.0/24',
        publicIP: '10.1.10.241',
        vtepMAC: '00:0c:29:2e:db:1e',
        selfIP: '10.244.100.10',
      },
      {
        name: 'f5-b',
        subnet: '10.244.255.0/24',
        publicIP: '10.1.10.242',
        vtepMAC: '00:0c:29:2e:db:2e',
        selfIP: '10.244.255.10',
      },
    ]);
    expect([network.SubnetMin, network.SubnetMax]).toEqual(['10.244.1.0', '10.244.99.0']);
  });

  it('writes a site without BIG-IP', async () => {
    const { bigips: _, ...rest } = SITE_DOCUMENT;
    const { SubnetMin: __, SubnetMax: ___, ...network } = rest.network;

    expect(await printed([...OFFLINE, ...NETWORK, '--without-bigip'])).toEqual({
      ...rest,
      network,
    });
  });

  it.each<[readonly string[], string]>([
    [
      OFFLINE,
      '--network, --bigip-public-ip, --bigip-vtep-mac. Pass them, or --without-bigip for a site without BIG-IP',
    ],
    [[...OFFLINE, ...BIGIP], '--network. Pass them'],
    [[...OFFLINE, '--without-bigip'], '--network. Pass them'],
    [
      [...OFFLINE, ...NETWORK],
      '--bigip-public-ip, --bigip-vtep-mac. Pass them, or --without-bigip for a site without BIG-IP',
    ],
    [
      [...OFFLINE, '--bigip-vtep-mac', '00:0c:29:2e:db:2e', '--bigip-subnet', '10.9.9.0/24'],
      '--network, --bigip-public-ip. Pass them, or --without-bigip for a site without BIG-IP',
    ],
    [
      [...COMPLETE, ...DUAL],
      '--bigip-public-ipv6, --bigip-vtep-mac-v6. Pass them, or --without-bigip for a site without BIG-IP',
    ],
    [
      [
        ...OFFLINE,
        ...NETWORK,
        '--bigip',
        'name=a,publicIP=10.1.10.1',
        '--bigip',
        'vtepMAC=00:0c:29:2e:db:2e',
      ],
      '--bigip name=a,vtepMAC=..., --bigip publicIP=.... Pass them, or --without-bigip for a site without BIG-IP',
    ],
  ])('names every missing answer at once: %j', async (args, missing) => {
    for (const more of [[], ['--yes']]) {
      const cwd = temporaryFolder();
      const { code, stdout, stderr } = await run([...args, ...more], { cwd });

      expect([code, stdout, readdirSync(cwd)]).toEqual([64, '', []]);
      expect(stderr).toBe(
        `error: answers are missing, and nobody is asked here: ${missing}; nothing was written\n`,
      );
    }
  });

  it.each<[readonly string[], string]>([
    [
      [...OFFLINE, ...BIGIP, '--network', '10.244.0.5/16'],
      '--network 10.244.0.5/16 will not do: Network 10.244.0.5/16 has host bits; flannel uses 10.244.0.0/16: write 10.244.0.0/16',
    ],
    [[...COMPLETE, '--subnet-len', '17'], '--subnet-len 17 will not do: '],
    [[...COMPLETE, '--vni', '16777216'], '--vni 16777216 will not do: '],
    [[...COMPLETE, '--port', 'many'], '--port many will not do: '],
    [[...COMPLETE, '--subnet-min', '10.244.1.7'], '--subnet-min 10.244.1.7 will not do: '],
    [[...COMPLETE, '--subnet-max', '10.244.255.0'], '--subnet-max 10.244.255.0 will not do: '],
    [
      [...COMPLETE, '--bigip-subnet', '10.245.0.0/24'],
      '--bigip-subnet 10.245.0.0/24 will not do: ',
    ],
    [[...COMPLETE, '--bigip-self-ip', '10.244.1.1'], '--bigip-self-ip 10.244.1.1 will not do: '],
    [
      [...OFFLINE, ...NETWORK, '--bigip-public-ip', '10.244.1.1'],
      '--bigip-public-ip 10.244.1.1 will not do: ',
    ],
    [
      [...OFFLINE, ...NETWORK, '--bigip-public-ip', '10.1.10.1', '--bigip-vtep-mac', 'x'],
      '--bigip-vtep-mac x will not do: ',
    ],
    [
      [...COMPLETE, '--bigip-ipv6-subnet', 'fd00::/64'],
      '--bigip-ipv6-subnet fd00::/64 will not do: ',
    ],
    [[...COMPLETE, '--ipv6-network', '10.0.0.0/8'], '--ipv6-network 10.0.0.0/8 will not do: '],
    [['init', '--offline', '--name', ' a'], '--name  a will not do: '],
    [
      [...COMPLETE, '--bigip', 'name=a'],
      '--bigip, --bigip-... and --without-bigip exclude one another.',
    ],
    [
      [...COMPLETE, '--without-bigip'],
      '--bigip, --bigip-... and --without-bigip exclude one another.',
    ],
    [
      [...OFFLINE, ...NETWORK, '--bigip', 'publicIp=1.1.1.1'],
      '--bigip publicIp=1.1.1.1: "publicIp=1.1.1.1" is not KEY=VALUE. Did you mean publicIP=...?',
    ],
    [
      ['init', '--from-live', ...NETWORK],
      '--network does not go with --from-live, which reads it from etcd.',
    ],
    [
      ['init', '--from-live', '--offline'],
      '--offline does not go with --from-live, which reads it from etcd.',
    ],
    [
      ['init', '--from-live', '--without-bigip'],
      '--without-bigip does not go with --from-live, which reads it from etcd.',
    ],
    [[...COMPLETE, '-f', '-', '--then', 'diff'], '--then needs a file, and --file - writes none'],
  ])('refuses what will not do: %j', async (args, message) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(args, { cwd });

    expect([code, stdout, readdirSync(cwd)]).toEqual([64, '', []]);
    expect(stderr).toMatch(/^error: .+\n$/);
    expect(stderr.startsWith(`error: ${message}`)).toBe(true);
  });

  it('names the site after its file, or else after its folder', async () => {
    const cwd = temporaryFolder();
    mkdirSync(path.join(cwd, 'prod'));
    const args = ['init', '--offline', ...NETWORK, ...BIGIP];
    await run([...args, '-f', 'berlin.yaml'], { cwd });
    await run([...args, '-f', 'prod/site.yaml'], { cwd });
    const nameIn = (file: string) => parse(readFileSync(path.join(cwd, file), 'utf8')).name;

    expect([nameIn('berlin.yaml'), nameIn('prod/site.yaml')]).toEqual(['berlin', 'prod']);
  });
});

describe('the file that init writes', () => {
  it('has the schema line and says why in short comments', async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(COMPLETE, { cwd });

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`Written: ${FILE}\n`);
    expect(
      readFileSync(path.join(cwd, FILE), 'utf8'),
    ).toBe(`# yaml-language-server: $schema=https://raw.githubusercontent.com/flannel-bigip/flannel-bigip/v0.1.0/schemas/site.schema.json

apiVersion: flannel-bigip/v1
kind: Site
name: site-a # typed to confirm a change that endangers living nodes

# Flags and environment (ETCDCTL_*, FLANNELD_*) come before these.
etcd:
  endpoints:
    - http://127.0.0.1:2379
  api: auto # flannel up to v0.17 reads v2, from v0.18 on v3
  prefix: /coreos.com/network

# flannel's own network config, key for key.
network:
  Network: 10.244.0.0/16
  SubnetMin: 10.244.1.0
  SubnetMax: 10.244.254.0 # the last subnet that flannel hands out, itself included
  SubnetLen: 24
  Backend: { Type: vxlan }

bigips:
  - name: bigip-1
    subnet: 10.244.255.0/24
    publicIP: 10.1.10.245 # underlay self IP: the tunnel's local address
    vtepMAC: 00:0c:29:2e:db:2e # tmsh show net tunnels tunnel NAME all-properties
    selfIP: 10.244.255.1 # overlay self IP on the tunnel; the lease does not hold it
`);
  });

  it('is valid', async () => {
    const cwd = temporaryFolder();
    await run([...COMPLETE, ...DUAL, ...DUAL_BIGIP], { cwd });
    const { code, stdout } = await run(['validate'], { cwd });

    expect([code, stdout]).toEqual([0, '1 file checked, all valid, 0 warnings\n']);
  });

  it('is not written over one that is there, unless --force says so', async () => {
    const cwd = temporaryFolder({ [FILE]: SITE });
    const refused = await run([...COMPLETE, '--yes'], { cwd });

    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `error: ${FILE} is there already; it was not changed. Pass --force to replace it, or name another file with --file\n`,
    });
    expect(readFileSync(path.join(cwd, FILE), 'utf8')).toBe(SITE);

    const forced = [...COMPLETE, '--yes', '--force'];
    const told = (kept: string) => `Written: ${FILE}\nThe file before is ${kept}\n`;
    expect(await run(forced, { cwd })).toMatchObject({ code: 0, stdout: told(`${FILE}.old`) });
    expect(parse(readFileSync(path.join(cwd, FILE), 'utf8'))).toEqual(SITE_DOCUMENT);
    expect(readFileSync(path.join(cwd, `${FILE}.old`), 'utf8')).toBe(SITE);

    // None that was kept is lost either.
    expect((await run(forced, { cwd })).stdout).toBe(told(`${FILE}.old-1`));
    expect(readdirSync(cwd).sort()).toEqual([FILE, `${FILE}.old`, `${FILE}.old-1`]);
    expect(readFileSync(path.join(cwd, `${FILE}.old`), 'utf8')).toBe(SITE);
  });

  it.each([
    ['missing/site.yaml', 'missing/site.yaml cannot be written: there is no folder'],
    ['folder', 'folder is a folder'],
  ])('says before it asks that it cannot be %s', async (file, message) => {
    const cwd = temporaryFolder();
    mkdirSync(path.join(cwd, 'folder'));
    const { code, stderr } = await run(['init', '-f', file], { cwd });

    expect([code, stderr.startsWith(`error: ${message}`)]).toEqual([1, true]);
  });

  it('has TLS paths that are right from its own folder', async () => {
    const cwd = temporaryFolder();
    mkdirSync(path.join(cwd, 'sites'));
    const tls = ['--cacert', 'pki/ca.pem', '--cert', '/etc/c.pem', '--key', 'sites/k.pem'];
    await run([...COMPLETE, ...tls, '--endpoints', 'a', '-f', 'sites/a.yaml'], { cwd });

    expect(parse(readFileSync(path.join(cwd, 'sites/a.yaml'), 'utf8')).etcd).toEqual({
      endpoints: ['https://a:2379'],
      api: 'auto',
      prefix: PREFIX,
      ca: '../pki/ca.pem',
      cert: '/etc/c.pem',
      key: 'k.pem',
    });
  });

  it('never holds a password', async () => {
    const env = { ETCDCTL_USER: 'root:hunter2' };

    expect((await printed(COMPLETE, temporaryFolder(), env)).etcd).toEqual({
      ...SITE_DOCUMENT.etcd,
      user: 'root',
    });
  });
});

describe('the connection of init', () => {
  const text = `# as RHEL's package has it
FLANNEL_ETCD_ENDPOINTS="https://10.1.10.151:2379,https://10.1.10.152:2379"
FLANNEL_ETCD_PREFIX="/atomic.io/network"
FLANNEL_OPTIONS="-etcd-cafile=/etc/pki/ca.pem"
FLANNELD_ETCD_PASSWORD=hunter2
`;
  const etcd = {
    endpoints: ['https://10.1.10.151:2379', 'https://10.1.10.152:2379'],
    api: 'auto',
    prefix: '/atomic.io/network',
    ca: '/etc/pki/ca.pem',
  };

  it("comes from flanneld's environment file", async () => {
    const cwd = temporaryFolder({ flanneld: text });

    expect((await printed([...COMPLETE, '--flanneld-env', 'flanneld'], cwd)).etcd).toEqual(etcd);
  });

  it('comes from the environment first, and from flags before that', async () => {
    const cwd = temporaryFolder({ flanneld: text });
    const env = { ETCDCTL_ENDPOINTS: 'https://env:2379', FLANNELD_ETCD_PREFIX: '/env' };
    const args = [...COMPLETE, '--flanneld-env', 'flanneld', '--prefix', '/flag'];

    expect((await printed(args, cwd, env)).etcd).toEqual({
      ...etcd,
      endpoints: ['https://env:2379'],
      prefix: '/flag',
    });
  });

  it('says where the environment overrules the named file, and with --verbose where all is from', async () => {
    const cwd = temporaryFolder({ flanneld: text });
    const env = { ETCDCTL_ENDPOINTS: 'https://env:2379' };
    const args = [...COMPLETE, '--flanneld-env', 'flanneld', '-f', '-', '--verbose'];
    const { stderr } = await run(args, { cwd, env });

    expect(stderr).toBe(`endpoints: https://env:2379 (ETCDCTL_ENDPOINTS)
cacert: /etc/pki/ca.pem (flanneld)
prefix: /atomic.io/network (flanneld)
ETCDCTL_ENDPOINTS is used instead of flanneld's https://10.1.10.151:2379,https://10.1.10.152:2379.
`);
  });

  it.each([
    ['', 'flanneld names no endpoints of etcd. Pass --endpoints'],
    [null, 'flanneld is not there'],
  ])('is not guessed where the named file does not tell it: %j', async (content, message) => {
    const cwd = temporaryFolder(content === null ? {} : { flanneld: content });
    const result = await run([...COMPLETE, '--flanneld-env', 'flanneld'], { cwd });

    expect(result).toMatchObject({ code: 3, stdout: '', stderr: `error: ${message}\n` });
  });

  it('does without an etcd that cannot be reached, and says so', async () => {
    const [port] = await freePorts(1);
    const cwd = temporaryFolder();
    const args = ['init', ...COMPLETE.slice(2), '--endpoints', `127.0.0.1:${port}`];
    const { code, stderr } = await run(args, { cwd });

    expect([code, readdirSync(cwd)]).toEqual([0, [FILE]]);
    expect(stderr).toBe(
      `warning: etcd at 127.0.0.1:${port} refuses the connection: nothing listens there (check the address and that etcd runs). Nothing is known of what is live.\n`,
    );
  });

  it('fails --from-live where etcd cannot be reached', async () => {
    const [port] = await freePorts(1);
    const cwd = temporaryFolder();
    const args = ['init', '--from-live', '--yes', '--endpoints', `127.0.0.1:${port}`];
    const result = await run(args, { cwd });

    expect(result).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `error: etcd at 127.0.0.1:${port} refuses the connection: nothing listens there. Check the address and that etcd runs\n`,
    });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('wants the password where nobody can be asked for it', async () => {
    const args = ['init', '--yes', '--endpoints', '127.0.0.1:1', '--user', 'root'];
    const { code, stderr } = await run(args);

    expect([code, stderr]).toEqual([
      64,
      'error: the password of root is missing, and nobody can be asked here. Pass --password-file or ETCDCTL_PASSWORD\n',
    ]);
  });
});

describe('what follows on init', () => {
  const at = ['init', '--endpoints', 'file:store.json', '--name', 'site-a', ...NETWORK, ...BIGIP];

  it.each([
    ['diff', [], 2, '2 to add, 0 to change, 0 to remove.'],
    ['apply', ['--yes'], 0, 'Applied and read back: 2 changes.'],
    ['apply', [], 64, '2 to add, 0 to change, 0 to remove.'],
    ['nothing', [], 0, 'Written: a.yaml'],
  ])('%s %j, with its exit code', async (then, more, expected, shown) => {
    const cwd = temporaryFolder();
    const { code, stdout } = await run([...at, ...more, '-f', 'a.yaml', '--then', then], { cwd });

    expect(code).toBe(expected);
    expect(stdout).toMatch(/^Written: a\.yaml\n/);
    expect(stdout).toContain(shown);
  });
});

describe('flags about a network that is live', () => {
  const live = { Network: '10.244.0.0/16', SubnetMax: '10.244.99.0', Backend: { Type: 'vxlan' } };
  const args = ['init', '--yes', '--endpoints', 'file:store.json', '--name', 'a', ...BIGIP];
  const folder = () => {
    const keys = { [`${PREFIX}/config`]: { value: JSON.stringify(live), revision: 1 } };
    return temporaryFolder({
      'store.json': JSON.stringify({ flannelBigipStore: 1, revision: 1, keys }),
    });
  };

  it.each([
    [['--network', '10.244.0.0/16']],
    [['--network', '10.244.0.0/16', '--subnet-len', '24', '--vni', '1', '--port', '8472']],
  ])('keep the rest of it where they say the same: %j', async (same) => {
    expect((await printed([...args, ...same], folder())).network).toEqual(live);
  });

  it.each([
    [['--network', '10.245.0.0/16'], '--network'],
    [['--network', '10.244.0.0/16', '--vni', '7', '--port', '4789'], '--vni and --port'],
    [['--subnet-len', '25'], '--subnet-len'],
    [['--ipv6-network', 'fd00::/48', ...DUAL_BIGIP], '--ipv6-network'],
  ])('say that nothing of it is kept where they say something else: %j', async (other, which) => {
    const { code, stderr } = await run([...args, ...other, '-f', '-'], { cwd: folder() });

    expect(code).toBe(0);
    expect(stderr).toContain(
      `Nothing is kept of the live network config ${JSON.stringify(live)}, which ${which} would change.\n`,
    );
  });
});

describe('secrets in a live config', () => {
  it('make a file that only its owner may read', async () => {
    const value = '{"Network":"10.244.0.0/16","Backend":{"Type":"wireguard","PSK":"hunter2"}}';
    const keys = { [`${PREFIX}/config`]: { value, revision: 1 } };
    const cwd = temporaryFolder({
      'store.json': JSON.stringify({ flannelBigipStore: 1, revision: 1, keys }),
      [FILE]: SITE,
    });
    chmodSync(path.join(cwd, FILE), 0o644);
    const args = ['init', '--from-live', '--yes', '--force', '--endpoints', 'file:store.json'];
    const { code, stdout, stderr } = await run(args, { cwd });

    expect(code).toBe(0);
    expect(statSync(path.join(cwd, FILE)).mode & 0o777).toBe(0o600);
    expect(stdout).toContain(
      `Written: ${FILE}; it holds a secret, so only its owner may read it\n`,
    );
    expect(`${stdout}${stderr}`).not.toContain('hunter2');
    expect(parse(readFileSync(path.join(cwd, FILE), 'utf8')).network.Backend.PSK).toBe('hunter2');
  });
});

describe('--from-live of a range that includes the BIG-IP', () => {
  /** Reservations at 100 and 200, nodes at 23 and, if asked, at 150. */
  function folderWith(nodes: readonly number[], config: object): string {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const keys = {
      [`${PREFIX}/config`]: { value: JSON.stringify(config), revision: 1 },
      [`${PREFIX}/subnets/10.244.100.0-24`]: { value: LEASE_VALUE, revision: 2 },
      ...Object.fromEntries(
        nodes.map((n) => [
          `${PREFIX}/subnets/10.244.${n}.0-24`,
          { value: nodeLease(`10.1.10.${n}`, `5a:7d:2e:91:0c:${n % 90}`), revision: 3, expires },
        ]),
      ),
    };
    return temporaryFolder({
      'store.json': JSON.stringify({ flannelBigipStore: 1, revision: 3, keys }),
    });
  }
  const args = ['init', '--from-live', '--yes', '--endpoints', 'file:store.json', '--name', 'a'];
  const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };

  it('writes the live range, says so, and has the mended one as a comment', async () => {
    const cwd = folderWith([23], config);
    const { code, stdout, stderr } = await run(args, { cwd });
    const text = readFileSync(path.join(cwd, FILE), 'utf8');

    expect(code).toBe(0);
    expect(stderr).toContain('[range-includes-bigip]');
    expect(stderr).toContain(
      'What is live breaks these rules; diff and apply refuse the file until it is mended.\n',
    );
    expect(stdout).toBe(`Written: ${FILE}\n`);
    expect(parse(text).network).toEqual(config);
    expect(text).toContain(`  # flannel may hand out 10.244.100.0/24, reserved for bigip-1.
  # This range leaves that out and keeps every living node's subnet:
  # SubnetMin: 10.244.1.0
  # SubnetMax: 10.244.99.0
`);
    // Taken over, the comment is all that the file needs.
    const mended = text.replace(/# (SubnetM(?:in|ax):)/g, '$1');
    const cwd2 = temporaryFolder({ [FILE]: mended });
    expect((await run(['validate'], { cwd: cwd2 })).code).toBe(0);
  });

  it('takes the other side where the nodes are', async () => {
    const cwd = folderWith([150], {
      ...config,
      SubnetMin: '10.244.10.0',
      SubnetMax: '10.244.250.0',
    });
    await run(args, { cwd });

    expect(readFileSync(path.join(cwd, FILE), 'utf8')).toContain(`  Backend: { Type: vxlan }
  # flannel may hand out 10.244.100.0/24, reserved for bigip-1.
  # This range leaves that out and keeps every living node's subnet:
  # SubnetMin: 10.244.101.0
  # SubnetMax: 10.244.250.0
  SubnetMin: 10.244.10.0
  SubnetMax: 10.244.250.0
`);
  });

  it('says where no range would do', async () => {
    const cwd = folderWith([23, 150], config);
    await run(args, { cwd });

    expect(
      readFileSync(path.join(cwd, FILE), 'utf8'),
    ).toContain(`  # flannel may hand out 10.244.100.0/24, reserved for bigip-1.
  # No IPv4 range leaves out 10.244.100.0/24 and keeps the subnets of all living nodes: give the BIG-IP a subnet above or below theirs.
`);
  });
});
