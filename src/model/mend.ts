import type { Finding } from './finding.ts';
import { foldKey } from './go-decode.ts';
import {
  followPointer,
  lastEntry,
  type ObjectEntry,
  type SourceNode,
  type Span,
} from './source.ts';

/** A change of a text: what stands in the span gives way to the new text. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

/** What is mended: the text, the document a finding's path leads through, its network config. */
export interface MendedPart {
  readonly text: string;
  readonly root: SourceNode;
  readonly network: SourceNode;
}

/**
 * The edits that carry out a finding's mend, with quotes, comments, order and indentation kept.
 * None when the text spells the value in a way that is better left to a person.
 */
export function editsFor({ mend, path }: Finding, part: MendedPart): TextEdit[] {
  if (mend === undefined) return [];
  const { text, root, network } = part;
  if ('fields' in mend) return setFields(mend.fields, network, text) ?? [];
  const { node, entry, found } = followPointer(root, path);
  if (!found || entry === undefined) return [];
  if ('value' in mend) return asList(respelledValue(text, node, mend.value));
  const parent = followPointer(root, path.slice(0, path.lastIndexOf('/'))).node;
  // Of two keys that flannel takes for one, a person must choose.
  return spellings(parent, mend.key).length > 1
    ? []
    : asList(respelled(text, entry.keySpan, entry.key, mend.key));
}

function asList(edit: TextEdit | null): TextEdit[] {
  return edit === null ? [] : [edit];
}

function spellings(node: SourceNode, name: string): ObjectEntry[] {
  if (node.kind !== 'object') return [];
  return node.entries.filter(({ key }) => foldKey(key) === foldKey(name));
}

/** Replaces a word within a span, quotes around it kept; null when it is spelt with escapes. */
function respelled(text: string, { start, end }: Span, from: string, to: string): TextEdit | null {
  const at = text.indexOf(from, start);
  if (at < 0 || at + from.length > end) return null;
  return { span: { start: at, end: at + from.length }, text: to };
}

/**
 * Puts another text in the place of a scalar's, quotes kept; null when it is no text, or spelt with
 * escapes.
 */
export function respelledValue(text: string, node: SourceNode, to: string): TextEdit | null {
  return node.kind === 'string' ? respelled(text, node.span, String(node.value), to) : null;
}

/** Sets fields of a network config; what is not there yet goes behind its `Network`. */
function setFields(
  fields: Readonly<Record<string, string>>,
  network: SourceNode,
  text: string,
): TextEdit[] | null {
  const edits: TextEdit[] = [];
  const missing: [string, string][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const [entry, twin] = spellings(network, name);
    if (twin !== undefined) return null;
    if (entry === undefined) {
      missing.push([name, value]);
    } else {
      const edit = respelledValue(text, entry.value, value);
      if (edit === null) return null;
      edits.push(edit);
    }
  }
  if (missing.length === 0) return edits;
  const added = fieldsBehindNetwork(missing, network, text);
  return added && [...edits, added];
}

function fieldsBehindNetwork(
  fields: readonly (readonly [string, string])[],
  network: SourceNode,
  text: string,
): TextEdit | null {
  const anchorName = fields.some(([name]) => name.startsWith('IPv6')) ? 'IPv6Network' : 'Network';
  const anchor = lastEntry(network, anchorName);
  return anchor === undefined ? null : fieldsBehind(fields, anchor, network, text);
}

/**
 * Adds keys behind another one of a mapping, in the way in which that one is written.
 *
 * @returns null where the text leaves no room that is sure to be right
 */
export function fieldsBehind(
  fields: readonly (readonly [string, string])[],
  anchor: ObjectEntry,
  parent: SourceNode,
  text: string,
): TextEdit | null {
  const key = text.slice(anchor.keySpan.start, anchor.keySpan.end);
  // Inside a quoted string quotes and line breaks would be escaped too.
  if (!/^["']?[A-Za-z\d]+["']?$/.test(key)) return null;
  const quote = /^["']/.exec(key)?.[0] ?? '';
  const lineStart = text.lastIndexOf('\n', anchor.keySpan.start) + 1;
  const before = text.slice(lineStart, anchor.keySpan.start);
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  // The first key of a list's item stands behind its dash.
  const ownLine = /^[ \t-]*$/.test(before) ? `${lineBreak}${before.replaceAll('-', ' ')}` : null;
  const isFlow = text[parent.span.start] === '{';
  // A plain IPv6 address would end in what YAML takes for a key.
  const value = (text: string) => (quote || text.includes(':') ? `"${text}"` : text);
  const pairs = fields.map(([name, text]) => `${quote}${name}${quote}: ${value(text)}`);
  if (isFlow) {
    const glue = `,${ownLine ?? ' '}`;
    const { end } = anchor.value.span;
    return { span: { start: end, end }, text: pairs.map((pair) => `${glue}${pair}`).join('') };
  }
  if (ownLine === null) return null;
  const lineEnd = /\r?\n|$/.exec(text.slice(anchor.value.span.end));
  const at = anchor.value.span.end + (lineEnd?.index ?? 0);
  return { span: { start: at, end: at }, text: pairs.map((pair) => `${ownLine}${pair}`).join('') };
}

/** Carries edits out; of two that meet the later one waits for the next round. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  let done = '';
  let at = 0;
  let last: TextEdit | undefined;
  for (const edit of sorted) {
    const again = last?.span.start === edit.span.start && last.text === edit.text;
    if (edit.span.start < at || again) continue;
    done += text.slice(at, edit.span.start) + edit.text;
    at = edit.span.end;
    last = edit;
  }
  return done + text.slice(at);
}
