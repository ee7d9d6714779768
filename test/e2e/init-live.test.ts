import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type Hand, handOf } from '../support/keyspace.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease } from '../support/sites.ts';

const FILE = 'site.yaml';

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

let prefixes = 0;

/** A network of its own, put by hand. */
function network(
  api: 'v2' | 'v3',
  keys: Readonly<Record<string, string | [value: string, ttl: number]>>,
) {
  const prefix = `/network-${prefixes++}`;
  const hand: Hand = handOf(etcd, api);
  for (const [key, held] of Object.entries(keys)) {
    const [value, ttl] = typeof held === 'string' ? [held] : held;
    hand.put(`${prefix}/${key}`, value, ttl);
  }
  return prefix;
}

function at(prefix: string): string[] {
  return ['--endpoints', etcd.endpoints.join(','), '--prefix', prefix];
}

/** Writes the site file of a live network and runs diff on it, which finds the etcd in the file. */
async function writtenDown(prefix: string, ...more: readonly string[]) {
  const cwd = temporaryFolder();
  const args = ['init', '--from-live', '--yes', '--file', FILE, '--name', 'site-a'];
  const init = await run([...args, ...at(prefix), ...more], { cwd });
  const document = init.code === 0 ? parse(readFileSync(path.join(cwd, FILE), 'utf8')) : null;
  return { cwd, init, document, diff: await run(['diff', '-f', FILE], { cwd }) };
}

const NODE = nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44');

describe('init with flags that say whose a live reservation is', () => {
  const IP = '10.1.10.245';
  const MAC = '00:0c:29:2e:db:2e';
  const wide = CONFIG_VALUE.replace('"SubnetMax":"10.244.99.0",', '');

  it.each([
    ['public IP and MAC', CONFIG_VALUE, [IP, MAC], 0],
    ['its MAC in another spelling', CONFIG_VALUE, [IP, '000C.292E.DB2E'], 0],
    ['its public IP, beside another MAC', CONFIG_VALUE, [IP, '00:0c:29:2e:db:99'], 2],
    ['its MAC, beside another public IP', CONFIG_VALUE, ['10.1.10.246', MAC], 2],
    ['both, in a range that hands it out', wide, [IP, MAC], 2],
  ] as const)('keeps its subnet: %s', async (_, config, [publicIP, vtepMAC], code) => {
    const prefix = network('v3', {
      config,
      'subnets/10.244.100.0-24': LEASE_VALUE,
      'subnets/10.244.23.0-24': [NODE, 86_400],
    });
    const cwd = temporaryFolder();
    const init = await run(
      [
        ...['init', '--yes', '--file', FILE, '--name', 'site-a', ...at(prefix)],
        ...['--bigip-public-ip', publicIP, '--bigip-vtep-mac', vtepMAC],
      ],
      { cwd },
    );
    const { network: drafted, bigips } = parse(readFileSync(path.join(cwd, FILE), 'utf8'));
    const diff = await run(['diff', '-f', FILE, '-o', 'json'], { cwd });
    const { changes } = JSON.parse(diff.stdout) as { changes: { action: string; key: string }[] };

    expect(init.code).toBe(0);
    expect(bigips).toEqual([{ name: 'bigip-1', subnet: '10.244.100.0/24', publicIP, vtepMAC }]);
    expect(drafted.SubnetMax).toBe('10.244.99.0');
    expect(diff.code).toBe(code);
    expect(changes.filter(({ action }) => action !== 'update')).toEqual([]);
  });
});

