import { formatAddress, formatSubnet, sizeOf } from '../model/address.ts';
import {
  type AddressMap,
  addressMap,
  type BlockKind,
  type Holder,
  holderText,
} from '../model/address-map.ts';
import type { AllocationRange } from '../model/network-config.ts';
import type { Site } from '../model/site.ts';
import type { LiveState } from '../model/snapshot.ts';
import { printable, type Style } from './style.ts';
import { wrap, wrapBehind } from './wrap.ts';

/** Where nothing says how wide the output may be: a pipe, or a terminal that was never given a size. */
const DEFAULT_WIDTH = 80;

/** A map is at most so many rows high. */
const MAX_ROWS = 16;

const MIN_COLUMNS = 4;

const GAP = '  ';

/** How many overlaps, or other things of one kind, are named before they are only counted. */
const NAMED = 8;

/** The order of the legend. Each kind is another character: the map reads without colour. */
const SYMBOLS: Readonly<Record<BlockKind, readonly [unicode: string, ascii: string]>> = {
  node: ['█', '#'],
  partly: ['▒', '+'],
  bigip: ['B', 'B'],
  reservation: ['R', 'R'],
  conflict: ['X', 'X'],
  free: ['░', '-'],
  outside: ['·', '.'],
};

/**
 * The map of `list -o map`: a strip of blocks with its legend for each family of the network.
 * Null when there is no network to map; `noMapText` says why.
 */
export function mapText(live: LiveState, site: Site | null, style: Style): string | null {
  const ranges = [live.config?.ipv4, live.config?.ipv6].filter((range) => range != null);
  if (ranges.length === 0) return null;
  const strips = ranges.map((range) => {
    const columns = columnsOf(range, style);
    const map = addressMap(range, live, site, columns * MAX_ROWS);
    return stripText(map, Math.min(columns, map.blocks.length), style);
  });
  return strips.join('\n\n');
}

/** Why there is no map, in one line. */
export function noMapText(live: LiveState, store: string): string {
  const { config, prefix } = live.snapshot;
  const why =
    config === null
      ? `there is no network config under ${prefix}`
      : live.config === null
        ? `flannel refuses the network config under ${prefix}`
        : `the network config under ${prefix} has both families off`;
  return printable(`no map: ${why} in ${store}`);
}

/** The most columns that fit beside the rows' addresses; a power of two, so that these are round. */
function columnsOf(range: AllocationRange, style: Style): number {
  const width = style.width || DEFAULT_WIDTH;
  let columns = MIN_COLUMNS;
  while (labelWidth(rowLabels(range, columns * 2)) + GAP.length + columns * 2 <= width) {
    columns *= 2;
  }
  return columns;
}

/** The addresses at which the rows begin. */
function rowLabels({ family, network, subnetLen }: AllocationRange, columns: number): string[] {
  const size = sizeOf(family, network.length);
  const rowOfSubnets = sizeOf(family, subnetLen) * BigInt(columns);
  const least = size / BigInt(MAX_ROWS);
  const step = rowOfSubnets > least ? rowOfSubnets : least;
  const labels: string[] = [];
  for (let at = 0n; at < size; at += step) labels.push(formatAddress(family, network.base + at));
  return labels;
}

function labelWidth(labels: readonly string[]): number {
  return Math.max(...labels.map((label) => label.length));
}

function stripText(map: AddressMap, columns: number, style: Style): string {
  const labels = rowLabels(map.range, columns);
  const width = labelWidth(labels);
  const rows = labels.map((label, i) => {
    const blocks = map.blocks.slice(i * columns, (i + 1) * columns);
    return `${label.padEnd(width)}${GAP}${rowText(blocks, style)}`;
  });
  return [wrap(headLine(map), style, 2), '', ...rows, '', ...legend(map, style)].join('\n');
}

function headLine({ range, subnetsPerBlock, blocks }: AddressMap): string {
  const total = countText(subnetsPerBlock * BigInt(blocks.length));
  const block = subnetsPerBlock === 1n ? 'a subnet' : `${countText(subnetsPerBlock)} subnets`;
  return `${formatSubnet(range.network)}: ${total} subnets of /${range.subnetLen}, each block is ${block}`;
}

