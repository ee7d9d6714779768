import type { ListedLease } from '../model/lease-list.ts';
import { duration } from './duration.ts';
import { problemJson, problemLines } from './plan-output.ts';
import { printable, type Style } from './style.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

type Column = readonly [title: string, cell: (lease: ListedLease) => string];

const dash = (value: string | number | null) => (value === null ? '-' : String(value));
const yesNo = (value: boolean | null) => (value === null ? '-' : value ? 'yes' : 'no');
const both = (v4: string | null, v6: string | null) =>
  v6 === null ? dash(v4) : `${dash(v4)} ${v6}`;

const COLUMNS: readonly Column[] = [
  ['SUBNET', (one) => (one.subnet === null ? lastStep(one.key) : both(one.subnet, one.ipv6Subnet))],
  ['PUBLIC IP', (one) => both(one.publicIP, one.publicIPv6)],
  ['BACKEND', (one) => dash(one.backendType)],
  ['VTEP MAC', (one) => both(one.vtepMAC, one.vtepMACv6)],
  ['VNI', (one) => dash(one.vni)],
  ['EXPIRES', (one) => (one.expires === null ? '-' : one.expires ? 'yes' : 'never')],
  ['KIND', (one) => one.kind],
  ['NAME', (one) => dash(one.name)],
  ['IN RANGE', (one) => yesNo(one.inAllocationRange)],
  [
    'PROBLEMS',
    ({ problems }) => (problems.length === 0 ? '-' : problems.map(({ rule }) => rule).join(', ')),
  ],
];

const KEYS = ['SUBNET', 'NAME'];

/** What a narrow terminal does without: it follows from the others, or is the same for nearly all. */
const SPARE = ['IN RANGE', 'BACKEND', 'EXPIRES', 'VNI', 'VTEP MAC'];

const TTL_COLUMN: Column = ['TTL', (one) => (one.ttl === null ? '-' : duration(one.ttl))];
const KEY_COLUMN: Column = ['KEY', (one) => one.key];

function lastStep(key: string): string {
  const folder = '/subnets/';
  return key.slice(key.indexOf(folder) + folder.length);
}

/** The columns of the table of `list`. */
export function listColumns(options: { readonly wide: boolean; readonly ttl: boolean }) {
  const columns = [
    ...COLUMNS,
    ...(options.wide || options.ttl ? [TTL_COLUMN] : []),
    ...(options.wide ? [KEY_COLUMN] : []),
  ];
  const cells = columns.map(([, cell]) => cell);
  return {
    header: columns.map(([title]) => title),
    row: (lease: ListedLease) => cells.map((cell) => cell(lease)),
  };
}

/** The table of `list`, and below it every problem in words. */
export function listText(
  leases: readonly ListedLease[],
  options: { readonly wide: boolean; readonly ttl: boolean; readonly where: string },
  style: Style,
): string {
  if (leases.length === 0) return wrap(printable(`no leases ${options.where}`), style, 2);
  const { header, row } = listColumns(options);
  const problems = leases.flatMap((lease) => lease.problems);
  // Scripts count lines.
  const count = style.width === null ? [] : ['', wrap(countText(leases), style, 2)];
  return [
    // What is wide has all columns, whatever the terminal.
    table(
      header,
      leases.map(row),
      style,
      options.wide ? { keys: header } : { keys: KEYS, spare: SPARE },
    ),
    ...(problems.length > 0 ? ['', ...problemLines(problems, style)] : []),
    ...count,
  ].join('\n');
}

const KINDS: Record<ListedLease['kind'], readonly [one: string, many: string]> = {
  node: ['node', 'nodes'],
  bigip: ['BIG-IP', 'BIG-IPs'],
  reservation: ['reservation', 'reservations'],
  unreadable: ['unreadable', 'unreadable'],
};

/** How many leases there are of each kind, and how many of them have problems. */
function countText(leases: readonly ListedLease[]): string {
  const kinds = Object.entries(KINDS).flatMap(([kind, [one, many]]) => {
    const count = leases.filter((lease) => lease.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  const wrong = leases.filter(({ problems }) => problems.length > 0).length;
  const all = `${leases.length} lease${leases.length === 1 ? '' : 's'}: ${kinds.join(', ')}`;
  return wrong === 0 ? all : `${all}; ${wrong} with problems`;
}

/** The document of `list -o json` and `-o yaml`. */
export function listJson(leases: readonly ListedLease[]): unknown {
  return leases.map(leaseJson);
}

/** One lease in that document. */
export function leaseJson(lease: ListedLease): unknown {
  return {
    subnet: lease.subnet,
    ipv6Subnet: lease.ipv6Subnet,
    publicIP: lease.publicIP,
    publicIPv6: lease.publicIPv6,
    backendType: lease.backendType,
    vtepMAC: lease.vtepMAC,
    vtepMACv6: lease.vtepMACv6,
    vni: lease.vni,
    expires: lease.expires,
    ttl: lease.ttl,
    kind: lease.kind,
    name: lease.name,
    inAllocationRange: lease.inAllocationRange,
    key: lease.key,
    problems: lease.problems.map(problemJson),
  };
}
