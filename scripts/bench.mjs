// Times whole commands and prints ratios, all measured in this one run: the machine's own speed
// drops out. Nothing is asserted. `node scripts/bench.mjs --runs 15` for calmer figures.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { benchNodes } from './bench-nodes.mjs';
import { root } from './root.mjs';

const program = path.join(root, 'bin/flannel-bigip.js');
const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-bench-'));
const runs = Number(process.argv[process.argv.indexOf('--runs') + 1]) || 9;
const PREFIX = '/coreos.com/network';
/** Leases of nodes at which everything that reads them all is measured. */
const SIZES = [1_000, 5_000, 20_000];
const LOOP_SAMPLE = 100;
/** Leases of a small cluster. */
const SMALL = 10;

const site = path.join(root, 'examples/site.yaml');
const node0 = ['node', '-e', '0'];
const ours = (...args) => ['node', program, ...args];
const standalone = (...args) => [path.join(root, 'dist/flannel-bigip'), ...args];

/** Seconds that one run takes, or an error when it fails. */
function once([command, ...args], env = {}, allowed = [0]) {
  const began = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    env: { ...process.env, ETCDCTL_API: '3', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 28,
  });
  if (error || !allowed.includes(status))
    throw new Error(`${command} ${args.join(' ')}: ${error ?? stderr}`);
  return Number(process.hrtime.bigint() - began) / 1e9;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Median seconds of two commands run in turn, so that a drift of the machine hits both. */
function inTurn(a, b, { times = runs, allowed = [0] } = {}) {
  const pair = () => [once(a, {}, allowed), once(b)];
  pair();
  const pairs = Array.from({ length: times }, pair);
  return [median(pairs.map(([first]) => first)), median(pairs.map(([, second]) => second))];
}

const rows = [];
function row(what, reference, [a, b], bound, { better = 'at most', memory = '' } = {}) {
  const ratio = better === 'at most' ? a / b : b / a;
  const ms = (seconds) => `${(seconds * 1000).toFixed(0)} ms`;
  rows.push([
    what,
    ms(a),
    reference,
    ms(b),
    `${ratio.toFixed(ratio < 20 ? 2 : 0)} x`,
    bound === null ? '' : `${better} ${bound} x`,
    memory,
  ]);
}

/** What a row said of ours, in seconds. */
const secondsOf = (what) => Number.parseFloat(rows.find(([name]) => name === what)[1]) / 1000;

function printRows() {
  const header = ['what', 'ours', 'reference', '', 'ratio', 'bound', 'memory'];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((r) => r[i].length)));
  for (const cells of [header, ...rows]) {
    console.log(
      cells
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    );
  }
}

