// Draws docs/pictures/*.svg of what the program really prints: each command is run, and its text and
// colours are set as on a terminal. The words of docs/start.md are the input, so that both agree.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import stringWidth from 'fast-string-width';

const root = new URL('..', import.meta.url).pathname;
const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-pictures-'));
const pictures = path.join(root, 'docs/pictures');

/** Colours that read on the dark ground that is drawn with them, by SGR number (ECMA-48). */
const COLOURS = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};
const [CELL, LINE, MARGIN] = [8.43, 19, 14];
const ESC = String.fromCharCode(27);
const SEQUENCE_OR_TEXT = new RegExp(`${ESC}\\[([\\d;]*)m|([^${ESC}]+)`, 'g');

/** What an SGR number changes of how text looks. */
function lookOf(number) {
  if (number === 0) return { colour: undefined, bold: false, dim: false };
  if (number === 1) return { bold: true };
  if (number === 2) return { dim: true };
  if (number === 22) return { bold: false, dim: false };
  if (number === 39) return { colour: undefined };
  return COLOURS[number] ? { colour: COLOURS[number] } : {};
}

/** Pieces of one line, each with how it is to look. */
function pieces(line, style) {
  const found = [];
  for (const [, codes, text] of line.matchAll(SEQUENCE_OR_TEXT)) {
    if (text === undefined) Object.assign(style, ...codes.split(';').map(Number).map(lookOf));
    else found.push({ text, ...style });
  }
  return found;
}

const escaped = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // Viewers collapse ordinary spaces.
    .replaceAll(' ', '\u00a0');

function svg(text, title) {
  const style = {};
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => pieces(line, style));
  const plain = lines.map((line) => line.map((piece) => piece.text).join(''));
  const width = Math.ceil(
    Math.max(60, ...plain.map((line) => stringWidth(line))) * CELL + 2 * MARGIN,
  );
  const height = lines.length * LINE + 2 * MARGIN;
  const drawn = lines.map((line, row) => {
    let column = 0;
    const spans = line.map(({ text: words, colour, bold, dim }) => {
      const x = (MARGIN + column * CELL).toFixed(1);
      const length = (stringWidth(words) * CELL).toFixed(1);
      column += stringWidth(words);
      const look = [
        colour ? ` fill="${colour}"` : dim ? ' fill="#8b949e"' : '',
        bold ? ' font-weight="bold"' : '',
      ].join('');
      return words.trim() === ''
        ? ''
        : `<tspan x="${x}" textLength="${length}"${look}>${escaped(words)}</tspan>`;
    });
    return `<text y="${MARGIN + (row + 0.75) * LINE}">${spans.join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">
${drawn.join('\n')}
</g>
</svg>
`;
}

function run(words) {
  const { stdout, stderr } = spawnSync(
    'node',
    [path.join(root, 'bin/flannel-bigip.js'), ...words],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, FORCE_COLOR: '1', LC_ALL: 'C.UTF-8', XDG_STATE_HOME: folder },
    },
  );
  return {
    words,
    text: `${ESC}[1m$ flannel-bigip ${words.join(' ')}${ESC}[0m\n${stdout}${stderr}`.replaceAll(
      `${folder}/`,
      '',
    ),
  };
}

function draw(name, ...runs) {
  const title = runs.map(({ words }) => `flannel-bigip ${words.join(' ')}`).join(', ');
  const picture = svg(runs.map(({ text }) => text).join('\n'), title);
  const file = path.join(pictures, `${name}.svg`);
  if (!process.argv.includes('--check')) return writeFileSync(file, picture);
  if (readFileSync(file, 'utf8') === picture) return undefined;
  console.error(`docs/pictures/${name}.svg is not what the program prints; run: npm run docs`);
  process.exitCode = 1;
  return undefined;
}

/** Two nodes, as flanneld would have left them. */
function addNodes() {
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

try {
  const [, site] = /```yaml\n(.*?)```/s.exec(
    readFileSync(path.join(root, 'docs/start.md'), 'utf8'),
  );
  writeFileSync(path.join(folder, 'flannel-bigip.yaml'), site);
  draw('validate', run(['validate']));
  run(['validate', '--fix']);
  draw('diff', run(['diff']));
  run(['apply', '--yes']);
  addNodes();
  draw('list', run(['list']), run(['list', '-o', 'map']));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
