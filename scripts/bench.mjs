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

const root = new URL('..', import.meta.url).pathname;
const program = path.join(root, 'bin/flannel-bigip.js');
const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-bench-'));
const runs = Number(process.argv[process.argv.indexOf('--runs') + 1]) || 9;
const PREFIX = '/coreos.com/network';
const LEASES = 5000;
const LOOP_SAMPLE = 100;

const site = path.join(root, 'examples/site.yaml');
const node0 = ['node', '-e', '0'];
const ours = (...args) => ['node', program, ...args];

/** Seconds that one run takes, or an error when it fails. */
function once([command, ...args], env = {}) {
  const began = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 28,
  });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? stderr}`);
  return Number(process.hrtime.bigint() - began) / 1e9;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Median seconds of two commands run in turn, so that a drift of the machine hits both. */
function inTurn(a, b, times = runs) {
  once(a);
  once(b);
  const pairs = Array.from({ length: times }, () => [once(a), once(b)]);
  return [median(pairs.map(([first]) => first)), median(pairs.map(([, second]) => second))];
}

const rows = [];
function row(what, reference, [a, b], bound, better = 'at most') {
  const ratio = better === 'at most' ? a / b : b / a;
  const ms = (seconds) => `${(seconds * 1000).toFixed(0)} ms`;
  rows.push([
    what,
    ms(a),
    reference,
    ms(b),
    `${ratio.toFixed(ratio < 20 ? 2 : 0)} x`,
    `${better} ${bound} x`,
  ]);
}

function printRows() {
  const header = ['what', 'ours', 'reference', '', 'ratio', 'bound'];
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

/** A config and as many leases of nodes, each attached to an etcd lease as flanneld does it. */
async function fill(endpoint) {
  const client = new Etcd3({ hosts: endpoint });
  const config = '{"Network":"10.0.0.0/8","SubnetLen":24,"Backend":{"Type":"vxlan"}}';
  await client.put(`${PREFIX}/config`).value(config);
  const numbers = Array.from({ length: LEASES }, (_, i) => i).values();
  const worker = async () => {
    for (const i of numbers) {
      const { ID } = await client.leaseClient.leaseGrant({ TTL: 86_400 });
      const value = {
        PublicIP: `172.16.${i >> 8}.${i & 255}`,
        PublicIPv6: null,
        BackendType: 'vxlan',
        BackendData: {
          VNI: 1,
          VtepMAC: `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`,
        },
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

/** What people do today: one etcdctl and one jq a lease. */
const SHELL_LOOP = `
etcdctl get --prefix ${PREFIX}/subnets/ --keys-only --limit ${LOOP_SAMPLE} | grep . | while read -r key; do
  etcdctl get --print-value-only "$key" | jq -r '[.PublicIP, .BackendData.VtepMAC] | @tsv'
done`;

/** Says at its end how much memory it had taken at most, in MB. */
const TELL_MEMORY =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\npeak "+process.resourceUsage().maxRSS))';

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

/** Files a second, and that memory does not grow with them. */
function printFlatness() {
  const [few, many] = [reportOn(1_000), reportOn(10_000)];
  const rate = Math.round(10_000 / many.seconds);
  const memory = (one) => `${one.megabytes.toFixed(0)} MB`;
  console.log(
    `\nvalidate -r -o sarif, 10,000 files, half of them invalid: ${rate} a second (at least 1,500), ` +
      `${memory(many)} at most, with 1,000 files ${memory(few)}`,
  );
}

const manyFiles = Array.from({ length: 1000 }, (_, i) => path.join(folder, `site-${i}.yaml`));
for (const file of manyFiles) writeFileSync(file, readFileSync(site));

let etcd;
try {
  row('--help', 'node -e 0', inTurn(ours('--help'), node0), 2.2);
  row('validate, one file', 'node -e 0', inTurn(ours('validate', site), node0), 2.2);
  row(
    'validate, 1,000 files',
    'validate, one file',
    inTurn(ours('validate', ...manyFiles), ours('validate', site)),
    6,
  );
  etcd = await startEtcd();
  await fill(etcd.endpoint);
  const list = ours('list', '--etcd-api', 'v3', '--endpoints', etcd.endpoint);
  const [listTime, nodeTime] = inTurn(list, node0);
  row(`list, ${LEASES} leases (v3)`, 'node -e 0', [listTime, nodeTime], 5);
  const sample = once(['sh', '-c', SHELL_LOOP], {
    ETCDCTL_API: '3',
    ETCDCTL_ENDPOINTS: etcd.endpoint,
  });
  row(
    `list, ${LEASES} leases (v3)`,
    `etcdctl and jq a lease (${LOOP_SAMPLE}, scaled)`,
    [listTime, (sample / LOOP_SAMPLE) * LEASES],
    100,
    'at least',
  );
  printRows();
  printFlatness();
  await benchNodes({ root, folder, program, endpoint: etcd.endpoint });
} finally {
  etcd?.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