async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function startEtcd() {
  const [client, peer] = [await freePort(), await freePort()];
  const endpoint = `http://127.0.0.1:${client}`;
  const child = spawn(
    'etcd',
    [
      `--data-dir=${path.join(folder, 'etcd')}`,
      `--listen-client-urls=${endpoint}`,
      `--advertise-client-urls=${endpoint}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      '--unsafe-no-fsync',
    ],
    { stdio: 'ignore' },
  );
  for (let i = 0; i < 200; i++) {
    const health = await fetch(`${endpoint}/health`).catch(() => null);
    if (health?.ok) return { endpoint, child };
    await pause(50);
  }
  throw new Error('etcd did not start');
}

/** Leases of nodes from one number to another, each attached to an etcd lease as flanneld does it. */
async function fill(endpoint, from, to) {
  const client = new Etcd3({ hosts: endpoint });
  await client.put(`${PREFIX}/config`).value(JSON.stringify(NETWORK));
  const hex = (byte) => byte.toString(16).padStart(2, '0');
  const numbers = Array.from({ length: to - from }, (_, i) => from + i).values();
  const worker = async () => {
    for (const i of numbers) {
      const { ID } = await client.leaseClient.leaseGrant({ TTL: 86_400 });
      const value = {
        PublicIP: `172.16.${i >> 8}.${i & 255}`,
        PublicIPv6: null,
        BackendType: 'vxlan',
        BackendData: { VNI: 1, VtepMAC: `02:00:00:00:${hex(i >> 8)}:${hex(i & 255)}` },
      };
      await client
        .put(`${PREFIX}/subnets/10.${16 + (i >> 8)}.${i & 255}.0-24`)
        .lease(ID)
        .value(JSON.stringify(value));
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  client.close();
}

const NETWORK = {
  Network: '10.0.0.0/8',
  SubnetLen: 24,
  SubnetMin: '10.16.0.0',
  SubnetMax: '10.200.0.0',
  Backend: { Type: 'vxlan' },
};

/** A site that is what `fill` writes, with a BIG-IP beside it. */
function siteAt(endpoint) {
  const file = path.join(folder, 'scale.json');
  const bigip = {
    name: 'bigip-1',
    subnet: '10.201.0.0/24',
    publicIP: '192.168.7.245',
    vtepMAC: '00:0c:29:2e:db:2e',
  };
  const document = {
    apiVersion: 'flannel-bigip/v1',
    kind: 'Site',
    name: 'bench',
    etcd: { endpoints: [endpoint], api: 'v3' },
    network: NETWORK,
    bigips: [bigip],
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** What people do today: one etcdctl and one jq a lease. */
const SHELL_LOOP = `
etcdctl get --prefix ${PREFIX}/subnets/ --keys-only --limit ${LOOP_SAMPLE} | grep . | while read -r key; do
  etcdctl get --print-value-only "$key" | jq -r '[.PublicIP, .BackendData.VtepMAC] | @tsv'
done`;

/** Says at its end how much memory it had taken at most, in kB. */
const TELL_MEMORY =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\npeak "+process.resourceUsage().maxRSS))';

/** Peak megabytes of one run. */
function peakOf([, ...args]) {
  const { stderr } = spawnSync('node', ['--import', TELL_MEMORY, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return `${(Number(/peak (\d+)/.exec(stderr)[1]) / 1024).toFixed(0)} MB`;
}

/** What reads every lease, at each size. A difference or a finding (2), and no apply before (doctor), is no failure here. */
async function scale(endpoint) {
  const file = siteAt(endpoint);
  const commands = {
    list: ours('list', '--etcd-api', 'v3', '--endpoints', endpoint),
    diff: ours('diff', '-f', file),
    doctor: ours('doctor', '-f', file, '--scope', 'etcd'),
  };
  let filled = SMALL;
  for (const size of SIZES) {
    await fill(endpoint, filled, size);
    filled = size;
    for (const [name, command] of Object.entries(commands)) {
      const times = inTurn(command, node0, { times: Math.min(runs, 7), allowed: [0, 2] });
      const bound = size === 20_000 ? 8 : name === 'list' && size === 5_000 ? 4 : null;
      row(`${name}, ${size} leases (v3)`, 'node -e 0', times, bound, { memory: peakOf(command) });
    }
  }
}

/** Seconds and peak megabytes of a report on so many files, every second of them invalid. */
function reportOn(count) {
  const target = path.join(folder, `report-${count}`);
  mkdirSync(target);
  const text = readFileSync(site, 'utf8');
  const wide = text.replace(/SubnetMax: \S+/, 'SubnetMax: 10.244.255.0');
  for (let n = 0; n < count; n++) {
    writeFileSync(path.join(target, `site-${n}.yaml`), n % 2 === 0 ? text : wide);
  }
  const began = process.hrtime.bigint();
  const args = ['--import', TELL_MEMORY, program, 'validate', '-r', target, '-o', 'sarif'];
  const { stderr } = spawnSync('node', args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { seconds, megabytes: Number(/peak (\d+)/.exec(stderr)[1]) / 1024 };
}

/** A row that has its bound in itself, not in another command. */
function fact(what, ours, bound, memory = '') {
  rows.push([what, ours, '', '', '', bound, memory]);
}

/** Files a second, and that memory does not grow with them. */
function addFlatness() {
  const what = (count) => `validate -r -o sarif, ${count} files, half of them invalid`;
  const memory = ({ megabytes }) => `${megabytes.toFixed(0)} MB`;
  const [few, many] = [reportOn(1_000), reportOn(10_000)];
  fact(what(1_000), `${few.seconds.toFixed(2)} s`, '', memory(few));
  const rate = Math.round(10_000 / many.seconds);
  fact(what(10_000), `${rate} a second`, 'at least 1500 a second', memory(many));
}

const manyFiles = Array.from({ length: 1000 }, (_, i) => path.join(folder, `site-${i}.yaml`));
for (const file of manyFiles) writeFileSync(file, readFileSync(site));

let etcd;
try {
  for (const args of [['--help'], ['--version'], ['validate', site]]) {
    row(args[0], 'node -e 0', inTurn(ours(...args), node0), 1.8);
  }
  row(
    'validate, 1,000 files',
    'validate, one file',
    inTurn(ours('validate', ...manyFiles), ours('validate', site)),
    6,
  );
  row(
    'executable: --version',
    'etcdctl version',
    inTurn(standalone('--version'), ['etcdctl', 'version']),
    3,
  );
  row('executable: validate', 'node -e 0', inTurn(standalone('validate', site), node0), 1);

  etcd = await startEtcd();
  const { endpoint } = etcd;
  await fill(endpoint, 0, SMALL);
  const listed = ['list', '--etcd-api', 'v3', '--endpoints', endpoint];
  const get = ['etcdctl', `--endpoints=${endpoint}`, 'get', '--prefix', PREFIX];
  row(
    `executable: list, ${SMALL} leases (v3)`,
    'etcdctl get --prefix',
    inTurn(standalone(...listed), get),
    5,
  );
  row(`list, ${SMALL} leases (v3)`, 'node -e 0', inTurn(ours(...listed), node0), 3);
  const diffed = ours('diff', '-f', siteAt(endpoint));
  row(`diff, ${SMALL} leases (v3)`, 'node -e 0', inTurn(diffed, node0, { allowed: [2] }), 3);
  await scale(endpoint);
  const sample = once(['sh', '-c', SHELL_LOOP], { ETCDCTL_ENDPOINTS: endpoint });
  row(
    'list, 5000 leases (v3)',
    `etcdctl and jq a lease (${LOOP_SAMPLE}, scaled)`,
    [secondsOf('list, 5000 leases (v3)'), (sample / LOOP_SAMPLE) * 5_000],
    100,
    { better: 'at least' },
  );
  addFlatness();
  await benchNodes({ root, folder, program, endpoint, row, fact });
  printRows();
} finally {
  etcd?.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