/** IPv6 networks hold numbers that nobody reads. */
function countText(count: bigint): string {
  const bits = count.toString(2).length - 1;
  return bits >= 20 && count === 1n << BigInt(bits) ? `2^${bits}` : String(count);
}

/** Blocks of one kind that stand together are painted together. */
function rowText(blocks: readonly BlockKind[], style: Style): string {
  let text = '';
  for (let start = 0; start < blocks.length; ) {
    const kind = blocks[start] ?? 'outside';
    let end = start + 1;
    while (blocks[end] === kind) end++;
    text += paint(kind, symbolOf(kind, style).repeat(end - start), style);
    start = end;
  }
  return text;
}

function symbolOf(kind: BlockKind, style: Style): string {
  return SYMBOLS[kind][style.unicode ? 0 : 1];
}

function paint(kind: BlockKind, text: string, { colour }: Style): string {
  switch (kind) {
    case 'conflict':
      return colour.red(text);
    case 'bigip':
      return colour.cyan(text);
    case 'reservation':
      return colour.blue(text);
    case 'node':
    case 'partly':
      return colour.green(text);
    case 'free':
      return text;
    case 'outside':
      return colour.dim(text);
  }
}

const ALWAYS_TOLD: readonly BlockKind[] = ['node', 'free'];

/** A line for each kind that the map shows, and always how much is held and left. */
function legend(map: AddressMap, style: Style): string[] {
  const shown = new Set(map.blocks);
  return (Object.keys(SYMBOLS) as BlockKind[])
    .filter((kind) => ALWAYS_TOLD.includes(kind) || shown.has(kind) || notes(kind, map).length > 0)
    .flatMap((kind) => {
      const [first = '', ...more] = [meaning(kind, map), ...notes(kind, map)];
      const symbol = paint(kind, symbolOf(kind, style), style);
      return [
        wrapBehind(`${symbol} `, printable(first), style),
        ...more.map((line) => wrap(`    ${printable(line)}`, style, 6)),
      ];
    });
}

function meaning(kind: BlockKind, map: AddressMap): string {
  const { range, left, holders } = map;
  const { family, subnetMin, subnetMax } = range;
  const many = (of: Holder['kind']) => holders.filter((holder) => holder.kind === of).length;
  switch (kind) {
    case 'node':
      return `node leases: ${many('node')}`;
    case 'partly':
      return 'node leases and free subnets in one block';
    case 'bigip':
      return `BIG-IPs: ${many('bigip')}`;
    case 'reservation':
      return `reservations: ${many('reservation')}`;
    case 'conflict':
      return 'conflicts';
    case 'free': {
      const ends = [subnetMin, subnetMax].map((end) => formatAddress(family, end)).join(' .. ');
      return `free: ${countText(left.free)} of ${countText(left.total)} subnets left in the allocation range ${ends}`;
    }
    case 'outside':
      return 'outside the allocation range';
  }
}

/** The lines below a kind's line, which name what is of it. */
function notes(kind: BlockKind, map: AddressMap): string[] {
  const { holders, overlaps, misfits, strangers } = map;
  const of = (wanted: Holder['kind']) => holders.filter((holder) => holder.kind === wanted);
  switch (kind) {
    case 'bigip':
      return named(
        of('bigip'),
        (one) => `${holderText(one)}${one.hasLease ? '' : ' (no lease yet)'}`,
      );
    case 'reservation':
      return named(of('reservation'), holderText);
    case 'conflict':
      return [
        ...named(overlaps, ([one, other]) => `${holderText(one)} overlaps ${holderText(other)}`),
        ...named(misfits, (one) => `node ${holderText(one)} does not fit the network config`),
      ];
    case 'outside':
      return named(strangers, (one) => `${holderText(one)} is not inside the network`);
    default:
      return [];
  }
}

function named<T>(all: readonly T[], text: (one: T) => string): string[] {
  const more = all.length - NAMED;
  return [...all.slice(0, NAMED).map(text), ...(more > 0 ? [`and ${more} more`] : [])];
}