describe.each(['v2', 'v3'] as const)('init --from-live on etcd %s', (api) => {
  it('writes a file on which diff finds nothing', async () => {
    const prefix = network(api, {
      config: CONFIG_VALUE,
      'subnets/10.244.100.0-24': LEASE_VALUE,
      'subnets/10.244.23.0-24': [NODE, 86_400],
    });

    const { init, document, diff } = await writtenDown(prefix);

    expect(init).toMatchObject({
      code: 0,
      stdout: `Written: ${FILE}\n`,
      stderr: `etcd ${api} at ${etcd.endpoints[0]} holds a network config, 1 node lease, 1 reservation.\n`,
    });
    expect(document).toEqual({
      apiVersion: 'flannel-bigip/v1',
      kind: 'Site',
      name: 'site-a',
      etcd: { endpoints: etcd.endpoints, api, prefix },
      network: JSON.parse(CONFIG_VALUE),
      bigips: [
        {
          name: 'bigip-1',
          subnet: '10.244.100.0/24',
          publicIP: '10.1.10.245',
          vtepMAC: '00:0c:29:2e:db:2e',
        },
      ],
    });
    expect(diff).toMatchObject({ code: 0, stderr: '' });
    expect(diff.stdout).toContain('Nothing to do: live state is as declared.');
  });

  it('means the same however people have spelt it', async () => {
    const prefix = network(api, {
      config: `{ "network": "10.244.7.0/16", "SubnetLen": 22, "subnetlen": 24, "SubnetMax": "10.244.99.0",
        "Comment": "ours", "Backend": { "type": "vxlan", "VNI": 7, "Directrouting": false, "Prot": 1 } }`,
      'subnets/10.244.101.0-24':
        '{"backendType":"vxlan", "publicIP":"10.1.10.246", "BackendData":{"VNI":7,"VtepMAC":"00-0C-29-2E-DB-3E"}}',
      'subnets/10.244.100.0-24': LEASE_VALUE,
    });

    const { init, document, diff, cwd } = await writtenDown(prefix, '--bigip-name', 'f5-a,f5-b');

    expect([init.code, document.network, document.bigips]).toEqual([
      0,
      {
        Network: '10.244.0.0/16',
        SubnetLen: 24,
        SubnetMax: '10.244.99.0',
        Backend: { Type: 'vxlan', VNI: 7, DirectRouting: false },
      },
      [
        {
          name: 'f5-a',
          subnet: '10.244.100.0/24',
          publicIP: '10.1.10.245',
          vtepMAC: '00:0c:29:2e:db:2e',
        },
        {
          name: 'f5-b',
          subnet: '10.244.101.0/24',
          publicIP: '10.1.10.246',
          vtepMAC: '00:0c:29:2e:db:3e',
        },
      ],
    ]);
    expect(readFileSync(path.join(cwd, FILE), 'utf8')).toContain(`
# flannel's own network config, key for key.
# the live config also has "Comment", which flannel ignores
# the live config also has "Backend.Prot", which flannel ignores
# the live config says Network 10.244.7.0/16, which flannel takes as 10.244.0.0/16
network:
`);
    expect([diff.code, diff.stderr]).toEqual([0, '']);
  });

  it('leaves out what the rules refuse, and says why', async () => {
    const prefix = network(api, {
      config: CONFIG_VALUE,
      'subnets/10.244.100.0-24': LEASE_VALUE,
      'subnets/10.244.101.0-24': LEASE_VALUE,
      'subnets/10.244.110.7-24': LEASE_VALUE,
      'subnets/10.245.0.0-24': LEASE_VALUE.replace('10.245', '10.9'),
      'subnets/10.244.120.0-24': '{"PublicIP":"10.1.10.9","BackendType":"vxlan"}',
      'subnets/bigip': LEASE_VALUE,
    });

    const { init, document, diff, cwd } = await writtenDown(prefix);

    const reasons = [
      '10.244.101.0-24: 10.1.10.245 is the public IP of another BIG-IP too',
      "10.244.110.7-24: subnet 10.244.110.7/24 is not on its own boundary; a key with host bits makes the kernel refuse flannel's route: write 10.244.110.0/24",
      '10.244.120.0-24: 10.244.120.0-24 has no readable VtepMAC: flannel does not take it in',
      '10.245.0.0-24: 10.245.0.0/24 is not inside the network 10.244.0.0/16',
    ];
    const text = readFileSync(path.join(cwd, FILE), 'utf8');
    expect(text).toContain(
      ['# Reservations that cannot be declared, so diff warns of them:', ...reasons]
        .map((line) => (line.startsWith('#') ? line : `  # ${line}`))
        .join('\n'),
    );
    expect(document.bigips.map(({ subnet }: { subnet: string }) => subnet)).toEqual([
      '10.244.100.0/24',
    ]);
    for (const reason of reasons) {
      const [name, ...why] = reason.split(': ');
      expect(init.stderr).toContain(
        `The reservation ${name} cannot be declared: ${why.join(': ')}`,
      );
    }
    expect([init.code, diff.code]).toEqual([0, 0]);
  });

  it('says what diff will find wrong with what is live', async () => {
    const prefix = network(api, {
      config: CONFIG_VALUE,
      'subnets/10.244.100.0-24': LEASE_VALUE,
      'subnets/10.244.23.0-24': [nodeLease('10.1.10.245', '5a:7d:2e:91:0c:44'), 86_400],
    });

    const { init, diff } = await writtenDown(prefix);

    expect([init.code, diff.code]).toEqual([0, 2]);
    expect(init.stderr).toContain(
      'apply will refuse this: the public IP of bigip-1 is that of the node of 10.244.23.0-24 (10.1.10.245)',
    );
  });

  it('fails where there is nothing to write down, and writes nothing', async () => {
    const empty = network(api, { 'subnets/10.244.100.0-24': LEASE_VALUE });
    const broken = network(api, { config: '{"Network":"10.244.0.0/33"}' });

    const [first, second] = await Promise.all([writtenDown(empty), writtenDown(broken)]);

    expect([first.init.code, second.init.code]).toEqual([1, 1]);
    expect(first.init.stderr).toContain(
      `error: there is no network config under ${empty} to write down. Check --prefix and --etcd-api, or leave out --from-live\n`,
    );
    expect(second.init.stderr).toContain(
      `error: flannel refuses the live network config ${broken}/config, so there is nothing to write down.`,
    );
    expect([readdirSync(first.cwd), readdirSync(second.cwd)]).toEqual([[], []]);
  });
});

