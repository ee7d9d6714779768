import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annotationsOf } from '../../src/model/annotations.ts';
import {
  COMMAND,
  type RunOptions,
  run as runTool,
  start,
  temporaryFolder,
} from '../support/cli.ts';
import { cleanEnvironment } from '../support/etcd.ts';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import type { NodeObject } from '../support/kubernetes/node-store.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';
import { freePorts } from '../support/ports.ts';
import { LEASE_VALUE, nodeLease, PREFIX, SITE } from '../support/sites.ts';
import { until } from '../support/wait.ts';

const macOf = (n: number) =>
  `5a:7d:2e:91:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
const ipOf = (n: number) => `10.1.${10 + (n >> 8)}.${n & 255}`;
const OWN = { 'node.alpha.kubernetes.io/ttl': '0' };
const wanted = (n: number) => ({ ...OWN, ...annotationsOf(ipOf(n), macOf(n)) });

/** The embedded store with leases of nodes and of the BIG-IP. */
function storeOf(nodes: readonly number[]): string {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const lease = (n: number) => [
    `${PREFIX}/subnets/10.244.${n & 255}.${(n >> 8) * 64}-26`,
    { value: nodeLease(ipOf(n), macOf(n)), revision: 1, expires },
  ];
  return JSON.stringify({
    flannelBigipStore: 1,
    revision: 1,
    keys: {
      [`${PREFIX}/config`]: {
        value: '{"Network":"10.244.0.0/16","SubnetLen":26,"Backend":{"Type":"vxlan"}}',
        revision: 1,
      },
      [`${PREFIX}/subnets/10.244.100.0-24`]: { value: LEASE_VALUE, revision: 1 },
      ...Object.fromEntries(nodes.map(lease)),
    },
  });
}

let api: ApiServer;
let folder: string;
const begin = async (nodes: readonly NodeObject[], leases: readonly number[], site = SITE) => {
  api = await startApiServer(nodes);
  folder = temporaryFolder({ 'flannel-bigip.yaml': site, 'etcd.json': storeOf(leases) });
};
const argsFor = (user: string, args: readonly string[]) => {
  const etcd = args.includes('--remove') ? [] : ['--endpoints', 'file:etcd.json'];
  return ['annotate', ...args, ...etcd, '--kubeconfig', api.kubeconfig(user)];
};
const annotate = (user: string, ...args: string[]) => run(argsFor(user, args));
const run = (args: readonly string[], options: RunOptions = {}) =>
  runTool(args, { cwd: folder, ...options });
const annotations = () =>
  Object.fromEntries(api.store.all().map(({ metadata }) => [metadata.name, metadata.annotations]));
const verbs = () =>
  api.requests.map(({ verb, name }) => (name === null ? verb : `${verb} ${name}`));

afterEach(() => api.stop());

describe('annotate', () => {
  beforeEach(() => begin([nodeObject(21), nodeObject(22)], [21, 22]));

  it('shows what it would do, does it, and finds nothing to do then', async () => {
    const dry = await annotate('annotator', '--dry-run');
    const check = await annotate('annotator', '--check');
    const untouched = annotations();
    const done = await annotate('annotator', '--yes');
    const again = await annotate('annotator', '--yes');
    const checked = await annotate('reader', '--check');

    expect([dry, check, done, again, checked].map(({ code }) => code)).toEqual([0, 2, 0, 0, 0]);
    expect(untouched).toEqual({ 'node-21': OWN, 'node-22': OWN });
    expect(annotations()).toEqual({ 'node-21': wanted(21), 'node-22': wanted(22) });
    expect(dry.stdout).toBe(
      `Nodes of the cluster at ${api.url}

NODE     PUBLIC IP   MAC NOW  MAC WANTED         CHANGES
node-21  10.1.10.21  -        5a:7d:2e:91:00:15  all four annotations
node-22  10.1.10.22  -        5a:7d:2e:91:00:16  all four annotations

2 of 2 nodes to change, 0 right already

