import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './cli.ts';

/** What a browser sees of a page. */
export interface Seen {
  readonly scripts: number;
  /** Colour of the ground and of the text. */
  readonly ground: string;
  readonly text: string;
  /** Texts that stand out of the box they are drawn in, or out of the drawing. */
  readonly overflowing: readonly string[];
  /** Texts whose contrast is below 4.5 to 1. */
  readonly faint: readonly string[];
  /** Whether the page is wider than the window. */
  readonly isTooWide: boolean;
  /** Texts that were looked at. */
  readonly looked: number;
}

/** Looks at a page from the inside; runs in the browser. */
const LOOK = `
const frame = document.querySelector('iframe');
frame.onload = () => {
  const doc = frame.contentDocument, win = frame.contentWindow;
  const rgb = (text) => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
  const groundOf = (el) => {
    for (let at = el; at; at = at.parentElement) {
      const c = rgb(win.getComputedStyle(at).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const overflowing = [], faint = [];
  let looked = 0;
  for (const text of doc.querySelectorAll('svg text')) {
    looked++;
    const box = text.parentElement.querySelector('rect.box');
    const outer = box && text.parentElement.tagName === 'g' ? box.getBBox() : null;
    const view = text.ownerSVGElement.viewBox.baseVal;
    const within = outer ?? view;
    const own = text.getBBox();
    if (own.x < within.x - 0.5 || own.x + own.width > within.x + within.width + 0.5 || own.y + own.height > within.y + within.height + 0.5)
      overflowing.push(text.textContent);
    const ground = box && outer ? rgb(win.getComputedStyle(box).fill) : groundOf(text.ownerSVGElement);
    if (contrast(rgb(win.getComputedStyle(text).fill), ground) < 4.5) faint.push(text.textContent);
  }
  for (const el of doc.querySelectorAll('h1,h2,p,td,th,dt,dd,code,strong,.verdict')) {
    if (!el.textContent.trim()) continue;
    looked++;
    if (contrast(rgb(win.getComputedStyle(el).color), groundOf(el)) < 4.5) faint.push(el.textContent);
  }
  const body = win.getComputedStyle(doc.body);
  const seen = { scripts: doc.scripts.length, ground: body.backgroundColor, text: body.color, overflowing, faint,
    isTooWide: doc.documentElement.scrollWidth > frame.clientWidth, looked };
  document.body.textContent = JSON.stringify(seen);
};
frame.src = 'page.html';
`;

/**
 * Opens a page in headless Chromium and measures what is drawn.
 *
 * @param scheme what the reader prefers
 */
export async function look(page: string, scheme: 'light' | 'dark', width = 1200): Promise<Seen> {
  const folder = temporaryFolder({
    'page.html': page,
    'look.html': `<!DOCTYPE html><meta charset="utf-8"><iframe style="width:${width}px;height:3000px;border:0"></iframe><script>${LOOK}</script>`,
  });
  const { stdout } = await promisify(execFile)(
    'chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--allow-file-access-from-files'],
      ...[`--user-data-dir=${path.join(folder, 'profile')}`, '--virtual-time-budget=5000'],
      `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
      ...['--dump-dom', `file://${path.join(folder, 'look.html')}`],
    ],
    { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  const json = /<body>([\s\S]*)<\/body>/.exec(stdout)?.[1] ?? '';
  const plain = json.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  try {
    return JSON.parse(plain) as Seen;
  } catch {
    const file = path.join(folder, 'look.html');
    throw new Error(`nothing was seen: ${stdout.slice(0, 500)} (${readFileSync(file).length})`);
  }
}
