import { type Change, isInSync, type Plan } from '../model/change.ts';
import { type FieldChange, maskField, maskSecrets } from '../model/compare-config.ts';
import type { LiveFinding } from '../model/finding.ts';
import { duration } from './duration.ts';
import { printable, type Style } from './style.ts';
import { wrap, wrapBehind } from './wrap.ts';

/** What the first line of a plan says of where it applies. */
export interface PlanPlace {
  /** Null when there is no site file. */
  readonly site: string | null;
  /** e.g. `etcd v3 at https://10.1.10.151:2379` */
  readonly store: string;
  readonly prefix: string;
  /** Said when environment and site file name different endpoints. */
  readonly notice: string | null;
  /** What is true when nothing is to be done; absent: live state is as declared. */
  readonly atRest?: string;
}

/** How many findings of one rule are shown before they are only counted. */
const SHOWN_PER_RULE = 10;

const SYMBOLS = { create: '+', update: '~', delete: '-', rewrite: '=' } as const;

/** The first line of a plan and of the question about it. */
export function placeText(place: PlanPlace): string {
  const where = `${place.site ?? 'no site file'}, ${place.store}, prefix ${place.prefix}`;
  return printable(place.notice === null ? where : `${where} (${place.notice})`);
}

/** What is typed to allow a dangerous plan: the site's name, or where there is none, the prefix. */
export function confirmationOf({ site, prefix }: PlanPlace): string {
  return site ?? prefix;
}

/** A plan as text: what changes, what is noticed, and how much it is. */
export function planText(plan: Plan, place: PlanPlace, style: Style): string {
  const body = [
    ...plan.changes.flatMap((change) => changeLines(change, place.prefix, style)),
    ...problemLines(plan.problems, style),
    ...plan.dangers.map((danger) => dangerLine(danger, place, style)),
  ];
  return [
    wrap(placeText(place), style, 2),
    '',
    ...(body.length > 0 ? [...body, ''] : []),
    wrap(countLine(plan, place), style, 0),
  ].join('\n');
}

function changeLines(change: Change, prefix: string, style: Style): string[] {
  const { colour } = style;
  const paint = {
    create: colour.green,
    update: colour.yellow,
    delete: colour.red,
    rewrite: colour.cyan,
  };
  const key = printable(change.key.slice(prefix.length + 1));
  const head = `  ${paint[change.action](`${SYMBOLS[change.action]} ${key}`)}`;
  const about = describe(change);
  return [
    about === '' ? head : wrap(`${head}    ${colour.dim(about)}`, style, 6),
    ...change.fields
      // A default that is only written out now changes nothing.
      .filter((field) => field.byDefault === undefined || field.byDefault !== field.after)
      .map((field) => fieldText(field, change.action, style)),
  ];
}

function describe(change: Change): string {
  const lasts = change.ttl === null ? 'never expires' : `expires in ${duration(change.ttl)}`;
  return [
    ...(change.name === null ? [] : [printable(change.name)]),
    ...(change.action === 'rewrite' ? ['the same value again'] : []),
    ...(change.awaitsMac ? ['its MAC is read once the tunnel is there'] : []),
    // That an equal reservation is kept for ever is nothing new.
    ...(change.kind === 'lease' &&
    change.action !== 'delete' &&
    (change.action !== 'rewrite' || change.ttl !== null)
      ? [lasts]
      : []),
  ].join(', ');
}

function fieldText(field: FieldChange, action: Change['action'], style: Style): string {
  const name = printable(field.field).padEnd(22);
  return wrapBehind(`      ${name} `, valuesText(field, action), style);
}

function valuesText(field: FieldChange, action: Change['action']): string {
  const shown = (value: unknown) => scalarText(maskField(field.field, value));
  if (field.field === 'expires') return 'yes -> never';
  if (action === 'create') return shown(field.after);
  if (action === 'delete') return shown(field.before);
  const absent =
    field.byDefault === undefined ? '(not set)' : `${shown(field.byDefault)} (default)`;
  const side = (value: unknown) => (value === undefined ? absent : shown(value));
  return `${side(field.before)} -> ${side(field.after)}`;
}