Dry run: nothing was written.
`,
    );
    expect(done.stdout).toContain('\nAnnotated: 2 nodes.\n');
    expect(again.stdout).toContain('0 of 2 nodes to change, 2 right already');
    expect(verbs().filter((verb) => verb.startsWith('patch'))).toEqual([
      'patch node-21',
      'patch node-22',
    ]);
  });

  it('writes what is not right and nothing else, and keeps what it replaces', async () => {
    const own = {
      ...wanted(21),
      'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"aa:aa:aa:aa:aa:aa"}',
      'flannel.alpha.coreos.com/mine': 'x',
    };
    api.store.update(nodeObject(21, { annotations: own }));
    api.store.update(nodeObject(22, { annotations: wanted(22) }));

    const { code, stdout } = await annotate('annotator', '--yes', '-o', 'json');

    const report = JSON.parse(stdout);
    const change = {
      annotation: 'flannel.alpha.coreos.com/backend-data',
      before: '{"VNI":1,"VtepMAC":"aa:aa:aa:aa:aa:aa"}',
      after: '{"VtepMAC":"5a:7d:2e:91:00:15"}',
    };
    expect(code).toBe(0);
    expect(report).toEqual({
      server: api.url,
      outcome: 'applied',
      backup: expect.stringMatching(/nodes-.*\.json$/),
      nodes: [
        {
          name: 'node-21',
          publicIP: '10.1.10.21',
          lease: '10.244.21.0-26',
          macNow: 'aa:aa:aa:aa:aa:aa',
          macWanted: macOf(21),
          changes: [change],
          status: 'done',
        },
        {
          name: 'node-22',
          publicIP: '10.1.10.22',
          lease: '10.244.22.0-26',
          macNow: macOf(22),
          macWanted: macOf(22),
          changes: [],
          status: 'right',
        },
      ],
      problems: [expect.objectContaining({ rule: 'stale-arp-entry', node: 'node-21' })],
    });
    expect(annotations()['node-21']).toEqual({
      ...wanted(21),
      'flannel.alpha.coreos.com/mine': 'x',
    });
    expect(JSON.parse(readFileSync(report.backup, 'utf8'))).toMatchObject({
      kind: 'NodeAnnotations',
      nodes: [{ name: 'node-21', annotations: { [change.annotation]: change.before } }],
    });
    expect(statSync(report.backup).mode & 0o777).toBe(0o600);
  });

  it('names Nodes without a lease and leases without a Node, and does the rest', async () => {
    await api.stop();
    await begin([nodeObject(21), nodeObject(23)], [21, 22]);

    const { code, stdout } = await annotate('annotator', '--yes');
    const check = await annotate('reader', '--check');

    expect([code, check.code]).toEqual([0, 2]);
    expect(stdout).toContain(
      'node-23 has no subnet lease, so it gets no annotations: CIS writes no ARP entry for any node',
    );
    expect(stdout).toContain(
      'the lease 10.244.22.0-26 of 10.1.10.22 belongs to no Node: CIS makes no FDB record',
    );
    expect(stdout).toContain('1 of 1 nodes to change, 0 right already, 1 more without a lease');
    expect(annotations()).toEqual({ 'node-21': wanted(21), 'node-23': OWN });
  });

  it('leaves out Nodes that run no flannel, and takes the site file’s word for others', async () => {
    await api.stop();
    const site = `${SITE}kubernetes:\n  ignoreNodes: edge\n  nodes: { node-24: 10.1.10.22 }\n`;
    await begin(
      [nodeObject(21), nodeObject(23, { labels: { edge: '' } }), nodeObject(24)],
      [21, 22],
      site,
    );

    const { code } = await annotate('annotator', '--yes');
    const check = await annotate('reader', '--check');

    expect([code, check.code]).toEqual([0, 0]);
    expect(annotations()).toEqual({
      'node-21': wanted(21),
      'node-23': OWN,
      'node-24': { ...OWN, ...annotationsOf('10.1.10.22', macOf(22)) },
    });
  });

  it('writes nothing at all when two Nodes have one public IP', async () => {
    const twin = nodeObject(23);
    api.store.create({
      ...twin,
      status: { addresses: [{ type: 'InternalIP', address: '10.1.10.21' }] },
    });

    const { code, stdout, stderr } = await annotate('annotator', '--yes', '-o', 'json');

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: refused, nothing was changed: node-21 and node-23 have one public IP, 10\.1\.10\.21/,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'refused',
      problems: [{ rule: 'public-ip-shared' }],
    });
    expect(verbs()).toEqual(['list']);
  });

  it('takes the annotations off again: of named Nodes, or of all', async () => {
    await annotate('annotator', '--yes');

    const one = await annotate('annotator', 'node-21', '--remove', '--yes');
    const afterOne = annotations();
    const all = await annotate('annotator', '--remove', '--yes');
    const again = await annotate('annotator', '--remove', '--yes');

    expect([one.code, all.code, again.code]).toEqual([0, 0, 0]);
    expect(afterOne).toEqual({ 'node-21': OWN, 'node-22': wanted(22) });
    expect(annotations()).toEqual({ 'node-21': OWN, 'node-22': OWN });
    expect(all.stdout).toContain('Cleared: 1 node.');
  });

  it('asks before it writes, and says what is missing where nobody can be asked', async () => {
    const { code, stderr } = await annotate('annotator');

    expect(code).toBe(64);
    expect(stderr).toContain('nobody can be asked here. Pass --yes');
    expect(annotations()).toEqual({ 'node-21': OWN, 'node-22': OWN });
  });

  it.each([
    [['--node', 'a', '--self'], '--node and --self name a Node each'],
    [['a', '--self'], 'Nodes are named twice'],
    [['--check', '--yes'], '--check changes nothing, and --yes is about changes'],
    [['--context', 'other'], 'the kubeconfig has no context "other". Its contexts are test'],
  ])('is told apart from wrong usage: %j', async (args, message) => {
    const { code, stderr } = await annotate('annotator', ...args);
    expect(code).toBe(64);
    expect(stderr).toContain(`error: ${message}`);
  });
});

describe('annotate of one Node', () => {
  const me = hostname().toLowerCase();
  beforeEach(() =>
    begin([nodeObject(21), nodeObject(22), nodeObject(23, { name: me })], [21, 22, 23]),
  );

  it.each([
    ['by name', ['--node', 'node-21'], 'node-21', 21],
    ['as this host', ['--self'], me, 23],
    ['by what its certificate says', ['--self'], 'node-22', 22],
  ])(
    '%s does with the credentials of its kubelet: one GET, one PATCH',
    async (_, args, name, n) => {
      const { code, stderr } = await annotate(`system:node:${name}`, ...args, '--yes');

      expect([code, stderr]).toEqual([0, '']);
      expect(verbs()).toEqual([`get ${name}`, `patch ${name}`]);
      expect(annotations()[name]).toEqual(wanted(n));
    },
  );

  it('is refused to the kubelet of another', async () => {
    const other = await annotate('system:node:node-22', '--node', 'node-21', '--yes');
    const all = await annotate('system:node:node-22', '--yes');

    expect([other.code, all.code]).toEqual([1, 1]);
    expect(other.stderr).toMatch(
      /^error: the API server at \S+ forbids it: nodes "node-21" is forbidden: .*\(get node node-21\)/,
    );
    expect(all.stderr).toContain('those of a kubelet reach its own Node with --node only');
    expect(annotations()['node-21']).toEqual(OWN);
  });

  it('says which Node was meant by a name that there is not', async () => {
    const { code, stderr } = await annotate('annotator', 'nod-21', '--yes');

    expect([code, stderr]).toEqual([1, 'error: there is no Node nod-21. Did you mean node-21?\n']);
  });

  it('says when there is no such Node', async () => {
    const { code, stderr } = await annotate('annotator', '--node', 'nobody', '--yes');

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: there is no Node nobody\. Check its name/);
  });
});

describe('annotate, when the API server has trouble', () => {
  beforeEach(() =>
    begin(
      [21, 22, 23].map((n) => nodeObject(n)),
      [21, 22, 23],
    ),
  );

  it('comes back as late as it is told to', async () => {
    api.fail({ verb: 'list', times: 1, answer: 429, retryAfter: 1 });
    api.fail({ verb: 'patch', times: 3, answer: 503 });
    const began = performance.now();

    const { code } = await annotate('annotator', '--yes');

    expect(code).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(1_000);
    expect(Object.keys(annotations()['node-22'] ?? {})).toHaveLength(5);
  });

  it('gives up within the timeout', async () => {
    api.fail({ verb: 'list', times: 1000, answer: 503 });
    const { code, stderr } = await annotate('annotator', '--yes', '--timeout', '1s');

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: the API server at \S+ has an error of its own, HTTP 503: injected \(list nodes\)\. Try again\n$/,
    );
  });

  it('reads a Node again that its kubelet has written meanwhile, and leaves one that somebody annotated', async () => {
    let once = true;
    api.before(({ verb, name }) => {
      if (verb !== 'patch' || !once) return;
      once = false;
      const kubelet = api.store.get('node-21');
      api.store.update({ ...kubelet, status: { ...(kubelet['status'] as object), phase: 'x' } });
      api.store.update(
        nodeObject(22, {
          annotations: { ...OWN, ...annotationsOf('10.1.10.22', '02:00:00:00:00:01') },
        }),
      );
      api.store.remove('node-23');
      void name;
    });

    const { code, stderr } = await annotate('annotator', '--yes');

    expect(code).toBe(1);
    expect(stderr).toBe(
      'error: 1 of 3 nodes are done: node-22: changed by somebody else meanwhile, nothing of theirs was overwritten; node-23: gone meanwhile. Run the same command again to go on\n',
    );
    expect(annotations()).toEqual({
      'node-21': wanted(21),
      'node-22': { ...OWN, ...annotationsOf('10.1.10.22', '02:00:00:00:00:01') },
    });
  });

  it('finds its own patch when the answer was lost', async () => {
    api.fail({ verb: 'patch', name: 'node-21', times: 1, answer: 'reset', afterwards: true });

    const first = await annotate('annotator', '--yes');
    const second = await annotate('annotator', '--yes');

    expect([first.code, second.code]).toEqual([1, 0]);
    expect(first.stderr).toMatch(
      /2 of 3 nodes are done: node-21: the API server at \S+ closed the connection/,
    );
    expect(annotations()['node-21']).toEqual(wanted(21));
  });

  it('lists anew when the list was forgotten between two pages', async () => {
    await api.stop();
    const all = Array.from({ length: 600 }, (_, n) => n + 1);
    await begin(
      all.map((n) => nodeObject(n)),
      all,
    );
    let pages = 0;
    api.before(({ verb }) => {
      if (verb === 'list' && ++pages === 2) api.store.compact();
    });

    const { code, stdout } = await annotate('reader', '--check', '-o', 'json');

    expect(code).toBe(2);
    expect(JSON.parse(stdout).nodes).toHaveLength(600);
    expect(pages).toBe(4);
  });

  it.each([
    [
      'is not there',
      () => freePorts(1).then(([port]) => api.url.replace(/\d+$/, String(port))),
      'refuses the connection: nothing listens there',
    ],
    [
      'is at a host that nobody knows',
      async () => 'https://api.invalid:6443',
      'is at a host that is not known',
    ],
    ['speaks no TLS', async () => 'https://127.0.0.1:1', 'refuses the connection'],
  ])('says that it %s', async (_, server, message) => {
    const file = api.kubeconfig('admin');
    const elsewhere = readFileSync(file, 'utf8').replaceAll(api.url, await server());
    const cwd = temporaryFolder({ 'etcd.json': storeOf([21]), kubeconfig: elsewhere });
    const args = [
      'annotate',
      '--yes',
      '--endpoints',
      'file:etcd.json',
      '--kubeconfig',
      'kubeconfig',
    ];
    const { code, stderr } = await run(args, { cwd });

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: the API server at \S+ /);
    expect(stderr).toContain(message);
  });

  it('says that the credentials are no good, without showing them', async () => {
    const file = api.kubeconfig('annotator');
    const [token = ''] = /token-annotator-[\w-]+/.exec(readFileSync(file, 'utf8')) ?? [];
    const cwd = temporaryFolder({
      'etcd.json': storeOf([21]),
      kubeconfig: readFileSync(file, 'utf8').replace(token, `${token}-wrong`),
    });
    const args = [
      'annotate',
      '--yes',
      '--endpoints',
      'file:etcd.json',
      '--kubeconfig',
      'kubeconfig',
      '--verbose',
    ];
    const { code, stderr } = await run(args, { cwd });

    expect(code).toBe(1);
    expect(stderr).toContain('does not know this user');
    expect(stderr).not.toContain(token);
  });

  it.each([
    ['not there', 'nowhere', 1, 'the kubeconfig'],
    ['none', 'etcd.json', 3, 'the kubeconfig names no cluster to talk to'],
    ['no YAML', 'broken', 3, 'is no kubeconfig that can be read'],
  ])('says that the kubeconfig is %s', async (_, file, exit, message) => {
    const cwd = temporaryFolder({ 'etcd.json': storeOf([21]), broken: 'a: [b\ntoken: secret' });
    const { code, stderr } = await run(
      ['annotate', '--verbose', '--check', '--kubeconfig', file, '--endpoints', 'file:etcd.json'],
      { cwd },
    );

    expect(code).toBe(exit);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('secret');
  });
});

describe('annotate, killed between two patches', () => {
  it('leaves whole annotations, and goes on from there', async () => {
    const all = [21, 22, 23, 24];
    await begin(
      all.map((n) => nodeObject(n)),
      all,
    );
    const running = start(argsFor('annotator', ['--yes']), { cwd: folder });
    let patches = 0;
    api.before(async ({ verb }) => {
      if (verb !== 'patch' || ++patches < 3) return;
      running.child.kill('SIGKILL');
      await running.result;
    });
    const { signal } = await running.result;
    await until('every request to be answered', () => patches >= 3);
    api.before(null);
    const between = Object.values(annotations());

    const { code } = await annotate('annotator', '--yes');

    expect([signal, code]).toEqual(['SIGKILL', 0]);
    for (const [i, one] of between.entries())
      expect([OWN, wanted(all[i] ?? 0)]).toContainEqual(one);
    expect(annotations()).toEqual(Object.fromEntries(all.map((n) => [`node-${n}`, wanted(n)])));
  });
});

describe('annotate of a large cluster', () => {
  it('reads 1,000 Nodes in pages and patches each once', async () => {
    const all = Array.from({ length: 1_000 }, (_, n) => n + 1);
    await begin(
      all.map((n) => nodeObject(n)),
      all,
    );

    const { code, stdout } = await annotate('annotator', '--yes');

    expect([code, stdout.split('\n').at(-2)]).toEqual([0, 'Annotated: 1000 nodes.']);
    expect(api.store.get('node-999').metadata.annotations).toEqual(wanted(999));
    expect(api.requests.filter(({ verb }) => verb === 'list')).toHaveLength(2);
    expect(api.requests.filter(({ verb }) => verb === 'patch')).toHaveLength(1_000);
  });
});

describe('the scope of diff and apply', () => {
  const at = (...args: string[]) => [
    ...args,
    '--endpoints',
    'file:etcd.json',
    '--kubeconfig',
    api.kubeconfig('annotator'),
  ];
  const config = 'SubnetMin';
  beforeEach(() =>
    begin(
      [nodeObject(21), nodeObject(22)],
      [21, 22],
      SITE.replace('SubnetLen: 24', 'SubnetLen: 26'),
    ),
  );

  it('takes in the Nodes: one plan, one question, etcd first', async () => {
    const all = await run(at('diff', '--scope', 'all'));
    const alone = await run(at('diff'));
    const applied = await run(
      at('apply', '--scope', 'etcd,nodes', '--confirm', 'site-a', '-o', 'json'),
    );
    const again = await run(at('diff', '--scope', 'all', '-o', 'json'));

    expect([all.code, alone.code, applied.code, again.code]).toEqual([2, 2, 0, 0]);
    expect(all.stdout).toContain(config);
    expect(all.stdout).toContain('2 of 2 nodes to change, 0 right already');
    expect(alone.stdout).not.toContain('nodes to change');
    const report = JSON.parse(applied.stdout);
    expect(report).toMatchObject({ outcome: 'applied', nodes: { server: api.url, problems: [] } });
    expect(report.nodes.nodes.map(({ status }: { status: string }) => status)).toEqual([
      'done',
      'done',
    ]);
    expect(annotations()).toEqual({ 'node-21': wanted(21), 'node-22': wanted(22) });
    expect(JSON.parse(again.stdout)).toMatchObject({
      inSync: true,
      nodes: { nodes: [{ status: 'right' }, { status: 'right' }] },
    });
  });

  it('may be the Nodes alone, and leaves etcd as it is', async () => {
    const before = readFileSync(`${folder}/etcd.json`, 'utf8');
    const applied = await run(at('apply', '--scope', 'nodes', '--yes'));

    expect(applied.code).toBe(0);
    expect(applied.stdout).toContain('Annotated: 2 nodes.');
    expect(readFileSync(`${folder}/etcd.json`, 'utf8')).toBe(before);
  });

  it('writes nothing when the Nodes forbid it, and says what is left when they fail', async () => {
    const before = readFileSync(`${folder}/etcd.json`, 'utf8');
    api.store.create({
      ...nodeObject(23),
      status: { addresses: [{ type: 'InternalIP', address: '10.1.10.21' }] },
    });
    const refused = await run(at('apply', '--scope', 'all', '--confirm', 'site-a'));
    const untouched = readFileSync(`${folder}/etcd.json`, 'utf8');
    api.store.remove('node-23');
    api.fail({ verb: 'patch', name: 'node-22', times: 1, answer: 403 });
    const partly = await run(at('apply', '--scope', 'all', '--confirm', 'site-a', '-o', 'json'));

    expect([refused.code, partly.code]).toEqual([1, 1]);
    expect(refused.stderr).toContain('node-21 and node-23 have one public IP');
    expect(untouched).toBe(before);
    expect(partly.stderr).toContain('1 of 2 nodes are done: node-22: the API server');
    expect(JSON.parse(partly.stdout).outcome).toBe('partial');
  });

  it.each([
    [['diff', '--scope', 'bigips'], '--scope bigips is none of etcd, nodes, bigip, all'],
    [['diff', '--scope', 'all', '--save', 'p.json'], '--save keeps a plan for etcd alone'],
    [
      ['apply', '--plan', 'p.json', '--scope', 'nodes'],
      '--scope is nothing for a plan that is made already',
    ],
  ])('is told apart from wrong usage: %j', async (args, message) => {
    const { code, stderr } = await run(at(...args));
    expect(code).toBe(64);
    expect(stderr).toContain(message);
  });
});

describe('annotate in a pod', () => {
  it("uses the pod's service account where no kubeconfig is named", async () => {
    await begin([nodeObject(21)], [21]);
    const config = JSON.parse(readFileSync(api.kubeconfig('annotator'), 'utf8'));
    const account = temporaryFolder({
      token: config.users[0].user.token,
      'ca.crt': readFileSync(config.clusters[0].cluster['certificate-authority'], 'utf8'),
      namespace: 'kube-system',
    });
    const place = '/run/secrets/kubernetes.io/serviceaccount';
    const script = `mount -t tmpfs tmpfs /run && mkdir -p ${place} && mount --bind ${account} ${place} && exec "$@"`;
    const { hostname: host, port } = new URL(api.url);
    const child = spawn(
      'unshare',
      [
        '-m',
        'sh',
        '-c',
        script,
        'sh',
        ...COMMAND,
        'annotate',
        '--yes',
        '--endpoints',
        'file:etcd.json',
      ],
      {
        cwd: folder,
        env: {
          ...cleanEnvironment(),
          HOME: folder,
          KUBERNETES_SERVICE_HOST: host,
          KUBERNETES_SERVICE_PORT: port,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    const code = await new Promise((done) => child.once('close', done));

    expect(code).toBe(0);
    expect(annotations()).toEqual({ 'node-21': wanted(21) });
  });
});
