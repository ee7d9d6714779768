import {
  formatAddress,
  formatSubnet,
  rangeOf,
  rangesOverlap,
  type Subnet,
  sizeOf,
} from '../address.ts';
import type { Finding, RuleId } from '../finding.ts';
import {
  type AllocationRange,
  type ConfigField,
  rangeAddresses,
  rangeEndFields,
} from '../network-config.ts';

/** Where a network config stands in its document. */
export interface ConfigPlace {
  /** JSON pointer of the config: '' or '/network'. */
  readonly base: string;
  /** The pointer of a field of it, as it is spelt; null when it is absent. */
  pathOf(field: ConfigField): string | null;
}

/** A subnet that a BIG-IP reserves. */
interface ReservedSubnet {
  readonly name: string;
  readonly subnet: Subnet;
}

function found(rule: RuleId, path: string, message: string, fix?: string): Finding {
  return { rule, severity: 'error', path, message, ...(fix ? { fix } : {}) };
}

/** The allocation range, both ends included, must leave every BIG-IP's subnet out. */
export function checkAgainstRange(
  sides: readonly ReservedSubnet[],
  range: AllocationRange,
  place: ConfigPlace,
): Finding[] {
  if (range.subnetMin > range.subnetMax) return [];
  const [minName, maxName] = rangeEndFields(range.family);
  const handedOut = rangeAddresses(range);
  const inside = sides.filter((side) => rangesOverlap(handedOut, rangeOf(side.subnet)));
  if (inside.length === 0) return [];
  const path = place.pathOf(maxName) ?? place.pathOf(minName) ?? place.base;
  const cure = rangeWithout(
    sides.map((side) => side.subnet),
    range,
  );
  const text = ({ subnetMin, subnetMax }: Pick<AllocationRange, 'subnetMin' | 'subnetMax'>) =>
    [subnetMin, subnetMax].map((value) => formatAddress(range.family, value)) as [string, string];
  const [from, to] = text(range);
  const findings = inside.map((side) => {
    const what = `${minName} ${from} to ${maxName} ${to} lets flannel hand out ${formatSubnet(side.subnet)}, which ${side.name} reserves`;
    if (cure === null) {
      const fix = 'no range is left beside the BIG-IPs: give them other subnets';
      return found('range-includes-bigip', path, what, fix);
    }
    const [min, max] = text(cure);
    const fix = `set ${minName}: ${min} and ${maxName}: ${max}`;
    const finding = found('range-includes-bigip', path, `${what}; ${min} to ${max} would do`, fix);
    return { ...finding, mend: { fields: { [minName]: min, [maxName]: max } } };
  });
  if (cure !== null) return findings;
  const message = 'the BIG-IPs reserve the whole allocation range: nothing is left to hand out';
  return [...findings, found('range-empty', path, message)];
}

/**
 * A part of a range that overlaps none of the subnets: the first, where nodes most likely already
 * are, unless it holds less than a quarter of the range; then the largest. Null when none is left.
 */
export function rangeWithout(
  subnets: readonly Subnet[],
  range: AllocationRange,
): Pick<AllocationRange, 'subnetMin' | 'subnetMax'> | null {
  const gaps = gapsBeside(subnets, range);
  const span = (gap: (typeof gaps)[number]) => gap.subnetMax - gap.subnetMin;
  const [first] = gaps;
  if (first === undefined) return null;
  if (span(first) * 4n >= range.subnetMax - range.subnetMin) return first;
  return gaps.reduce((best, gap) => (span(gap) > span(best) ? gap : best));
}

/** The parts of a range that overlap none of the subnets, lowest first. */
export function gapsBeside(
  subnets: readonly Subnet[],
  range: AllocationRange,
): Pick<AllocationRange, 'subnetMin' | 'subnetMax'>[] {
  const size = sizeOf(range.family, range.subnetLen);
  const end = rangeAddresses(range).last + 1n;
  const taken = subnets
    .map(rangeOf)
    .filter((one) => rangesOverlap(one, rangeAddresses(range)))
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  const gaps: Pick<AllocationRange, 'subnetMin' | 'subnetMax'>[] = [];
  let next = range.subnetMin;
  // A subnet may reach over several blocks or lie within one: gaps are rounded inwards to blocks.
  for (const one of [...taken, { first: end, last: end }]) {
    const subnetMax = one.first - (one.first % size) - size;
    if (subnetMax >= next) gaps.push({ subnetMin: next, subnetMax });
    const after = one.last - (one.last % size) + size;
    if (after > next) next = after;
  }
  return gaps;
}