function scalarText(value: unknown): string {
  if (value === undefined) return '(not set)';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Findings as lines, each rule's overflow counted. */
export function problemLines(problems: readonly LiveFinding[], style: Style): string[] {
  const shown = new Map<string, number>();
  const lines = problems.flatMap((problem) => {
    const count = (shown.get(problem.rule) ?? 0) + 1;
    shown.set(problem.rule, count);
    return count > SHOWN_PER_RULE ? [] : problemText(problem, style);
  });
  const more = [...shown]
    .filter(([, count]) => count > SHOWN_PER_RULE)
    .map(([rule, count]) => `  ... and ${count - SHOWN_PER_RULE} more [${rule}], all with -o json`);
  return [...lines, ...more];
}

function problemText(problem: LiveFinding, style: Style): string[] {
  const { colour } = style;
  const mark = problem.severity === 'error' ? colour.red('x error:') : colour.yellow('! warning:');
  const head = `  ${mark} ${printable(problem.message)} ${colour.dim(`[${problem.rule}]`)}`;
  const fix = problem.fix === undefined ? [] : [wrap(`      ${printable(problem.fix)}`, style, 6)];
  return [wrap(head, style, 4), ...fix];
}

function dangerLine(danger: string, place: PlanPlace, style: Style): string {
  const wanted = `wants --confirm ${confirmationOf(place)}`;
  const told = printable(`${danger} (${wanted})`);
  return wrap(`  ${style.colour.red('x danger:')} ${told}`, style, 4);
}

function countLine(plan: Plan, { atRest = 'live state is as declared' }: PlanPlace): string {
  const count = (action: Change['action']) =>
    plan.changes.filter((change) => change.action === action).length;
  const n = plan.nodeCount;
  const one = n === 1;
  // Beside a danger it would read as if nothing happened to them.
  const nodes =
    n === 0 || plan.dangers.length > 0
      ? ''
      : ` The lease${one ? '' : 's'} of ${n} node${one ? ' stays as it is' : 's stay as they are'}.`;
  const rewrites = count('rewrite');
  if (plan.changes.length === 0) return `Nothing to do: ${atRest}.${nodes}`;
  const rewritten = rewrites > 0 ? `, ${rewrites} to write again` : '';
  return `${count('create')} to add, ${count('update')} to change, ${count('delete')} to remove${rewritten}.${nodes}`;
}

/** One change in JSON; secrets masked. */
export function changeJson(change: Change): Record<string, unknown> {
  return {
    action: change.action,
    kind: change.kind,
    key: change.key,
    name: change.name,
    before: maskSecrets(change.before),
    after: maskSecrets(change.after),
    ttl: change.ttl,
    fields: change.fields.map(({ field, before, after }) => ({
      field,
      before: maskField(field, before) ?? null,
      after: maskField(field, after) ?? null,
    })),
  };
}

/** One live finding in JSON. */
export function problemJson(problem: LiveFinding): Record<string, unknown> {
  const { rule, severity, message, key } = problem;
  return { rule, severity, message, key, fix: problem.fix ?? null };
}

/** The document of `diff -o json`. */
export function planJson(plan: Plan, place: PlanPlace): Record<string, unknown> {
  return {
    inSync: isInSync(plan),
    site: place.site,
    store: place.store,
    prefix: place.prefix,
    changes: plan.changes.map(changeJson),
    problems: plan.problems.map(problemJson),
    dangers: plan.dangers,
  };
}

/** How a command that writes ended. */
export type Outcome =
  | 'applied'
  | 'unchanged'
  | 'dry-run'
  | 'declined'
  | 'refused'
  | 'partial'
  | 'failed';

/** The document of `apply -o json` and `remove -o json`. */
export function reportJson(
  plan: Plan,
  place: PlanPlace,
  outcome: Outcome,
  executed: {
    readonly done: readonly Change[];
    readonly uncertain?: Change;
    readonly backup: string | null;
  } | null,
): Record<string, unknown> {
  const done = new Set(executed?.done);
  return {
    outcome,
    ...planJson(plan, place),
    changes: plan.changes.map((change) => ({
      ...changeJson(change),
      status: done.has(change) ? 'done' : change === executed?.uncertain ? 'unknown' : 'pending',
    })),
    backup: executed?.backup ?? null,
  };
}
