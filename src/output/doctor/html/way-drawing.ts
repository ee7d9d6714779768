import { CHECKS, type Check, type CheckId, type Part } from '../../../model/doctor/check.ts';
import { drawing, element, type Markup } from './element.ts';
import { SYMBOLS, WORDS, worst } from './status.ts';

const BOX = { width: 178, height: 62, gap: 18 };
const COLUMNS = 5;
const LABEL = 22;

const ROWS: readonly { readonly part: Part; readonly title: string }[] = [
  { part: 'etcd', title: 'etcd' },
  { part: 'host', title: 'From a pod on this node to the BIG-IP' },
  { part: 'bigip', title: 'BIG-IP' },
  { part: 'back', title: 'Back from the BIG-IP to pods' },
];

/** Each step of the packet's way, in its order. */
export function wayDrawing(checks: readonly Check[]): Markup {
  const width = COLUMNS * (BOX.width + BOX.gap) - BOX.gap + 4;
  let top = 0;
  const rows = ROWS.flatMap(({ part, title }) => {
    const steps = CHECKS.filter((one) => one.part === part);
    const heading = element('text', { x: 2, y: top + 15, class: 'quiet' }, title);
    const boxes = steps.flatMap((step, i) => {
      const x = 2 + (i % COLUMNS) * (BOX.width + BOX.gap);
      const y = top + LABEL + Math.floor(i / COLUMNS) * (BOX.height + BOX.gap);
      const isLast = i === steps.length - 1 || i % COLUMNS === COLUMNS - 1;
      const of = checks.filter(({ id }) => id === step.id);
      return [stepBox(step, of, x, y), ...(isLast ? [] : [arrow(x + BOX.width, y)])];
    });
    const lines = Math.ceil(steps.length / COLUMNS);
    top += LABEL + lines * (BOX.height + BOX.gap) + 8;
    return [heading, ...boxes];
  });
  const description = ROWS.map(({ part, title }) => `${title}: ${told(part, checks)}`).join('. ');
  const about = { title: "The packet's way, step by step", description };
  return drawing({ width, height: top - BOX.gap }, about, rows);
}

function told(part: Part, checks: readonly Check[]): string {
  return CHECKS.filter((one) => one.part === part)
    .map(({ id }) => {
      const status = worst(checks.filter((check) => check.id === id));
      return `${id} ${status === null ? 'not asked for' : WORDS[status]}`;
    })
    .join(', ');
}

function stepBox(
  { id, title }: { readonly id: CheckId; readonly title: string },
  checks: readonly Check[],
  x: number,
  y: number,
): Markup {
  const status = worst(checks) ?? 'skip';
  const { width, height } = BOX;
  return element(
    'g',
    {},
    element('title', {}, checks.map(({ message }) => message).join('\n') || 'not asked for'),
    element('rect', { x, y, width, height, rx: 7, class: `box ${status}` }),
    element('text', { x: x + 10, y: y + 22, class: `name ${status}` }, SYMBOLS[status]),
    element('text', { x: x + 26, y: y + 22, class: 'name' }, id),
    ...lines(title).map((line, i) =>
      element('text', { x: x + 10, y: y + 39 + i * 14, class: 'quiet' }, line),
    ),
  );
}

/** A title in at most two lines of a box. */
function lines(title: string): string[] {
  const [first = '', ...rest] = title.split(' ');
  const out = [first];
  for (const word of rest) {
    const last = `${out.at(-1)} ${word}`;
    if (last.length <= LETTERS) out[out.length - 1] = last;
    else out.push(word);
  }
  return out.slice(0, 2);
}

/** What fits a box, at 7.3 units a letter. */
const LETTERS = 21;

function arrow(x: number, y: number): Markup {
  const middle = y + BOX.height / 2;
  const end = x + BOX.gap - 2;
  const d = `M${x + 2} ${middle}H${end}M${end - 5} ${middle - 4}L${end} ${middle}L${end - 5} ${middle + 4}`;
  return element('path', { d, class: 'link' });
}
