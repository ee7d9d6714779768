import { Document, isMap, isScalar, isSeq, type Pair, Scalar, visit, type YAMLMap } from 'yaml';
import { parseAddress, parseSubnet } from './address.ts';
import { printableLines } from './printable.ts';
import { draftDocument, type SiteDraft } from './site-draft.ts';

/** What a written site file says beside its values, one line of comment each. */
export interface SiteNotes {
  /** Before the network config. */
  readonly network: readonly string[];
  /** Where the allocation range stands. */
  readonly range: readonly string[];
  /** Behind the last BIG-IP. */
  readonly bigips: readonly string[];
}

/** Comments where a reader would ask why, by the key they stand behind. */
const WHY = {
  name: 'typed to confirm a change that endangers living nodes',
  api: 'flannel up to v0.17 reads v2, from v0.18 on v3',
  SubnetMax: 'the last subnet that flannel hands out, itself included',
  publicIP: "underlay self IP: the tunnel's local address",
  vtepMAC: 'tmsh show net tunnels tunnel NAME all-properties',
  selfIP: 'overlay self IP on the tunnel; the lease does not hold it',
} as const;

/**
 * The text of a site file: YAML with comments, its first line for editors.
 *
 * @param schema address of the site file's JSON Schema
 */
export function siteText(draft: SiteDraft, notes: SiteNotes, schema: string): string {
  // Texts that readers of YAML 1.1 would take for numbers or booleans are quoted too.
  const document = new Document(draftDocument(draft), { compat: 'yaml-1.1' });
  document.commentBefore = ` yaml-language-server: $schema=${schema}`;
  visit(document, {
    Scalar(_, scalar) {
      quoteIpv6(scalar);
      quoteUnprintable(scalar);
    },
  });
  const site = mapOf(document.contents);
  explain(site, 'name', WHY.name);
  const etcd = childOf(site, 'etcd');
  head(site, 'etcd', ['Flags and environment (ETCDCTL_*, FLANNELD_*) come before these.']);
  explain(etcd, 'api', WHY.api);
  describeNetwork(site, notes);
  describeBigips(site, notes.bigips);
  // Values and comments may be of a live config that somebody else wrote.
  return printableLines(document.toString({ lineWidth: 0 }));
}

function describeNetwork(site: YAMLMap, notes: SiteNotes): void {
  head(site, 'network', ["flannel's own network config, key for key.", ...notes.network]);
  const network = childOf(site, 'network');
  for (const { value } of pairsOf(network)) if (isFlat(value)) value.flow = true;
  const end = pairsOf(network).find(({ key }) => /^SubnetM(in|ax)$/.test(String(key)));
  if (notes.range.length === 0) explain(network, 'SubnetMax', WHY.SubnetMax);
  else if (end !== undefined && isScalar(end.key)) end.key.commentBefore = lines(notes.range);
  else network.comment = lines(notes.range);
}

function describeBigips(site: YAMLMap, notes: readonly string[]): void {
  const bigips = pairOf(site, 'bigips')?.value;
  if (isSeq(bigips)) {
    head(site, 'bigips', []);
    const [first] = bigips.items.map(mapOf);
    if (first !== undefined) {
      for (const key of ['publicIP', 'vtepMAC', 'selfIP'] as const) explain(first, key, WHY[key]);
      if (!first.has('selfIP'))
        first.comment = lines([
          'selfIP: overlay self IP on the tunnel; the lease does not hold it, so add it',
        ]);
    }
    if (notes.length > 0) bigips.comment = lines(notes);
  } else if (notes.length > 0) {
    site.comment = lines(notes);
  }
}

function mapOf(node: unknown): YAMLMap {
  if (isMap(node)) return node;
  throw new Error('this part of a site file is a mapping');
}

function childOf(map: YAMLMap, key: string): YAMLMap {
  return mapOf(map.get(key, true));
}

function pairsOf(map: YAMLMap): Pair[] {
  return map.items as Pair[];
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return pairsOf(map).find((pair) => String(pair.key) === key);
}

function explain(map: YAMLMap, key: string, why: string): void {
  const value = pairOf(map, key)?.value;
  if (isScalar(value)) value.comment = ` ${why}`;
}

/** Sets a section off from the one before it, with comments over it. */
function head(map: YAMLMap, key: string, comments: readonly string[]): void {
  const name = pairOf(map, key)?.key;
  if (!isScalar(name)) return;
  name.spaceBefore = true;
  if (comments.length > 0) name.commentBefore = lines(comments);
}

function isFlat(node: unknown): node is YAMLMap {
  return isMap(node) && pairsOf(node).every(({ value }) => isScalar(value));
}

/** Colons make people and some readers take a plain IPv6 address for something else. */
function quoteIpv6(scalar: Scalar): void {
  const { value } = scalar;
  if (typeof value !== 'string') return;
  const family = (parseSubnet(value) ?? parseAddress(value))?.family;
  if (family === 6) scalar.type = Scalar.QUOTE_DOUBLE;
}

/** Only inside double quotes what steers a terminal can be written as an escape. */
function quoteUnprintable(scalar: Scalar): void {
  const { value } = scalar;
  if (typeof value === 'string' && printableLines(value) !== value) {
    scalar.type = Scalar.QUOTE_DOUBLE;
  }
}

/** Comment lines. They may hold text from etcd, which must not end a comment or steer a terminal. */
function lines(texts: readonly string[]): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return texts.map((text) => ` ${text.replace(/[^\x20-\x7e]/g, escaped)}`).join('\n');
}
