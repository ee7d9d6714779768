import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { converse, DOWN, ENTER, type Exchange, INTERRUPT } from '../support/conversation.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { handOf } from '../support/keyspace.ts';
import { freePorts } from '../support/ports.ts';
import { CONFIG_VALUE, LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';

const FILE = 'flannel-bigip.yaml';

function fileIn(folder: string): string {
  return readFileSync(path.join(folder, FILE), 'utf8');
}

/** Without the comments, which the tests of the text are about. */
function valuesIn(folder: string): string {
  return fileIn(folder)
    .split('\n')
    .map((line) => line.replace(/(^|\s+)#.*$/, ''))
    .filter((line) => line !== '')
    .join('\n');
}

const SCHEMA =
  /^# yaml-language-server: \$schema=https:\/\/\S+\/v\d+\.\d+\.\d+\S*\/site\.schema\.json\n/;

/** Everything that is asked of a new site with two BIG-IPs, with answers where Enter will not do. */
const NEW_SITE: readonly Exchange[] = [
  ["etcd's endpoints:", `file:new.json${ENTER}`],
  ["flannel's prefix in etcd:", ENTER],
  ['Name of the site:', `berlin${ENTER}`],
  ['Network of all pods:', ENTER],
  ["Prefix length of each node's subnet:", ENTER],
  ['IPv6 network of all pods', ENTER],
  ["VNI, the key of the BIG-IP's tunnel:", ENTER],
  ["UDP port of the BIG-IP's tunnel profile:", `4789${ENTER}`],
  ['Is there a BIG-IP?', ENTER],
  ['BIG-IP 1: name:', `f5-a${ENTER}`],
  ['f5-a: subnet', ENTER],
  ['f5-a: public IP', `10.1.10.245${ENTER}`],
  ['f5-a: VTEP MAC', `00:0c:29:2e:db:2e${ENTER}`],
  ['f5-a: overlay self IP', `10.244.255.10${ENTER}`],
  ['Another BIG-IP beside f5-a?', `y${ENTER}`],
  ['BIG-IP 2: name:', `f5-b${ENTER}`],
  ['f5-b: subnet', ENTER],
  ['f5-b: public IP', `10.1.10.246${ENTER}`],
  ['f5-b: VTEP MAC', `00:0c:29:2e:db:3e${ENTER}`],
  ['f5-b: overlay self IP', ENTER],
  ['Another BIG-IP beside f5-a, f5-b?', ENTER],
  ['First subnet that flannel hands out:', ENTER],
  ['Last subnet that flannel hands out:', ENTER],
  [`Write ${FILE}?`, ENTER],
  ['What next?', `${DOWN}${DOWN}${ENTER}`],
];

const NEW_VALUES = `apiVersion: flannel-bigip/v1
kind: Site
name: berlin
etcd:
  endpoints:
    - file:new.json
  api: auto
  prefix: /coreos.com/network
network:
  Network: 10.244.0.0/16
  SubnetMin: 10.244.1.0
  SubnetMax: 10.244.253.0
  SubnetLen: 24
  Backend: { Type: vxlan, Port: 4789 }
bigips:
  - name: f5-a
    subnet: 10.244.255.0/24
    publicIP: 10.1.10.245
    vtepMAC: 00:0c:29:2e:db:2e
    selfIP: 10.244.255.10
  - name: f5-b
    subnet: 10.244.254.0/24
    publicIP: 10.1.10.246
    vtepMAC: 00:0c:29:2e:db:3e
    selfIP: 10.244.254.10`;

describe('init at a terminal, for a new site', () => {
  it.each([100, 40])('asks, shows the file and writes it, on %i columns', async (columns) => {
    const folder = temporaryFolder();

    const { code, screen } = await converse(['init'], folder, NEW_SITE, { columns });

    expect(code).toBe(0);
    expect(valuesIn(folder)).toBe(NEW_VALUES);
    expect(fileIn(folder)).toMatch(SCHEMA);
    expect(screen.replaceAll('\r', '')).toContain(fileIn(folder));
    expect(screen).toContain('Next: flannel-bigip diff\r\n');
    expect(readdirSync(folder)).toEqual([FILE]);
  });

  it.each(NEW_SITE.map(([question], i) => [question, i] as const))(
    'leaves nothing behind at Ctrl-C where it asks: %s',
    async (question, at) => {
      const folder = temporaryFolder();

      const { code, screen } = await converse(['init'], folder, [
        ...NEW_SITE.slice(0, at),
        [question, INTERRUPT],
      ]);

      const isWritten = question === 'What next?';
      expect([code, readdirSync(folder)]).toEqual([130, isWritten ? [FILE] : []]);
      expect(screen).toContain(
        isWritten
          ? `error: interrupted at the question; ${FILE} is written\r\n`
          : 'error: interrupted at the question; nothing was changed\r\n',
      );
    },
  );

  it('says why an answer will not do, and takes a better one', async () => {
    const folder = temporaryFolder();
    const clear = '\u0015';
    const wrong: [question: string, answer: string, objection: string][] = [
      ["etcd's endpoints:", 'ftp://a', 'the endpoint ftp://a is no etcd client URL'],
      ["flannel's prefix in etcd:", 'a b', 'etcd.prefix must not be empty, or hold white space'],
      ['Network of all pods:', '10.244.0.5/16', 'has host bits; flannel uses 10.244.0.0/16'],
      ["Prefix length of each node's subnet:", '17', 'must hold at least four subnets'],
      ['IPv6 network of all pods', 'fd00::5/48', 'IPv6Network fd00::5/48 has host bits'],
      ["VNI, the key of the BIG-IP's tunnel:", '16777216', 'is not between 0 and 16777215'],
      [
        "UDP port of the BIG-IP's tunnel profile:",
        'many',
        'must be a plain whole number, not "many"',
      ],
      ['f5-a: subnet', '10.245.0.0/24', 'is not inside the network 10.244.0.0/16'],
      ['f5-a: public IP', '10.244.3.1', 'lies inside the overlay network'],
      ['f5-a: VTEP MAC', '01:00:5e:00:00:01', 'is a multicast address'],
      ['f5-a: overlay self IP', '10.244.254.10', 'is not inside 10.244.255.0/24'],
      ['BIG-IP 2: name:', 'f5-a', 'two BIG-IPs are named f5-a'],
      ['f5-b: subnet', '10.244.255.0/24', 'overlaps 10.244.255.0/24 of f5-a'],
      ['f5-b: public IP', '10.1.10.245', 'is the public IP of another BIG-IP too'],
      ['f5-b: VTEP MAC', '00:0c:29:2e:db:2e', 'is the VTEP MAC of another BIG-IP too'],
      ['First subnet that flannel hands out:', '10.244.1.7', 'is not on a subnet boundary'],
      [
        'Last subnet that flannel hands out:',
        '10.244.254.0',
        'lets flannel hand out 10.244.254.0/24',
      ],
    ];
    const corrected = NEW_SITE.flatMap(([question, keys]): Exchange[] => {
      const mistake = wrong.find(([asked]) => asked === question);
      if (mistake === undefined) return [[question, keys]];
      const [, answer, objection] = mistake;
      return [
        [question, `${answer}${ENTER}`],
        [objection, `${clear}${keys}`],
      ];
    });

    const { code } = await converse(['init'], folder, corrected);

    expect([code, valuesIn(folder)]).toEqual([0, NEW_VALUES]);
  });
});

describe('init at a terminal, for a file that is there', () => {
  const question = `${FILE} is there already. Replace it when done?`;

  it.each([
    ['no', `n${ENTER}`, 1, 'error: flannel-bigip.yaml is there already; it was not changed.'],
    ['just Enter', ENTER, 1, 'error: flannel-bigip.yaml is there already; it was not changed.'],
    ['Ctrl-C', INTERRUPT, 130, 'error: interrupted at the question; nothing was changed'],
  ])('leaves it alone after %s', async (_, keys, expected, message) => {
    const folder = temporaryFolder({ [FILE]: SITE });

    const { code, screen } = await converse(['init'], folder, [[question, keys]]);

    expect([code, fileIn(folder), readdirSync(folder)]).toEqual([expected, SITE, [FILE]]);
    expect(screen).toContain(message);
  });

  it('replaces it in the end after a yes, and keeps it beside the new one', async () => {
    const folder = temporaryFolder({ [FILE]: SITE });

    const { code } = await converse(['init'], folder, [[question, `y${ENTER}`], ...NEW_SITE]);

    expect([code, valuesIn(folder)]).toEqual([0, NEW_VALUES]);
    expect(readdirSync(folder)).toEqual([FILE, `${FILE}.old`]);
    expect(readFileSync(path.join(folder, `${FILE}.old`), 'utf8')).toBe(SITE);
  });

  it.each([
    ['no', `n${ENTER}`, 1],
    ['Ctrl-C', INTERRUPT, 130],
  ])('keeps the old one until the last question is answered: %s', async (_, keys, expected) => {
    const folder = temporaryFolder({ [FILE]: SITE });
    const before = NEW_SITE.slice(0, -2);

    const { code } = await converse(['init'], folder, [
      [question, `y${ENTER}`],
      ...before,
      [`Write ${FILE}?`, keys],
    ]);

    expect([code, fileIn(folder), readdirSync(folder)]).toEqual([expected, SITE, [FILE]]);
  });
});

describe('init at a terminal, for a network that is live', () => {
  /** One node, one reservation inside a range that nobody narrowed. */
  function liveFolder(): string {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const keys = {
      [`${PREFIX}/config`]: {
        value: '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}',
        revision: 1,
      },
      [`${PREFIX}/subnets/10.244.23.0-24`]: {
        value: nodeLease('10.1.10.151', '5a:7d:2e:91:0c:44'),
        revision: 2,
        expires,
      },
      [`${PREFIX}/subnets/10.244.100.0-24`]: { value: LEASE_VALUE, revision: 3 },
    };
    return temporaryFolder({
      'store.json': JSON.stringify({ flannelBigipStore: 1, revision: 3, keys }),
    });
  }
  const args = ['init', '--endpoints', 'file:store.json', '--prefix', PREFIX, '--name', 'site-a'];
  const offered: readonly Exchange[] = [
    ['Keep the live network config {"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}?', ENTER],
    ['Is 10.244.100.0/24 (public IP 10.1.10.245, MAC 00:0c:29:2e:db:2e) a BIG-IP?', ENTER],
    ['BIG-IP 1: name:', ENTER],
    ['bigip-1: overlay self IP', `10.244.100.10${ENTER}`],
    ['Another BIG-IP beside bigip-1?', ENTER],
    ['First subnet that flannel hands out: (10.244.1.0)', ENTER],
    ['Last subnet that flannel hands out: (10.244.99.0)', ENTER],
    [`Write ${FILE}?`, ENTER],
  ];

  it('offers its config, its reservations and a range that keeps the node', async () => {
    const folder = liveFolder();

    const { code, screen } = await converse(args, folder, [...offered, ['What next?', ENTER]]);

    expect(screen).toContain('holds a network config, 1 node lease, 1 reservation.');
    expect(valuesIn(folder)).toBe(`apiVersion: flannel-bigip/v1
kind: Site
name: site-a
etcd:
  endpoints:
    - file:store.json
  api: auto
  prefix: /coreos.com/network
network:
  Network: 10.244.0.0/16
  SubnetMin: 10.244.1.0
  SubnetMax: 10.244.99.0
  Backend: { Type: vxlan }
bigips:
  - name: bigip-1
    subnet: 10.244.100.0/24
    publicIP: 10.1.10.245
    vtepMAC: 00:0c:29:2e:db:2e
    selfIP: 10.244.100.10`);
    // The first choice is diff, and its exit code counts.
    expect(screen).toContain('0 to add, 1 to change, 0 to remove.');
    expect(code).toBe(2);
  });

  it('goes on with apply, which asks by itself', async () => {
    const folder = liveFolder();

    const { code, screen } = await converse(args, folder, [
      ...offered,
      ['What next?', `${DOWN}${ENTER}`],
      ['Apply this?', `y${ENTER}`],
    ]);

    expect([code, screen.includes('Applied and read back: 1 change.')]).toEqual([0, true]);
    const store = JSON.parse(readFileSync(path.join(folder, 'store.json'), 'utf8'));
    expect(JSON.parse(store.keys[`${PREFIX}/config`].value)).toEqual({
      Network: '10.244.0.0/16',
      SubnetMin: '10.244.1.0',
      SubnetMax: '10.244.99.0',
      Backend: { Type: 'vxlan' },
    });
  });

  it('refuses what a living node has: subnet, public IP, MAC', async () => {
    const folder = liveFolder();

    const { screen } = await converse(args, folder, [
      ['Keep the live network config', ENTER],
      ['Is 10.244.100.0/24', `n${ENTER}`],
      ['Is there a BIG-IP?', ENTER],
      ['BIG-IP 1: name:', ENTER],
      ['bigip-1: subnet, reserved for it: (10.244.255.0/24)', `10.244.23.0/24${ENTER}`],
      ['is held by the node of 10.244.23.0-24 (10.1.10.151)', `\u0015${ENTER}`],
      ['bigip-1: public IP', `10.1.10.151${ENTER}`],
      ['is that of the node of 10.244.23.0-24', `\u001510.1.10.9${ENTER}`],
      ['bigip-1: VTEP MAC', `5a:7d:2e:91:0c:44${ENTER}`],
      ['is the VTEP MAC of the node of 10.244.23.0-24', INTERRUPT],
    ]);

    expect(screen).toContain('error: interrupted at the question; nothing was changed');
    expect(existsSync(path.join(folder, FILE))).toBe(false);
  });
});

describe('init at a terminal, with a real etcd', () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  const rest = ['--name', 'a', '--network', '10.244.0.0/16', '--without-bigip'];

  it('asks which store flanneld reads where both hold keys', async () => {
    handOf(etcd, 'v2').put('/both/config', CONFIG_VALUE);
    handOf(etcd, 'v3').put('/both/config', '{"Network":"10.9.0.0/16","Backend":{"Type":"vxlan"}}');
    handOf(etcd, 'v3').put('/both/subnets/10.9.1.0-24', LEASE_VALUE);
    const folder = temporaryFolder();
    const args = ['init', '--endpoints', etcd.endpoints.join(), '--prefix', '/both', '--name', 'a'];

    const { screen } = await converse(args, folder, [
      ['v3: flannel 0.18 and later, holds a network config, 0 node leases, 1 reservation', DOWN],
      ['❯ v2: flannel up to 0.17, holds a network config, 0 node leases, 0 reservations', ENTER],
      [`Keep the live network config ${CONFIG_VALUE}?`, ENTER],
      ['Is there a BIG-IP?', `n${ENTER}`],
      [`Write ${FILE}?`, ENTER],
      ['What next?', `${DOWN}${DOWN}${ENTER}`],
    ]);

    expect(screen).toContain(`etcd v2 at ${etcd.endpoints[0]} holds a network config`);
    expect(valuesIn(folder)).toContain('api: v2');
    expect(valuesIn(folder)).toContain('SubnetMax: 10.244.99.0');
  });

  it.each([
    ['which store flanneld reads', []],
    ['whether to keep the config', ['--etcd-api', 'v2']],
  ])('leaves nothing behind at Ctrl-C where it asks %s', async (_, more) => {
    handOf(etcd, 'v2').put('/both/config', CONFIG_VALUE);
    handOf(etcd, 'v3').put('/both/config', CONFIG_VALUE);
    const folder = temporaryFolder();
    const args = ['init', '--endpoints', etcd.endpoints.join(), '--prefix', '/both', '--name', 'a'];
    const question = more.length === 0 ? 'does flanneld read?' : 'Keep the live network config';

    const { code, screen } = await converse([...args, ...more], folder, [[question, INTERRUPT]]);

    expect([code, readdirSync(folder)]).toEqual([130, []]);
    expect(screen).toContain('error: interrupted at the question; nothing was changed');
  });

  it('asks which store flanneld will read where neither holds keys', async () => {
    const folder = temporaryFolder();
    const args = ['init', '--endpoints', etcd.endpoints.join(), '--prefix', '/none', ...rest];

    await converse(args, folder, [
      ["Which of etcd's stores does flanneld read?", ENTER],
      ["Prefix length of each node's subnet:", ENTER],
      ['IPv6 network of all pods', ENTER],
      ["VNI, the key of the BIG-IP's tunnel:", ENTER],
      ["UDP port of the BIG-IP's tunnel profile:", ENTER],
      [`Write ${FILE}?`, ENTER],
      ['What next?', `${DOWN}${DOWN}${ENTER}`],
    ]);

    expect(valuesIn(folder)).toContain('api: v3');
  });
});

describe("init at a terminal, beside flanneld's own environment file", () => {
  const environment =
    'FLANNELD_ETCD_ENDPOINTS="file:/nowhere/live.json"\nFLANNELD_ETCD_PREFIX=/net\n';
  const offer = 'Take the connection of /etc/default/flanneld (file:/nowhere/live.json)?';
  const withFile = () => ({ etcDefault: temporaryFolder({ flanneld: environment }) });

  it('offers it, and asks nothing more of the connection after a yes', async () => {
    const folder = temporaryFolder();

    const { code, screen } = await converse(
      ['init', '--without-bigip'],
      folder,
      [
        [offer, ENTER],
        ['Name of the site:', INTERRUPT],
      ],
      withFile(),
    );

    expect(code).toBe(130);
    expect(screen).not.toContain("etcd's endpoints:");
  });

  it('asks for the connection after a no', async () => {
    const { code } = await converse(
      ['init'],
      temporaryFolder(),
      [
        [offer, `n${ENTER}`],
        ["etcd's endpoints:", INTERRUPT],
      ],
      withFile(),
    );

    expect(code).toBe(130);
  });

  it('leaves nothing behind at Ctrl-C', async () => {
    const folder = temporaryFolder();

    const { code, screen } = await converse(['init'], folder, [[offer, INTERRUPT]], withFile());

    expect([code, readdirSync(folder)]).toEqual([130, []]);
    expect(screen).toContain('error: interrupted at the question; nothing was changed');
  });
});

describe('init at a terminal, with an etcd that cannot be reached', () => {
  it.each([
    ['no', `n${ENTER}`, 1, 'error: not written, since etcd cannot be read'],
    ['Ctrl-C', INTERRUPT, 130, 'error: interrupted at the question; nothing was changed'],
  ])('says why and asks whether to go on: %s', async (_, keys, expected, message) => {
    const folder = temporaryFolder();
    const [port] = await freePorts(1);
    const args = ['init', '--endpoints', `127.0.0.1:${port}`, '--prefix', PREFIX];

    const { code, screen } = await converse(args, folder, [['Go on without etcd?', keys]]);

    expect([code, readdirSync(folder)]).toEqual([expected, []]);
    expect(screen).toContain(`etcd at 127.0.0.1:${port} refuses the connection`);
    expect(screen).toContain(message);
  });

  it('goes on without it, and says nothing of a store', async () => {
    const folder = temporaryFolder();
    const [port] = await freePorts(1);
    const args = ['init', '--endpoints', `127.0.0.1:${port}`, '--prefix', PREFIX];

    const { code } = await converse([...args, '--without-bigip'], folder, [
      ['Go on without etcd?', `y${ENTER}`],
      ["Which of etcd's stores does flanneld read?", ENTER],
      ['Name of the site:', `a${ENTER}`],
      ['Network of all pods:', INTERRUPT],
    ]);

    expect(code).toBe(130);
  });
});

describe('init at a terminal, with TLS', () => {
  it('asks for files that can be read and belong together', async () => {
    const folder = temporaryFolder({ 'note.txt': 'no certificate' });
    const terminal = await converse(['init', '--endpoints', 'https://127.0.0.1:1'], folder, [
      ["PEM file of etcd's CA", `missing.pem${ENTER}`],
      ['missing.pem is not there', `\u0015note.txt${ENTER}`],
      ['note.txt is no PEM file, so it cannot be the CA', `\u0015${ENTER}`],
      ['PEM file of the client certificate (Enter: none):', `missing.crt${ENTER}`],
      ['missing.crt is not there', `\u0015${ENTER}`],
      ["flannel's prefix in etcd:", INTERRUPT],
    ]);

    expect([terminal.code, readdirSync(folder)]).toEqual([130, ['note.txt']]);
  });
});
