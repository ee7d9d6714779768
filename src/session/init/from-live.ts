import { formatAddress, formatSubnet } from '../../model/address.ts';
import type { EtcdDocument } from '../../model/generated/documents.ts';
import { bigipsOfLive, networkOfLive } from '../../model/live-draft.ts';
import { rangeEndFields } from '../../model/network-config.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import type { SiteDraft } from '../../model/site-draft.ts';
import type { LiveState } from '../../model/snapshot.ts';
import type { Args } from '../options.ts';
import type { Drafted } from './drafted.ts';
import { INIT_OPTIONS } from './options.ts';
import { noRange, type RangeClash, rangeClashes } from './range.ts';

/** The flags that say what `--from-live` reads from etcd instead. */
const READ_INSTEAD = /^(network|subnet-|vni|port$|ipv6-|bigip(?!-name)|without-bigip|offline)/;

/** @throws Problem (exit 64) when flags say what live state is to say. */
export function refuseAnswers(args: Args): void {
  const surplus = INIT_OPTIONS.find(
    ({ flag }) => READ_INSTEAD.test(flag) && (args.on(flag) || args.text(flag) !== undefined),
  );
  if (surplus === undefined) return;
  throw new Problem(`--${surplus.flag} does not go with --from-live, which reads it from etcd`, {
    exit: EXIT.usage,
    fix: 'leave one of them out, or change the written file',
  });
}

/**
 * The site as it is live: the network config key for key, and every reservation that can be a
 * BIG-IP. What cannot be taken over, and what should be another way, becomes a note.
 *
 * @throws Problem when there is no network config that flannel can start with.
 */
export function draftOfLive(
  name: string,
  etcd: EtcdDocument,
  live: LiveState,
  args: Args,
): Drafted {
  const found = networkOfLive(live);
  if (found === null) throw noConfig(live);
  const bare: SiteDraft = { name, etcd, network: found.network, bigips: [] };
  const { offered, refused } = bigipsOfLive(bare, live, args.list('bigip-name'));
  const draft = { ...bare, bigips: offered.map(({ bigip }) => bigip) };
  const range = rangeClashes(draft, live).flatMap((clash) => rangeNotes(clash, draft));
  return { draft, notes: { network: found.notes, range }, refused };
}

function noConfig({ snapshot }: LiveState): Problem {
  const { config, prefix } = snapshot;
  return new Problem(
    config === null
      ? `there is no network config under ${prefix} to write down`
      : `flannel refuses the live network config ${config.key}, so there is nothing to write down`,
    { exit: EXIT.failed, fix: 'check --prefix and --etcd-api, or leave out --from-live' },
  );
}

/** The mended range, as a reader can take it over. */
function rangeNotes(clash: RangeClash, { bigips }: SiteDraft): string[] {
  const { range, inside, mended } = clash;
  const owners = bigips
    .filter(({ subnet, ipv6Subnet }) =>
      inside.some((one) => [subnet, ipv6Subnet].includes(formatSubnet(one))),
    )
    .map((bigip) => bigip.name);
  const what = `flannel may hand out ${inside.map(formatSubnet).join(', ')}, reserved for ${owners.join(', ')}.`;
  if (mended === null) return [what, `${noRange(clash)}.`];
  const [min, max] = rangeEndFields(range.family);
  const text = (value: bigint) => {
    const address = formatAddress(range.family, value);
    return range.family === 4 ? address : JSON.stringify(address);
  };
  return [
    what,
    "This range leaves that out and keeps every living node's subnet:",
    `${min}: ${text(mended.subnetMin)}`,
    `${max}: ${text(mended.subnetMax)}`,
  ];
}
