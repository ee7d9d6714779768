import {
  formatAddress,
  formatSubnet,
  parseAddress,
  parseSubnet,
  type Subnet,
} from '../../model/address.ts';
import { nodesOf } from '../../model/bigip-lease.ts';
import type { BigipDocument } from '../../model/generated/documents.ts';
import {
  bigipsOfLive,
  nextName,
  ownReservation,
  type RefusedReservation,
} from '../../model/live-draft.ts';
import { isVxlan } from '../../model/network-config.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { proposeSelfIP, proposeSubnet } from '../../model/propose.ts';
import {
  draftConfig,
  objectionToBigip,
  type PartialBigip,
  type SiteDraft,
} from '../../model/site-draft.ts';
import type { LiveState } from '../../model/snapshot.ts';
import { suggest } from '../../model/suggest.ts';
import type { Args } from '../options.ts';
import { namesDevice } from './device-url.ts';
import type { Interview } from './interview.ts';

type Field = Exclude<keyof BigipDocument, 'management'>;

/** The flag that answers for each field of a site's only BIG-IP. */
const FLAGS: Record<Field, string> = {
  name: 'bigip-name',
  subnet: 'bigip-subnet',
  publicIP: 'bigip-public-ip',
  vtepMAC: 'bigip-vtep-mac',
  selfIP: 'bigip-self-ip',
  ipv6Subnet: 'bigip-ipv6-subnet',
  publicIPv6: 'bigip-public-ipv6',
  vtepMACv6: 'bigip-vtep-mac-v6',
  selfIPv6: 'bigip-self-ipv6',
};

const FIELDS = Object.keys(FLAGS) as Field[];
const IPV6_FIELDS: readonly Field[] = ['ipv6Subnet', 'publicIPv6', 'vtepMACv6', 'selfIPv6'];

/** What each field is asked for with; the name is put in front. */
const MESSAGES: Record<Field, string> = {
  name: 'name',
  subnet: 'subnet, reserved for it',
  publicIP: "public IP (underlay self IP, the tunnel's local address)",
  vtepMAC: 'VTEP MAC (tmsh show net tunnels tunnel NAME all-properties)',
  selfIP: 'overlay self IP on the tunnel',
  ipv6Subnet: 'IPv6 subnet',
  publicIPv6: 'public IPv6 address',
  vtepMACv6: 'VTEP MAC of the IPv6 tunnel',
  selfIPv6: 'overlay IPv6 self IP',
};

/** The BIG-IPs of a new site. */
export interface AskedBigips {
  readonly bigips: readonly BigipDocument[];
  readonly refused: readonly RefusedReservation[];
}

/** What flags say of BIG-IPs, or the devices that flags name. */
async function describedBigips(
  interview: Interview,
  draft: SiteDraft,
  folder: string,
): Promise<PartialBigip[]> {
  const described: PartialBigip[] = [];
  for (const one of bigipsOfFlags(interview.args)) {
    if (typeof one !== 'string') {
      described.push(one);
      continue;
    }
    const [url = '', ...rest] = one.split(',');
    const said = await askDevice(url, interview, draft, folder);
    // What is written behind the address is better known than what the device says.
    described.push({ ...said, ...(rest.length > 0 ? bigipOfFlag(rest.join(',')) : {}) });
  }
  return described;
}

/** @param folder where the site file is to lie */
async function askDevice(
  url: string,
  interview: Interview,
  draft: SiteDraft,
  folder: string,
): Promise<PartialBigip> {
  // What is of BIG-IPs themselves is not loaded where none is asked.
  const { bigipOfDevice } = await import('./from-device.ts');
  return bigipOfDevice(url, interview, draft, folder);
}