describe('init --from-live of a dual-stack network', () => {
  it('writes a file on which diff finds nothing', async () => {
    const config = {
      EnableIPv6: true,
      Network: '10.244.0.0/16',
      SubnetMax: '10.244.99.0',
      IPv6Network: 'fd00:10:244::/48',
      IPv6SubnetMax: 'fd00:10:244:63::',
      Backend: { Type: 'vxlan' },
    };
    const lease = {
      PublicIP: '10.1.10.245',
      PublicIPv6: 'fd00:10:1::245',
      BackendType: 'vxlan',
      BackendData: { VtepMAC: '00:0c:29:2e:db:2e' },
      BackendV6Data: { VtepMAC: '00:0c:29:2e:db:2f' },
    };
    const prefix = network('v3', {
      config: JSON.stringify(config),
      'subnets/10.244.100.0-24&fd00:10:244:64::-64': JSON.stringify(lease),
      'subnets/10.244.120.0-24': LEASE_VALUE,
    });

    const { init, document, diff } = await writtenDown(prefix);

    expect([init.code, document.network, document.bigips]).toEqual([
      0,
      config,
      [
        {
          name: 'bigip-1',
          subnet: '10.244.100.0/24',
          publicIP: '10.1.10.245',
          vtepMAC: '00:0c:29:2e:db:2e',
          ipv6Subnet: 'fd00:10:244:64::/64',
          publicIPv6: 'fd00:10:1::245',
          vtepMACv6: '00:0c:29:2e:db:2f',
        },
      ],
    ]);
    expect(init.stderr).toContain('The reservation 10.244.120.0-24 cannot be declared: ');
    expect(diff.code).toBe(0);
  });
});

