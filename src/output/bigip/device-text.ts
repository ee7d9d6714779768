import type { DeviceFinding } from '../../model/device/device-finding.ts';
import type { DevicePlan } from '../../model/device/device-plan.ts';
import { bareName, type DeviceState, type FdbRecord } from '../../model/device/objects.ts';
import { type DeviceStep, stepFields } from '../../model/device/step.ts';
import { printable, type Style } from '../style.ts';
import { wrap, wrapBehind } from '../wrap.ts';

const SYMBOLS = { create: '+', update: '~', delete: '-' } as const;

const TARGETS: Record<DeviceStep['target'], string> = {
  db: 'sys db',
  profile: 'profile',
  tunnel: 'tunnel',
  'self-ip': 'self IP',
  fdb: 'FDB records of',
  'fdb-record': 'FDB record',
  'arp-entry': 'ARP entry',
};

/** The unit as it is named above what is told of it. */
export function unitHead(
  name: string,
  url: string,
  state: DeviceState | null,
  style: Style,
): string {
  return style.colour.bold(wrap(printable(headOf(name, url, state)), style, 2));
}

function headOf(name: string, url: string, state: DeviceState | null): string {
  if (state === null) return `${name} at ${url}`;
  const about = [
    `BIG-IP ${state.version}`.trim(),
    ...(state.hostname === '' ? [] : [state.hostname]),
    ...(state.failoverState === null ? [] : [state.failoverState]),
  ];
  return `${name} at ${url} (${about.join(', ')})`;
}

/** A unit of which nothing can be told but why. */
export function failedUnit(name: string, url: string, why: string, style: Style): string {
  const told = `  ${style.colour.red('x error:')} ${printable(why)}`;
  return `${unitHead(name, url, null, style)}\n${wrap(told, style, 4)}`;
}

/** The steps of a unit, one below the other. */
function stepLines(steps: readonly DeviceStep[], style: Style): string[] {
  const { colour } = style;
  const paint = { create: colour.green, update: colour.yellow, delete: colour.red };
  return steps.flatMap((step) => {
    const { action, target, path } = step;
    const object = target === 'fdb-record' ? (path.split(' ')[1] ?? path) : path;
    const head = `  ${paint[action](printable(`${SYMBOLS[action]} ${TARGETS[target]} ${object}`))}`;
    return [head, ...(action === 'delete' ? [] : fieldLines(step, style))];
  });
}

function fieldLines(step: DeviceStep, style: Style): string[] {
  const shown = (value: unknown) =>
    Array.isArray(value) ? countOf(value as FdbRecord[]) : String(value ?? '(not set)');
  return stepFields(step).map(({ field, before, after }) => {
    const change = step.action === 'create' ? shown(after) : `${shown(before)} -> ${shown(after)}`;
    return wrapBehind(`      ${field.padEnd(14)} `, printable(change), style);
  });
}

function countOf(records: readonly FdbRecord[]): string {
  return records.length === 0 ? 'none' : `${records.length}`;
}

/** What is wrong, with what it breaks and what cures it. */
export function findingLines(findings: readonly DeviceFinding[], style: Style): string[] {
  const { colour } = style;
  return findings.flatMap(({ severity, message, rule, effect, fix }) => {
    const mark = severity === 'error' ? colour.red('x error:') : colour.yellow('! warning:');
    return [
      wrap(`  ${mark} ${printable(message)} ${colour.dim(`[${rule}]`)}`, style, 4),
      ...(effect === undefined ? [] : [wrap(`      breaks: ${printable(effect)}`, style, 8)]),
      ...(fix === undefined ? [] : [wrap(`      cure: ${printable(fix)}`, style, 8)]),
    ];
  });
}

/** A unit's plan as text, below its head. */
export function planLines(
  { steps, problems, recreate }: Pick<DevicePlan, 'steps' | 'problems' | 'recreate'>,
  unsavedSince: string | null,
  style: Style,
): string[] {
  const { colour } = style;
  const notes = [
    ...(recreate === null
      ? []
      : [
          `  ${colour.red('x danger:')} ${printable(`the tunnel is made anew, since ${recreate}; its MAC may change (wants --replace)`)}`,
        ]),
    ...(unsavedSince === null
      ? []
      : [
          `  ${colour.yellow('! warning:')} a run of ${printable(unsavedSince)} was cut off before it saved; the configuration is saved now`,
        ]),
  ];
  return [
    ...stepLines(steps, style),
    ...findingLines(problems, style),
    ...notes.map((note) => wrap(note, style, 4)),
  ];
}

/** How much it is, in one line. */
export function countText(steps: readonly DeviceStep[]): string {
  if (steps.length === 0) return 'Nothing to do: the unit is as declared.';
  const count = (action: DeviceStep['action']) =>
    steps.filter((one) => one.action === action).length;
  return `${count('create')} to add, ${count('update')} to change, ${count('delete')} to remove.`;
}

/** One step in JSON. */
export function stepJson(step: DeviceStep, done?: boolean): Record<string, unknown> {
  const { action, target, path } = step;
  return {
    action,
    target,
    path,
    name: bareName(path),
    fields: stepFields(step).map(({ field, before, after }) => ({
      field,
      before: before ?? null,
      after: after ?? null,
    })),
    ...(done === undefined ? {} : { status: done ? 'done' : 'pending' }),
  };
}

/** One finding in JSON. */
export function findingJson(finding: DeviceFinding): Record<string, unknown> {
  const { rule, severity, message, effect, fix, object } = finding;
  return { rule, severity, message, effect: effect ?? null, fix: fix ?? null, object };
}
