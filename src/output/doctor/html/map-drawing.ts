import { formatAddress, formatSubnet } from '../../../model/address.ts';
import { type AddressMap, addressMap, type BlockKind } from '../../../model/address-map.ts';
import type { AllocationRange } from '../../../model/network-config.ts';
import { drawing, element, type Markup } from './element.ts';
import type { DoctorPage } from './input.ts';

const COLUMNS = 64;
const ROWS = 4;
const CELL = 15;

const LEGEND: readonly { readonly kind: BlockKind; readonly text: string }[] = [
  { kind: 'node', text: 'nodes' },
  { kind: 'bigip', text: 'BIG-IP' },
  { kind: 'reservation', text: 'other reservation' },
  { kind: 'conflict', text: 'conflict' },
  { kind: 'free', text: 'free' },
  { kind: 'outside', text: 'never handed out' },
];

/** The address map of each family; null when there is no network to map. */
export function mapDrawings({ live, site }: DoctorPage): readonly Markup[] {
  if (live === null) return [];
  const ranges = [live.config?.ipv4, live.config?.ipv6].filter((range) => range != null);
  return ranges.map((range) => strip(range, addressMap(range, live, site, COLUMNS * ROWS)));
}

function strip(range: AllocationRange, map: AddressMap): Markup {
  const { blocks, left, subnetsPerBlock } = map;
  const text = (value: bigint) => formatAddress(range.family, value);
  const lines = Math.ceil(blocks.length / COLUMNS);
  const top = 26;
  const cells = blocks.map((kind, i) =>
    element('rect', {
      x: 1 + (i % COLUMNS) * CELL,
      y: top + Math.floor(i / COLUMNS) * (CELL + 2),
      width: CELL - 2,
      height: CELL,
      rx: 2,
      class: kind,
    }),
  );
  const below = top + lines * (CELL + 2) + 16;
  let x = 1;
  const legend = LEGEND.flatMap(({ kind, text: words }) => {
    const at = x;
    x += 28 + words.length * 7.4;
    return [
      element('rect', { x: at, y: below - 10, width: 11, height: 11, rx: 2, class: kind }),
      element('text', { x: at + 16, y: below, class: 'quiet' }, words),
    ];
  });
  const each = subnetsPerBlock === 1n ? 'a subnet' : `${subnetsPerBlock} subnets`;
  const handed = `${text(range.subnetMin)} to ${text(range.subnetMax)}`;
  const head = `${formatSubnet(range.network)}: flannel hands out ${handed}, ${left.free} of ${left.total} free`;
  return drawing(
    { width: COLUMNS * CELL + 2, height: below + 8 },
    { title: 'Address map', description: `${head}; each block is ${each}` },
    [element('text', { x: 1, y: 14 }, `${head}; a block is ${each}`), ...cells, ...legend],
  );
}
