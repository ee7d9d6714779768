// What the bench measures of Kubernetes Nodes: annotate of a large cluster, how long a changed lease takes
// to reach its Node's annotation while `watch` runs, and what `watch` takes of the host.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { Etcd3 } from 'etcd3';

const NODES = 5_000;
const CHANGES = 200;
const KUBECTL_SAMPLE = 10;
const IDLE_SECONDS = 10;
const PREFIX = '/coreos.com/network';
const BACKEND_DATA = 'flannel.alpha.coreos.com/backend-data';

const ipOf = (n) => `172.16.${n >> 8}.${n & 255}`;
const macOf = (n, turn = 0) =>
  `02:00:00:${[turn, n >> 8, n & 255].map((b) => b.toString(16).padStart(2, '0')).join(':')}`;
const leaseOf = (n, turn) =>
  JSON.stringify({
    PublicIP: ipOf(n),
    BackendType: 'vxlan',
    BackendData: { VNI: 1, VtepMAC: macOf(n, turn) },
  });
const keyOf = (n) => `${PREFIX}/subnets/10.${16 + (n >> 8)}.${n & 255}.0-24`;
const nodeOf = (n) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `node-${n}`, annotations: {} },
  status: { addresses: [{ type: 'InternalIP', address: ipOf(n) }] },
});

/** The API server of the tests, which is TypeScript. */
async function startApi(root, folder) {
  const outfile = path.join(folder, 'api-server.mjs');
  await build({
    entryPoints: [path.join(root, 'test/support/kubernetes/api-server.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  const { startApiServer } = await import(pathToFileURL(outfile).href);
  return startApiServer(Array.from({ length: NODES }, (_, n) => nodeOf(n)));
}

/** Runs a command while this process goes on serving; its seconds. */
function timed(command, args) {
  const began = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise((done, fail) =>
    child.once('close', (code) => {
      if (code === 0) done(Number(process.hrtime.bigint() - began) / 1e9);
      else fail(new Error(`${command} ${args.join(' ')}: ${said}`));
    }),
  );
}

/** Milliseconds from each change of a lease to its Node's annotation. */
async function delays(api, client) {
  const found = [];
  for (let i = 0; i < CHANGES; i++) {
    const n = (i * 7) % NODES;
    const wanted = JSON.stringify({ VtepMAC: macOf(n, i + 1) });
    const arrived = new Promise((done) => {
      const end = api.store.watch(api.store.revision, ({ object }) => {
        if (object.metadata.annotations?.[BACKEND_DATA] !== wanted) return;
        done(performance.now());
        end();
      });
    });
    const began = performance.now();
    await client.put(keyOf(n)).value(leaseOf(n, i + 1));
    found.push((await arrived) - began);
  }
  return found.toSorted((a, b) => a - b);
}

/** Until it has read both sides. */
function saysReady(watch) {
  return new Promise((done) => {
    let said = '';
    watch.stderr.on('data', (chunk) => {
      said += chunk;
      if (/etcd answers/.test(said) && /kubernetes answers/.test(said)) done();
    });
  });
}

function residentMegabytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** What a process has used in user and system mode (proc(5): fields 14 and 15, a hundred ticks a second). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Adds what was measured to the table, by `row` and `fact` of the bench. */
export async function benchNodes({ root, folder, program, endpoint, row, fact }) {
  const api = await startApi(root, folder);
  const client = new Etcd3({ hosts: endpoint });
  let watch;
  try {
    await client.delete().all();
    await client
      .put(`${PREFIX}/config`)
      .value('{"Network":"10.0.0.0/8","Backend":{"Type":"vxlan"}}');
    const numbers = Array.from({ length: NODES }, (_, n) => n).values();
    const fill = async () => {
      for (const n of numbers) await client.put(keyOf(n)).value(leaseOf(n, 0));
    };
    await Promise.all(Array.from({ length: 64 }, fill));
    const site = path.join(folder, 'nodes-site.yaml');
    const text = readFileSync(path.join(root, 'examples/site.yaml'), 'utf8').replace(
      /^bigips:[\s\S]*/m,
      '',
    );
    writeFileSync(site, text);
    const kubeconfig = api.kubeconfig('admin');
    const at = [
      '-f',
      site,
      '--endpoints',
      endpoint,
      '--etcd-api',
      'v3',
      '--kubeconfig',
      kubeconfig,
    ];

    const ours = await timed('node', [program, 'annotate', ...at, '--yes']);
    const began = process.hrtime.bigint();
    for (let n = 0; n < KUBECTL_SAMPLE; n++) {
      await timed('kubectl', [
        '--kubeconfig',
        kubeconfig,
        'annotate',
        'node',
        `node-${n}`,
        'bench=1',
        '--overwrite',
      ]);
    }
    const each = Number(process.hrtime.bigint() - began) / 1e9 / KUBECTL_SAMPLE;
    const kubectl = `kubectl annotate a node (${KUBECTL_SAMPLE}, scaled)`;
    row(`annotate, ${NODES} Nodes`, kubectl, [ours, each * NODES], 10, { better: 'at least' });

    watch = spawn('node', [program, 'watch', ...at, '--keep', 'annotations'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await saysReady(watch);
    const sorted = await delays(api, client);
    const busy = residentMegabytes(watch.pid);
    // The heap is tidied up for some seconds after work; idle is what comes then.
    await pause(IDLE_SECONDS * 1000);
    const before = cpuSeconds(watch.pid);
    await pause(IDLE_SECONDS * 1000);
    const idle = (100 * (cpuSeconds(watch.pid) - before)) / IDLE_SECONDS;
    const percentile = (share) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(0);
    const what = `watch, ${NODES} leases and Nodes`;
    fact(`${what}: lease to annotation, median`, `${percentile(0.5)} ms`, '');
    fact(`${what}: lease to annotation, p99`, `${percentile(0.99)} ms`, 'at most 250 ms');
    fact(`${what}: memory`, '', 'at most 150 MB', `${busy.toFixed(0)} MB`);
    fact(`${what}: processor when idle`, `${idle.toFixed(1)} %`, 'near nothing');
  } finally {
    watch?.kill('SIGKILL');
    client.close();
    await api.stop();
  }
}
