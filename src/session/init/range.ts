import { formatAddress, formatSubnet, type Subnet } from '../../model/address.ts';
import { isInRange } from '../../model/allocation.ts';
import { nodesOf } from '../../model/bigip-lease.ts';
import { type AllocationRange, rangeEndFields } from '../../model/network-config.ts';
import { proposeRange, type RangeEnds } from '../../model/propose.ts';
import { draftConfig, objectionAt, type SiteDraft } from '../../model/site-draft.ts';
import type { LiveState } from '../../model/snapshot.ts';
import { bigipSubnets } from './bigips.ts';
import type { Interview } from './interview.ts';

/** A range that hands out subnets of BIG-IPs, and what would mend it. */
export interface RangeClash {
  readonly range: AllocationRange;
  /** The BIG-IPs' subnets that it hands out. */
  readonly inside: readonly Subnet[];
  /** Null when no single range leaves them out and keeps every living node. */
  readonly mended: RangeEnds | null;
}

/** What the draft's allocation ranges hand out although BIG-IPs reserve it, family by family. */
export function rangeClashes(draft: SiteDraft, live: LiveState | null): RangeClash[] {
  return rangesOf(draft).flatMap((range) => {
    const clash = clashOf(range, draft, live);
    return clash.inside.length > 0 ? [clash] : [];
  });
}

function rangesOf(draft: SiteDraft): AllocationRange[] {
  const config = draftConfig(draft);
  return [config?.ipv4, config?.ipv6].filter((range) => range != null);
}

function clashOf(range: AllocationRange, draft: SiteDraft, live: LiveState | null): RangeClash {
  const subnets = bigipSubnets(draft, range.family);
  const nodes = nodesOf(live?.leases ?? [], [])
    .map((node) => (range.family === 4 ? node.subnet : node.ipv6Subnet))
    .filter((subnet) => subnet !== null);
  const inside = subnets.filter((subnet) => isInRange(subnet, range));
  return { range, inside, mended: proposeRange(range, subnets, nodes) };
}

/** Why there is no range to propose, in one line. */
export function noRange({ range, inside }: RangeClash): string {
  const which = inside.map(formatSubnet).join(', ');
  return `No IPv${range.family} range leaves out ${which} and keeps the subnets of all living nodes: give the BIG-IP a subnet above or below theirs`;
}

/** Asks for the allocation range where a BIG-IP's subnet has to be left out, or flags say it. */
export async function askRanges(
  interview: Interview,
  draft: SiteDraft,
  live: LiveState | null,
): Promise<SiteDraft> {
  let ranged = draft;
  for (const range of rangesOf(draft)) {
    const clash = clashOf(range, ranged, live);
    const given = flagsOf(range).some((flag) => interview.args.text(flag) !== undefined);
    if (given || clash.inside.length > 0) ranged = await askRange(interview, ranged, clash);
  }
  return ranged;
}

function flagsOf({ family }: AllocationRange): readonly [string, string] {
  return family === 4 ? ['subnet-min', 'subnet-max'] : ['ipv6-subnet-min', 'ipv6-subnet-max'];
}

async function askRange(
  interview: Interview,
  draft: SiteDraft,
  clash: RangeClash,
): Promise<SiteDraft> {
  const { range, mended } = clash;
  const names = rangeEndFields(range.family);
  const [minFlag, maxFlag] = flagsOf(range);
  const pointers = names.map((name) => `/network/${name}`);
  if (mended === null) interview.say(noRange(clash));
  const textOf = (value: bigint | undefined) =>
    value === undefined ? undefined : formatAddress(range.family, value);
  const min = await interview.text({
    flag: `--${minFlag}`,
    message: `First ${range.family === 4 ? '' : 'IPv6 '}subnet that flannel hands out:`,
    given: interview.args.text(minFlag),
    initial: textOf(mended?.subnetMin),
    // The last one is not known yet: judged as a range of one subnet.
    check: (text) => objectionAt(withRange(draft, range, text, text), ...pointers),
  });
  const max = await interview.text({
    flag: `--${maxFlag}`,
    message: `Last ${range.family === 4 ? '' : 'IPv6 '}subnet that flannel hands out:`,
    given: interview.args.text(maxFlag),
    initial: textOf(mended?.subnetMax),
    check: (text) => objectionAt(withRange(draft, range, min, text), ...pointers),
  });
  return withRange(draft, range, min, max);
}

/** A draft with another range, which stands behind the network. */
function withRange(draft: SiteDraft, range: AllocationRange, min: string, max: string): SiteDraft {
  const ends = new Map(
    rangeEndFields(range.family).map((name, i) => [name as string, [min, max][i]]),
  );
  const network = range.family === 4 ? 'Network' : 'IPv6Network';
  const entries = Object.entries(draft.network).flatMap(([key, value]): [string, unknown][] => {
    if (key !== network) return ends.has(key) ? [] : [[key, value]];
    return [[key, value], ...ends];
  });
  return { ...draft, network: Object.fromEntries(entries) };
}
