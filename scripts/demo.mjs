// Onboards a site into a flannel network that lives in one file. Needs no server. With --all a BIG-IP and
// a Kubernetes cluster take part, played by the stand-ins of the tests.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { root } from './root.mjs';

const { all } = options();
const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-demo-'));
const store = path.join(folder, 'store.json');
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (style, text) => (colour ? styleText(style, text) : text);

const NODES = [
  { number: 151, subnet: '10.244.23.0-24', mac: '5a:7d:2e:91:0c:44' },
  { number: 152, subnet: '10.244.61.0-24', mac: '86:a8:e1:95:5e:cf' },
];

/** What was asked for. Ends the process where that is wrong, or help, or where nothing is built yet. */
function options() {
  const end = (code, line) => {
    (code === 0 ? console.log : console.error)(line);
    process.exit(code);
  };
  const help = 'npm run demo [-- --all]: onboards a site; with --all a BIG-IP and a cluster too';
  let given;
  try {
    given = parseArgs({ options: { all: { type: 'boolean' }, help: { type: 'boolean' } } }).values;
  } catch (error) {
    end(64, `${error.message.split('. ')[0]}. ${help}`);
  }
  if (given.help) end(0, help);
  const wanted = ['dist/start.js', 'node_modules/esbuild'].map((name) => path.join(root, name));
  if (!wanted.every((file) => existsSync(file))) end(1, 'nothing is built yet; run npm ci first');
  return given;
}

/** A network as flannel left it: two living nodes, and a range that reaches over everything. */
function existingNetwork() {
  const expires = new Date(Date.now() + 23 * 3600 * 1000).toISOString();
  const prefix = '/coreos.com/network';
  const leases = NODES.map(({ number, subnet, mac }, i) => [
    `${prefix}/subnets/${subnet}`,
    {
      value: JSON.stringify({
        PublicIP: `10.1.10.${number}`,
        BackendType: 'vxlan',
        BackendData: { VtepMAC: mac },
      }),
      revision: i + 2,
      expires,
    },
  ]);
  const config = '{ "Network": "10.244.0.0/16", "Backend": { "Type": "vxlan" } }';
  return {
    flannelBigipStore: 1,
    revision: NODES.length + 1,
    keys: {
      [`${prefix}/config`]: { value: config, revision: 1 },
      ...Object.fromEntries(leases),
    },
  };
}

/** Runs one command and shows it the way a reader would have typed it. */
async function show(why, expected, args, env = {}) {
  console.log(`\n${paint('dim', `# ${why}`)}`);
  console.log(paint('bold', `$ flannel-bigip ${args.join(' ').replaceAll(`${folder}/`, '')}\n`));
  const child = spawn(process.execPath, [path.join(root, 'bin/flannel-bigip.js'), ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      XDG_STATE_HOME: folder,
      ...(colour ? { FORCE_COLOR: '1' } : {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  const status = await new Promise((done) => child.once('close', done));
  process.stdout.write(said.replaceAll(`${folder}/`, ''));
  if (status !== expected) throw new Error(`exit code ${status} instead of ${expected}`);
}

/** One BIG-IP that is set up by hand, one command at a time. */
async function showEtcd() {
  const at = ['-f', 'examples/site.yaml', '--endpoints', `file:${store}`];
  const rules = 'The site file is checked by the rules of flannel itself.';
  await show(rules, 0, ['validate', 'examples/site.yaml']);
  const live = 'What is live, and what would change? (exit code 2: something would)';
  await show(live, 2, ['diff', ...at]);
  const write = 'Carry it out: each write is guarded by what was just read.';
  await show(write, 0, ['apply', ...at, '--yes']);
  const list = 'Every lease of the network, the BIG-IP as flannel sees it among them.';
  await show(list, 0, ['list', ...at]);
  await show('And again: live state is as declared. (exit code 0)', 0, ['diff', ...at]);
}

/** The stand-ins are written for the tests, in TypeScript. */
async function loadStandIns() {
  const { build } = await import('esbuild');
  const outfile = path.join(folder, 'stand-ins.mjs');
  const entry = path.join(root, 'test/support/stand-ins.ts');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return import(outfile);
}

/** A whole site: bare BIG-IP, etcd and Kubernetes, in one plan. */
async function showAll() {
  const { startApiServer, startBigIp, nodeObject } = await loadStandIns();
  const device = await startBigIp();
  const cluster = await startApiServer(NODES.map(({ number }) => nodeObject(number)));
  try {
    const site = path.join(folder, 'site.yaml');
    const example = readFileSync(path.join(root, 'examples/site.yaml'), 'utf8');
    const management = `management: { url: "${device.url}", ca: "${device.ca}" }`;
    const text = example
      .replace('http://127.0.0.1:2379', `"file:${store}"`)
      .replace(/vtepMAC: \S+.*/, 'vtepMAC: device # read from the BIG-IP whenever it is needed')
      .trimEnd();
    const kubernetes = `kubernetes: { kubeconfig: "${cluster.kubeconfig('admin')}" }`;
    writeFileSync(site, `${text}\n    ${management}\n\n${kubernetes}\n`);
    const env = { BIGIP_USERNAME: device.user, BIGIP_PASSWORD: device.password };
    const run = (why, expected, ...args) => show(why, expected, [...args, '-f', site], env);
    await run('The BIG-IP is bare. (a stand-in of the tests)', 0, 'bigip', 'show');
    const plan = 'One plan over BIG-IP, etcd and Nodes; the MAC is not known yet.';
    await run(plan, 2, 'diff', '--scope', 'all');
    const write = 'Carry it out: the tunnel, its MAC into the lease, the annotations.';
    await run(write, 0, 'apply', '--scope', 'all', '--yes');
    // CIS, which reads the annotations, is played here.
    for (const { number, mac } of NODES) {
      const record = { name: mac, endpoint: `10.1.10.${number}` };
      device.put('net/fdb/tunnel/~Common~fl-tunnel/records', record);
    }
    const check = 'CIS has read the annotations meanwhile. Does everything agree?';
    await run(check, 0, 'bigip', 'check');
    await run('The BIG-IP as it is now.', 0, 'bigip', 'show');
    await run('And again: everything is as declared.', 0, 'diff', '--scope', 'all');
  } finally {
    await Promise.all([device.stop(), cluster.stop()]);
  }
}

try {
  writeFileSync(store, JSON.stringify(existingNetwork(), null, 2));
  await (all ? showAll() : showEtcd());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
