// Onboards examples/site.yaml into a flannel network that lives in one file. Needs no server.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { styleText } from 'node:util';

const root = new URL('..', import.meta.url).pathname;
const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-demo-'));
const store = path.join(folder, 'store.json');
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (style, text) => (colour ? styleText(style, text) : text);

/** A network as flannel left it: two living nodes, and a range that reaches over everything. */
function existingNetwork() {
  const expires = new Date(Date.now() + 23 * 3600 * 1000).toISOString();
  const node = (publicIP, mac) =>
    JSON.stringify({ PublicIP: publicIP, BackendType: 'vxlan', BackendData: { VtepMAC: mac } });
  const prefix = '/coreos.com/network';
  return {
    flannelBigipStore: 1,
    revision: 3,
    keys: {
      [`${prefix}/config`]: {
        value: '{ "Network": "10.244.0.0/16", "Backend": { "Type": "vxlan" } }',
        revision: 1,
      },
      [`${prefix}/subnets/10.244.23.0-24`]: {
        value: node('10.1.10.151', '5a:7d:2e:91:0c:44'),
        revision: 2,
        expires,
      },
      [`${prefix}/subnets/10.244.61.0-24`]: {
        value: node('10.1.10.152', '86:a8:e1:95:5e:cf'),
        revision: 3,
        expires,
      },
    },
  };
}

/** Runs one command and shows it the way a reader would have typed it. */
function show(why, expected, ...args) {
  console.log(`\n${paint('dim', `# ${why}`)}`);
  console.log(paint('bold', `$ flannel-bigip ${args.join(' ').replaceAll(store, 'store.json')}\n`));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'bin/flannel-bigip.js'), ...args],
    {
      cwd: root,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        XDG_STATE_HOME: folder,
        ...(colour ? { FORCE_COLOR: '1' } : {}),
      },
    },
  );
  process.stdout.write(`${stdout}${stderr}`.replaceAll(`${folder}/`, ''));
  if (status !== expected) throw new Error(`exit code ${status} instead of ${expected}`);
}

const at = ['-f', 'examples/site.yaml', '--endpoints', `file:${store}`];
try {
  writeFileSync(store, JSON.stringify(existingNetwork(), null, 2));
  show(
    'The site file is checked by the rules of flannel itself.',
    0,
    'validate',
    'examples/site.yaml',
  );
  show('What is live, and what would change? (exit code 2: something would)', 2, 'diff', ...at);
  show('Carry it out: each write is guarded by what was just read.', 0, 'apply', ...at, '--yes');
  show('Every lease of the network, the BIG-IP as flannel sees it among them.', 0, 'list', ...at);
  show('And again: live state is as declared. (exit code 0)', 0, 'diff', ...at);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