/** Asks for the BIG-IPs: those that flags describe, else live reservations and new ones. */
export async function askBigips(
  interview: Interview,
  draft: SiteDraft,
  live: LiveState | null,
  folder: string,
): Promise<AskedBigips> {
  const described = await describedBigips(interview, draft, folder);
  if (interview.args.on('without-bigip')) return { bigips: [], refused: [] };
  const asking = new AskedOneByOne(interview, draft, live);
  if (described.length > 0) {
    for (const given of described) await asking.add({ given, flagOf: flagIn(given, interview) });
    return { bigips: asking.bigips, refused: [] };
  }
  const config = draftConfig(draft);
  if (config !== null && !isVxlan(config)) {
    interview.say(`No BIG-IP is asked for: ${config.backendType} can carry none, only vxlan can.`);
    return { bigips: [], refused: [] };
  }
  const found = live === null ? { offered: [], refused: [] } : bigipsOfLive(draft, live);
  for (const refused of found.refused) interview.say(refusedText(refused));
  for (const { bigip } of found.offered) {
    const { name: _, ...known } = bigip;
    const what = `${bigip.subnet} (public IP ${bigip.publicIP}, MAC ${bigip.vtepMAC})`;
    if (await interview.whether(`Is ${what} a BIG-IP?`, true)) await asking.add({ known });
  }
  if (interview.asks) while (await another(interview, asking.bigips)) await asking.add({});
  else if (found.offered.length === 0) await asking.add({});
  return { bigips: asking.bigips, refused: found.refused };
}

/** Tells of a reservation that stays outside the file. */
export function refusedText({ name, reason }: RefusedReservation): string {
  return `The reservation ${name} cannot be declared: ${reason}`;
}

/** How the fields of a BIG-IP that flags describe are named when they are missing. */
function flagIn({ name }: PartialBigip, { args }: Interview): (field: Field) => string {
  if (args.each('bigip').length === 0) return onlyFlag;
  return (field) => `--bigip ${name === undefined ? '' : `name=${name},`}${field}=...`;
}

function onlyFlag(field: Field): string {
  return `--${FLAGS[field]}`;
}

/** BIG-IPs as they are asked for: each is judged beside those before it. */
class AskedOneByOne {
  bigips: readonly BigipDocument[] = [];

  constructor(
    readonly interview: Interview,
    readonly draft: SiteDraft,
    readonly live: LiveState | null,
  ) {}

  async add({ given = {}, known = {}, flagOf = onlyFlag }: Partial<Sources>): Promise<void> {
    const draft = { ...this.draft, bigips: this.bigips };
    const sources = { given, known, flagOf };
    this.bigips = [...this.bigips, await askBigip(this.interview, draft, this.live, sources)];
  }
}

function another(interview: Interview, bigips: readonly BigipDocument[]): Promise<boolean> {
  if (bigips.length === 0) return interview.whether('Is there a BIG-IP?', true);
  const names = bigips.map(({ name }) => name).join(', ');
  return interview.whether(`Another BIG-IP beside ${names}?`, false);
}

/** Where the answers about one BIG-IP come from. */
interface Sources {
  /** From flags: checked, and wrong usage when they will not do. */
  readonly given: PartialBigip;
  /** From live state: valid already. */
  readonly known: PartialBigip;
  readonly flagOf: (field: Field) => string;
}

async function askBigip(
  interview: Interview,
  draft: SiteDraft,
  live: LiveState | null,
  { given, known, flagOf }: Sources,
): Promise<BigipDocument> {
  const dualStack = (draftConfig(draft)?.ipv6 ?? null) !== null;
  const { management } = given;
  const own = live === null ? undefined : ownReservation(draft, live, given);
  let answered: PartialBigip = management === undefined ? {} : { management };
  for (const field of FIELDS) {
    const value = given[field];
    if (value === undefined && !dualStack && IPV6_FIELDS.includes(field)) continue;
    const text =
      known[field] ??
      (await interview.text({
        flag: flagOf(field),
        message: `${answered.name ?? `BIG-IP ${draft.bigips.length + 1}`}: ${MESSAGES[field]}:`,
        given: value,
        initial: initialOf(field),
        optional: isSelfIP(field),
        check: (typed) => objectionToBigip(draft, { ...answered, [field]: typed }, field, live),
      }));
    if (text !== '') answered = { ...answered, [field]: text };
  }
  function initialOf(field: Field): string | undefined {
    if (own !== undefined && (field === 'subnet' || field === 'ipv6Subnet')) return own[field];
    // What is on the BIG-IP already is not guessed.
    const isThere = known.subnet !== undefined || (own && own.subnet === answered.subnet);
    return isSelfIP(field) && isThere ? undefined : propose(field, draft, answered, live);
  }

  const { management: _, ...values } = answered;
  return { ...values, ...(management === undefined ? {} : { management }) } as BigipDocument;
}

