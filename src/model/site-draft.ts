import { checkNetwork } from './check-network.ts';
import type { Finding } from './finding.ts';
import type { BigipDocument, EtcdDocument } from './generated/documents.ts';
import { parseJsonText } from './json-source.ts';
import { checkNodesAgainst } from './live-rules.ts';
import type { NetworkConfig } from './network-config.ts';
import { BigIpReader } from './read-bigip.ts';
import { type ReadSite, readSite } from './read-site.ts';
import type { LiveState } from './snapshot.ts';
import type { SourceNode } from './source.ts';

/** A site file that is being put together. */
export interface SiteDraft {
  readonly name: string;
  readonly etcd: EtcdDocument;
  /** Keys in the order in which they are to stand. */
  readonly network: Readonly<Record<string, unknown>>;
  readonly bigips: readonly BigipDocument[];
}

/** The document of a draft, its keys in the file's order. */
export function draftDocument({ name, etcd, network, bigips }: SiteDraft): object {
  const head = { apiVersion: 'flannel-bigip/v1', kind: 'Site', name };
  return { ...head, etcd, network, ...(bigips.length > 0 ? { bigips } : {}) };
}

/** Judges a draft by the rules of site files. */
export function checkDraft(draft: SiteDraft): ReadSite {
  return readSite(sourceOf(draftDocument(draft)));
}

/** What flannel makes of a draft's network; null when it would be refused. */
export function draftConfig({ network, etcd }: SiteDraft): NetworkConfig | null {
  const options = { api: etcd.api ?? 'auto', withBigip: false, base: '/network' } as const;
  return checkNetwork(sourceOf(network), options).config;
}

function sourceOf(document: object): SourceNode {
  const parsed = parseJsonText(JSON.stringify(document));
  if (!parsed.ok) throw new Error('JSON that was just made cannot be read');
  return parsed.root;
}

/**
 * Why an answer will not do: the first error that a draft with it has at one of these JSON
 * pointers; null when it will do.
 */
export function objectionAt(draft: SiteDraft, ...pointers: readonly string[]): string | null {
  const error = checkDraft(draft).findings.find(
    ({ severity, path }) => severity === 'error' && pointers.includes(path),
  );
  return error === undefined ? null : findingLine(error);
}

/** A finding in one line. */
export function findingLine({ message, fix }: Pick<Finding, 'message' | 'fix'>): string {
  return fix === undefined ? message : `${message}: ${fix}`;
}

/**
 * Values for what is not answered yet of a BIG-IP, so that the rules can judge what is. From the
 * blocks that are reserved for documentation (RFC 5737, 3849, 7042), which nothing real clashes
 * with.
 */
const UNANSWERED = { subnet: '192.0.2.0/24', publicIP: '192.0.2.1', vtepMAC: '00:00:5e:00:53:01' };
const UNANSWERED_IPV6 = { publicIPv6: '2001:db8::1', vtepMACv6: '00:00:5e:00:53:02' };

/** What of a BIG-IP is answered so far. */
export type PartialBigip = { readonly [K in keyof BigipDocument]?: BigipDocument[K] };

/** The error of live state that each field can meet. */
const LIVE_RULE: Partial<Record<keyof BigipDocument, string>> = {
  subnet: 'subnet-held-by-node',
  ipv6Subnet: 'subnet-held-by-node',
  publicIP: 'public-ip-of-node',
  publicIPv6: 'public-ip-of-node',
  vtepMAC: 'vtep-mac-of-node',
  vtepMACv6: 'vtep-mac-of-node',
};

/**
 * Why the value of one field of the BIG-IP that is to join the draft will not do, by the rules of
 * site files and beside the nodes that are alive; null when it will do.
 */
export function objectionToBigip(
  draft: SiteDraft,
  answered: PartialBigip,
  field: Exclude<keyof BigipDocument, 'management'>,
  live: LiveState | null,
): string | null {
  const ipv6 = answered.ipv6Subnet === undefined ? {} : UNANSWERED_IPV6;
  const bigip = { name: 'this BIG-IP', ...UNANSWERED, ...ipv6, ...answered };
  const at = `/bigips/${draft.bigips.length}`;
  const joined = { ...draft, bigips: [...draft.bigips, bigip] };
  const objection = objectionAt(joined, `${at}/${field}`);
  if (objection !== null || live === null) return objection;
  const read = new BigIpReader().read(sourceOf(bigip), at);
  const clash = checkNodesAgainst({ bigips: read === null ? [] : [read.bigip] }, live).find(
    ({ rule }) => rule === LIVE_RULE[field],
  );
  return clash === undefined ? null : findingLine(clash);
}