describe('init without a terminal, on a live network', () => {
  const flags = ['--bigip-public-ip', '10.1.10.245', '--bigip-vtep-mac', '00:0c:29:2e:db:2e'];

  it.each(['v2', 'v3'] as const)('keeps what is live and adds the BIG-IP, on %s', async (api) => {
    const prefix = network(api, {
      config: '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}',
      'subnets/10.244.254.0-24': [NODE, 86_400],
    });
    const args = ['init', '--name', 'site-a', ...at(prefix), ...flags];
    const { code, stdout } = await run([...args, '-f', '-']);

    expect([code, parse(stdout)]).toEqual([
      0,
      {
        apiVersion: 'flannel-bigip/v1',
        kind: 'Site',
        name: 'site-a',
        etcd: { endpoints: etcd.endpoints, api, prefix },
        network: {
          Network: '10.244.0.0/16',
          SubnetMin: '10.244.1.0',
          SubnetMax: '10.244.254.0',
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
      },
    ]);
  });

  it('takes the highest free subnet above the range', async () => {
    const another = LEASE_VALUE.replace('10.1.10.245', '10.1.10.9').replace('db:2e', 'db:50');
    const prefix = network('v3', {
      config: CONFIG_VALUE,
      'subnets/10.244.255.0-24': another,
      'subnets/10.244.23.0-24': [NODE, 86_400],
    });
    const { stdout } = await run(['init', ...at(prefix), ...flags, '-f', '-']);
    const { network: declared, bigips } = parse(stdout);

    expect([declared, bigips[0].subnet]).toEqual([JSON.parse(CONFIG_VALUE), '10.244.254.0/24']);
  });

  it('takes live reservations where no BIG-IP is described', async () => {
    const prefix = network('v3', { config: CONFIG_VALUE, 'subnets/10.244.100.0-24': LEASE_VALUE });
    const { code, stdout } = await run(['init', ...at(prefix), '-f', '-']);

    expect([code, parse(stdout).bigips]).toEqual([
      0,
      [
        {
          name: 'bigip-1',
          subnet: '10.244.100.0/24',
          publicIP: '10.1.10.245',
          vtepMAC: '00:0c:29:2e:db:2e',
        },
      ],
    ]);
  });

  it.each([
    ['--bigip-subnet', '10.244.23.0/24', 'is held by the node of 10.244.23.0-24'],
    ['--bigip-public-ip', '10.1.10.151', 'is that of the node of 10.244.23.0-24'],
    ['--bigip-vtep-mac', '5a:7d:2e:91:0c:44', 'is the VTEP MAC of the node of 10.244.23.0-24'],
  ])('refuses what a node has: %s %s', async (flag, value, reason) => {
    const prefix = network('v3', {
      config: CONFIG_VALUE,
      'subnets/10.244.23.0-24': [NODE, 86_400],
    });
    const others = flags.flatMap((word, i) =>
      i % 2 === 0 && word !== flag ? [word, flags[i + 1] ?? ''] : [],
    );
    const { code, stdout, stderr } = await run([
      ...['init', ...at(prefix), ...others],
      ...[flag, value, '-f', '-'],
    ]);

    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(`error: ${flag} ${value} will not do: `);
    expect(stderr).toContain(reason);
  });

  it('says that apply will want --confirm where a range throws nodes out', async () => {
    const prefix = network('v3', {
      config: CONFIG_VALUE,
      'subnets/10.244.23.0-24': [NODE, 86_400],
    });
    const args = [
      'init',
      '--name',
      'site-a',
      ...at(prefix),
      ...flags,
      '--subnet-min',
      '10.244.50.0',
    ];
    const { code, stderr } = await run([...args, '-f', '-']);

    expect(code).toBe(0);
    expect(stderr).toContain(
      'apply will want --confirm site-a: 1 living node would get another subnet: 10.244.23.0-24\n',
    );
  });

  it('has no BIG-IP where the backend can carry none', async () => {
    const config = { Network: '10.244.0.0/16', Backend: { Type: 'host-gw' } };
    const prefix = network('v3', { config: JSON.stringify(config) });
    const { code, stdout, stderr } = await run(['init', ...at(prefix), '-f', '-']);

    expect([code, parse(stdout).network, parse(stdout).bigips]).toEqual([0, config, undefined]);
    expect(stderr).toContain('No BIG-IP is asked for: host-gw can carry none, only vxlan can.\n');
  });

  it('wants to know the store where both hold keys, or neither does', async () => {
    const prefix = network('v2', { config: CONFIG_VALUE });
    handOf(etcd, 'v3').put(`${prefix}/config`, CONFIG_VALUE);
    const unused = `/network-${prefixes++}`;

    const both = await run(['init', ...at(prefix), ...flags, '-f', '-']);
    const neither = await run(['init', ...at(unused), ...flags, '-f', '-']);
    const told = await run(['init', ...at(prefix), ...flags, '-f', '-', '--etcd-api', 'v2']);

    const missing = (flag: string) =>
      `error: answers are missing, and nobody is asked here: ${flag}. Pass them; nothing was written\n`;
    expect([both.code, both.stderr.split('\n').slice(-2).join('\n')]).toEqual([
      64,
      missing('--etcd-api'),
    ]);
    expect([neither.code, neither.stderr.split('\n').slice(-2).join('\n')]).toEqual([
      64,
      missing('--etcd-api, --network'),
    ]);
    expect([told.code, parse(told.stdout).etcd.api]).toEqual([0, 'v2']);
  });
});