function isSelfIP(field: Field): boolean {
  return field === 'selfIP' || field === 'selfIPv6';
}

/** What a field most likely is; undefined for what nobody can guess. */
function propose(
  field: Field,
  draft: SiteDraft,
  answered: PartialBigip,
  live: LiveState | null,
): string | undefined {
  switch (field) {
    case 'name':
      return nextName(draft.bigips);
    case 'subnet':
      return nextSubnet(draft, live, 4);
    case 'ipv6Subnet':
      return nextSubnet(draft, live, 6);
    case 'selfIP':
      return nextSelfIP(draft, answered.subnet, 'subnet', 'selfIP');
    case 'selfIPv6':
      return nextSelfIP(draft, answered.ipv6Subnet, 'ipv6Subnet', 'selfIPv6');
    default:
      return undefined;
  }
}

function nextSubnet(draft: SiteDraft, live: LiveState | null, family: 4 | 6): string | undefined {
  const config = draftConfig(draft);
  const range = family === 4 ? config?.ipv4 : config?.ipv6;
  if (!range) return undefined;
  const side = family === 4 ? 'subnet' : 'ipv6Subnet';
  const ofLeases = (leases: LiveState['leases']) => subnetsOf(leases.map((lease) => lease[side]));
  const leases = live?.leases ?? [];
  const taken = [...ofLeases(leases), ...bigipSubnets(draft, family)];
  const subnet = proposeSubnet(range, taken, ofLeases(nodesOf(leases, [])));
  return subnet === null ? undefined : formatSubnet(subnet);
}

function nextSelfIP(
  { bigips }: SiteDraft,
  subnetText: string | undefined,
  subnetField: 'subnet' | 'ipv6Subnet',
  selfField: 'selfIP' | 'selfIPv6',
): string | undefined {
  const subnet = parseSubnet(subnetText ?? '');
  if (subnet === null) return undefined;
  const like = bigips.findLast((bigip) => bigip[selfField] !== undefined);
  const previous = like && parseSubnet(like[subnetField] ?? '');
  const selfIP = like && parseAddress(like[selfField] ?? '');
  const found = proposeSelfIP(subnet, previous && selfIP ? { subnet: previous, selfIP } : null);
  return found === null ? undefined : formatAddress(found.family, found.value);
}

/** The subnets of one family that a draft's BIG-IPs have. */
export function bigipSubnets({ bigips }: SiteDraft, family: 4 | 6): Subnet[] {
  const side = family === 4 ? 'subnet' : 'ipv6Subnet';
  return subnetsOf(bigips.map((bigip) => parseSubnet(bigip[side] ?? '')));
}

function subnetsOf(subnets: readonly (Subnet | null)[]): Subnet[] {
  return subnets.filter((subnet) => subnet !== null);
}

/** What flags say of BIG-IPs: `--bigip` of several, `--bigip-...` of one. */
function bigipsOfFlags(args: Args): (PartialBigip | string)[] {
  const one = Object.fromEntries(
    FIELDS.flatMap((field) => {
      const values = args.each(FLAGS[field]);
      return values.length === 0 ? [] : [[field, values.join(',')]];
    }),
  );
  const several = args.each('bigip').map((text) => (namesDevice(text) ? text : bigipOfFlag(text)));
  const single = Object.keys(one).length > 0;
  const kinds = [several.length > 0, single, args.on('without-bigip')];
  if (kinds.filter(Boolean).length > 1) {
    throw new Problem('--bigip, --bigip-... and --without-bigip exclude one another', {
      exit: EXIT.usage,
      fix: 'describe several BIG-IPs with one --bigip each',
    });
  }
  return single ? [one] : several;
}

/** `name=bigip-1,subnet=10.244.100.0/24,...` */
function bigipOfFlag(text: string): PartialBigip {
  const entries = text.split(',').map((part) => {
    const [key = '', ...value] = part.split('=');
    if (FIELDS.includes(key as Field) && value.length > 0) return [key, value.join('=')];
    const meant = suggest(key, FIELDS);
    throw new Problem(`--bigip ${text}: ${JSON.stringify(part)} is not KEY=VALUE`, {
      exit: EXIT.usage,
      fix: meant === undefined ? `keys: ${FIELDS.join(', ')}` : `did you mean ${meant}=...?`,
    });
  });
  return Object.fromEntries(entries);
}
