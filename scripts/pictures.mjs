// Draws docs/pictures of what the program really prints: each command is run in a pseudo-terminal, as
// users do. The words of docs/start.md, and of each translation, are the input, so that both agree.
// With `--check` it only says whether that is so.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { root } from './root.mjs';
import { COLUMNS, terminalPicture } from './terminal-picture.mjs';

const program = path.join(root, 'bin/flannel-bigip.js');

/** As long as the real folder, so that lines are broken where they would be there. */
const SHOWN_FOLDER = '/home/operator';
const REAL_FOLDER = '/tmp/fb-';

/** Pages with a site to run the commands on, and where their pictures are. */
const PAGES = [
  ['docs/start.md', 'docs/pictures'],
  ['docs/zh/start.md', 'docs/pictures/zh'],
];

/** What the program shows in a terminal, below the line that starts it. */
function run(folder, command) {
  const line = `stty cols ${COLUMNS}; exec "${process.execPath}" "${program}" ${command}`;
  const { stdout, status, error } = spawnSync('script', ['-qefc', line, '/dev/null'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      SHELL: '/bin/sh',
      TERM: 'xterm-256color',
      LC_ALL: 'C.UTF-8',
      XDG_STATE_HOME: folder,
    },
  });
  // It may have found something, and that be shown; to fail it may not.
  if (![0, 2, 3].includes(status)) throw error ?? new Error(`${command}: ${stdout}`);
  const shown = stdout.replaceAll('\r\n', '\n').replaceAll(folder, SHOWN_FOLDER);
  return `\u001b[1m$ flannel-bigip ${command}\u001b[0m\n${shown}`;
}

function draw(folder, ...commands) {
  const title = commands.map((command) => `flannel-bigip ${command}`).join(', ');
  return terminalPicture(commands.map((command) => run(folder, command)).join('\n'), title);
}

/** Two nodes, as flanneld would have left them. */
function addNodes(folder) {
  const file = path.join(folder, 'store.json');
  const store = JSON.parse(readFileSync(file, 'utf8'));
  for (const [number, subnet, mac] of [
    [151, 23, '5a:7d:2e:91:0c:44'],
    [152, 61, '86:a8:e1:95:5e:cf'],
  ]) {
    store.revision += 1;
    store.keys[`/coreos.com/network/subnets/10.244.${subnet}.0-24`] = {
      value: JSON.stringify({
        PublicIP: `10.1.10.${number}`,
        BackendType: 'vxlan',
        BackendData: { VtepMAC: mac },
      }),
      revision: store.revision,
      expires: '2099-01-01T00:00:00.000Z',
    };
  }
  writeFileSync(file, JSON.stringify(store));
}

/** @returns pictures by file */
function picturesOf(page, target) {
  const folder = mkdtempSync(REAL_FOLDER);
  try {
    const [, site] = /```yaml\n(.*?)```/s.exec(readFileSync(path.join(root, page), 'utf8'));
    writeFileSync(path.join(folder, 'flannel-bigip.yaml'), site);
    const validate = draw(folder, 'validate');
    run(folder, 'validate --fix');
    const diff = draw(folder, 'diff');
    run(folder, 'apply --yes');
    addNodes(folder);
    const list = draw(folder, 'list', 'list -o map');
    return Object.entries({ validate, diff, list }).map(([name, picture]) => [
      `${target}/${name}.svg`,
      picture,
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const pictures = new Map(PAGES.flatMap(([page, target]) => picturesOf(page, target)));
const there = readdirSync(path.join(root, 'docs/pictures'), {
  withFileTypes: true,
  recursive: true,
})
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));

for (const file of new Set([...there, ...pictures.keys()])) {
  const picture = pictures.get(file);
  const at = path.join(root, file);
  if (!process.argv.includes('--check')) {
    mkdirSync(path.dirname(at), { recursive: true });
    picture === undefined ? rmSync(at) : writeFileSync(at, picture);
  } else if (!existsSync(at) || readFileSync(at, 'utf8') !== picture) {
    console.error(`${file} is not what the program prints; run: npm run docs`);
    process.exitCode = 1;
  }
}
