import {
  CHECKS,
  type Check,
  type CheckStatus,
  firstFault,
  type Part,
} from '../../model/doctor/check.ts';
import { printable, type Style } from '../style.ts';
import { wrap, wrapBehind } from '../wrap.ts';

const PARTS: readonly { readonly part: Part; readonly title: string }[] = [
  { part: 'etcd', title: 'etcd' },
  { part: 'host', title: 'This node: pod to BIG-IP' },
  { part: 'bigip', title: 'BIG-IP' },
  { part: 'back', title: 'The way back: BIG-IP to pods' },
];

/** The packet's way for people: a line for each check, then the first fault explained. */
export function doctorText(checks: readonly Check[], style: Style): string {
  const { colour } = style;
  const sections = PARTS.flatMap(({ part, title }) => {
    const lines = CHECKS.filter((one) => one.part === part).flatMap(({ id }) =>
      checks.filter((check) => check.id === id).map((check) => checkLine(check, style)),
    );
    return lines.length === 0 ? [] : [[colour.bold(title), ...lines].join('\n')];
  });
  const fault = firstFault(checks);
  const warnings = fault ? [] : checks.filter(({ status, fix }) => status === 'warn' && fix);
  return [
    ...sections,
    ...(fault ? [explained(fault, style)] : []),
    ...warnings.map((one) => explained(one, style)),
    summary(checks, style),
  ].join('\n\n');
}

function checkLine(check: Check, style: Style): string {
  const { id, status, message, because } = check;
  const behind = because ? ` (because of ${because})` : '';
  const head = `  ${marked(status, style)} ${id.padEnd(WIDTH)} `;
  const line = wrapBehind(head, `${printable(message)}${behind}`, style);
  return status === 'skip' ? style.colour.dim(line) : line;
}

const WIDTH = Math.max(...CHECKS.map(({ id }) => id.length));

const MARKS: Record<CheckStatus, readonly [unicode: string, ascii: string]> = {
  pass: ['✓', 'ok  '],
  warn: ['!', 'warn'],
  fail: ['✗', 'FAIL'],
  skip: ['–', '-   '],
};

function marked(status: CheckStatus, { colour, unicode }: Style): string {
  const mark = MARKS[status][unicode ? 0 : 1];
  const paint = { pass: colour.green, warn: colour.yellow, fail: colour.red, skip: colour.dim };
  return paint[status](mark);
}

/** One check with what was expected, what was found, and what mends it. */
function explained(check: Check, style: Style): string {
  const { colour } = style;
  const { id, status, message, expected, found, fix, advice } = check;
  const paint = status === 'fail' ? colour.red : colour.yellow;
  const head = status === 'fail' ? 'First fault' : 'Worth mending';
  const lines = [`${paint(colour.bold(head))}: ${id}`, wrap(`  ${printable(message)}`, style, 2)];
  if (expected !== undefined) lines.push(wrapBehind('  expected: ', printable(expected), style));
  if (found !== undefined) lines.push(wrapBehind('  found:    ', printable(found), style));
  if (fix !== undefined && fix.length > 0) {
    lines.push('  to mend it:', ...fix.map((command) => `    ${colour.bold(printable(command))}`));
  }
  if (advice !== undefined) lines.push(wrap(`  ${printable(advice)}`, style, 2));
  return lines.join('\n');
}

/** The last line: how many of each. */
function summary(checks: readonly Check[], style: Style): string {
  const { colour } = style;
  const count = (status: CheckStatus) => checks.filter((one) => one.status === status).length;
  const [faults, warnings] = [count('fail'), count('warn')];
  const rest = `${count('pass')} passed, ${count('skip')} skipped`;
  const told = `${faults} ${faults === 1 ? 'fault' : 'faults'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, ${rest}`;
  const line = wrap(told, style, 2);
  return faults > 0 ? colour.red(line) : colour.green(line);
}
