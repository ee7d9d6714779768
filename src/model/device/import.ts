import { contains, formatAddress, parseAddress, parseSubnet } from '../address.ts';
import { parseMac } from '../mac.ts';
import { fieldsBehind, respelledValue, type TextEdit } from '../mend.ts';
import { DEVICE } from '../site.ts';
import { lastEntry, type ObjectEntry, type SourceNode } from '../source.ts';
import { type DeviceState, plainAddress, selfIpsOn } from './objects.ts';

/** What a BIG-IP can say of its entry in a site file. */
export type ImportedValues = Readonly<Partial<Record<'publicIP' | 'vtepMAC' | 'selfIP', string>>>;

/** One key of an entry that is to change. */
export interface ImportChange {
  readonly key: keyof ImportedValues;
  /** As the file has it; null when it has none. */
  readonly before: string | null;
  readonly after: string;
}

/** The order of an entry's keys, in which what is missing is put in. */
const ORDER = ['name', 'subnet', 'publicIP', 'vtepMAC', 'selfIP'] as const;

/**
 * What a unit's tunnel says: its local address, its MAC, the self IP on it.
 *
 * @param subnet of the entry, as written: of several self IPs the one inside it counts
 */
export function importedValues(state: DeviceState, subnet: string | null): ImportedValues {
  const { tunnel, mac } = state;
  if (tunnel === null) return {};
  const reserved = parseSubnet(subnet ?? '');
  const own = selfIpsOn(state).map(({ address }) => plainAddress(address));
  const inside = own.find((text) => {
    const address = parseAddress(text);
    return address !== null && reserved !== null && contains(reserved, address.value);
  });
  const selfIP = inside ?? own[0];
  return {
    publicIP: plainAddress(tunnel.localAddress),
    ...(mac === null ? {} : { vtepMAC: mac }),
    ...(selfIP === undefined ? {} : { selfIP }),
  };
}

/** What of an entry has to change to say what the BIG-IP says; `vtepMAC: device` says it already. */
export function importChanges(entry: SourceNode, values: ImportedValues): ImportChange[] {
  return ORDER.flatMap((key): ImportChange[] => {
    const after = key === 'name' || key === 'subnet' ? undefined : values[key];
    if (after === undefined || key === 'name' || key === 'subnet') return [];
    const node = lastEntry(entry, key)?.value;
    const before = node === undefined || node.kind === 'null' ? null : textOf(node);
    if (before !== null && means(key, before, after)) return [];
    return [{ key, before, after }];
  });
}

function textOf(node: SourceNode): string {
  return node.kind === 'string' ? String(node.value) : node.raw;
}

function means(key: keyof ImportedValues, before: string, after: string): boolean {
  if (key === 'vtepMAC') return before === DEVICE || parseMac(before) === after;
  const address = parseAddress(before);
  return address !== null && formatAddress(address.family, address.value) === after;
}

/**
 * The edits that carry changes of an entry out, with comments and order kept.
 *
 * @returns null when the entry is written in a way that is better left to a person
 */
export function importEdits(
  entry: SourceNode,
  changes: readonly ImportChange[],
  text: string,
): TextEdit[] | null {
  const edits: TextEdit[] = [];
  const added = new Map<ObjectEntry, [string, string][]>();
  for (const { key, after } of changes) {
    const found = lastEntry(entry, key);
    if (found !== undefined) {
      const edit = respelledValue(text, found.value, after);
      if (edit === null) return null;
      edits.push(edit);
      continue;
    }
    const anchor = anchorOf(entry, key);
    if (anchor === undefined) return null;
    added.set(anchor, [...(added.get(anchor) ?? []), [key, after]]);
  }
  for (const [anchor, fields] of added) {
    const edit = fieldsBehind(fields, anchor, entry, text);
    if (edit === null) return null;
    edits.push(edit);
  }
  return edits;
}

/** The nearest key before it that the entry has. */
function anchorOf(entry: SourceNode, key: (typeof ORDER)[number]): ObjectEntry | undefined {
  return ORDER.slice(0, ORDER.indexOf(key))
    .map((name) => lastEntry(entry, name))
    .findLast((found) => found !== undefined);
}
