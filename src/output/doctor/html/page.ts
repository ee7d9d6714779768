import {
  CHECKS,
  type Check,
  type CheckStatus,
  firstFault,
  type Part,
} from '../../../model/doctor/check.ts';
import { element, Markup } from './element.ts';
import type { DoctorPage } from './input.ts';
import { mapDrawings } from './map-drawing.ts';
import { siteDrawing } from './site-drawing.ts';
import { SYMBOLS, WORDS } from './status.ts';
import { CSS } from './style.ts';
import { wayDrawing } from './way-drawing.ts';

/** One self-contained HTML page: no script, nothing from outside; also well-formed as XML. */
export function doctorHtml(page: DoctorPage): string {
  const { site, readings, shown } = page;
  const title = `flannel-bigip doctor: ${site.name}`;
  const fault = firstFault(shown);
  const maps = mapDrawings(page);
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('title', {}, title),
    // Escaping would break selectors, and nothing in it comes from outside.
    element('style', {}, new Markup(CSS)),
  );
  const body = element(
    'body',
    {},
    element('h1', {}, title),
    element('p', { class: 'quiet' }, `As read at ${readings.takenAt}${hostText(page)}`),
    verdict(shown),
    fault ? faultSection(fault) : null,
    section('The site', [siteDrawing(page)]),
    section("The packet's way", [wayDrawing(shown)]),
    maps.length > 0 ? section('Addresses', maps) : null,
    ...PARTS.flatMap(({ part, title: heading }) => checkTable(part, heading, shown)),
  );
  return `<!DOCTYPE html>\n${element('html', { lang: 'en' }, head, body).text}\n`;
}

function hostText({ readings, own }: DoctorPage): string {
  if (readings.host.state !== 'read') return '';
  const { hostname } = readings.host.value;
  return ` on ${hostname}${own?.publicIP ? ` (${own.publicIP})` : ''}`;
}

function verdict(checks: readonly Check[]): Markup {
  const count = (status: CheckStatus) => checks.filter((one) => one.status === status).length;
  const [faults, warnings] = [count('fail'), count('warn')];
  const rest = `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, ${count('pass')} passed, ${count('skip')} skipped`;
  const status = faults > 0 ? 'fail' : 'pass';
  const text = faults > 0 ? `${faults} ${faults === 1 ? 'fault' : 'faults'}` : 'No fault';
  return element(
    'div',
    { class: `verdict ${status}`, role: 'status' },
    `${SYMBOLS[status]} ${text}, ${rest}`,
  );
}

function faultSection(check: Check): Markup {
  const { id, message, expected, found, fix = [], advice } = check;
  const pairs = [
    ['expected', expected],
    ['found', found],
  ].filter(([, text]) => text !== undefined);
  return element(
    'section',
    {},
    element('h2', {}, 'The first fault'),
    element(
      'div',
      { class: 'fault' },
      element('p', {}, element('strong', { class: 'fail' }, `${SYMBOLS.fail} ${id}`)),
      element('p', {}, message),
      pairs.length > 0
        ? element(
            'dl',
            {},
            pairs.flatMap(([name = '', text = '']) => [
              element('dt', {}, name),
              element('dd', { class: 'mono' }, text),
            ]),
          )
        : null,
      fix.length > 0 ? element('p', {}, 'To mend it:') : null,
      fix.length > 0 ? element('pre', {}, commands(fix)) : null,
      advice === undefined ? null : element('p', { class: 'quiet' }, advice),
    ),
  );
}

/** Each in a line of its own, which escaping would take away. */
function commands(fix: readonly string[]): Markup {
  return new Markup(fix.map((command) => element('code', {}, command).text).join('\n'));
}

function section(title: string, drawings: readonly Markup[]): Markup {
  return element(
    'section',
    {},
    element('h2', {}, title),
    drawings.map((one) => element('div', { class: 'drawing' }, one)),
  );
}

const PARTS: readonly { readonly part: Part; readonly title: string }[] = [
  { part: 'etcd', title: 'Checks of etcd' },
  { part: 'host', title: 'Checks of this node' },
  { part: 'bigip', title: 'Checks of the BIG-IPs' },
  { part: 'back', title: 'Checks of the way back' },
];

function checkTable(part: Part, title: string, checks: readonly Check[]): Markup[] {
  const ids: readonly string[] = CHECKS.filter((one) => one.part === part).map(({ id }) => id);
  const own = checks.filter(({ id }) => ids.includes(id));
  if (own.length === 0) return [];
  const head = ['', 'check', 'what was found'].map((text) => element('th', { scope: 'col' }, text));
  return [
    element(
      'section',
      {},
      element('h2', {}, title),
      element(
        'table',
        {},
        element('thead', {}, element('tr', {}, head)),
        element('tbody', {}, own.map(row)),
      ),
    ),
  ];
}

function row(check: Check): Markup {
  const { id, status, message, expected, found, fix = [], because } = check;
  const details = [
    ...(expected !== undefined && status !== 'pass' ? [`expected: ${expected}`] : []),
    ...(found !== undefined && status !== 'pass' ? [`found: ${found}`] : []),
    ...(because ? [`because of ${because}`] : []),
  ];
  return element(
    'tr',
    {},
    element('td', { class: status, title: WORDS[status] }, SYMBOLS[status]),
    element('td', { class: 'id mono' }, id),
    element(
      'td',
      {},
      message,
      details.map((text) => element('p', { class: 'quiet' }, text)),
      fix.length > 0 ? element('pre', {}, commands(fix)) : null,
    ),
  );
}
