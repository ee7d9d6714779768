/**
 * A parsed document that still knows where each of its parts stood in the text.
 *
 * JSON and YAML are both read into this one tree, so that rules and flannel's own checks see one
 * shape and every finding can name line and column.
 */

/** Half-open span of UTF-16 code units in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface NodeBase {
  readonly span: Span;
  /** The JSON text of the value, as Go's decoder would be handed it. */
  readonly raw: string;
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'string' | 'number' | 'boolean' | 'null';
  readonly value: string | number | boolean | null;
}

export interface ObjectEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: SourceNode;
}

/** Entries in the order of the text; a key may stand twice. */
export interface ObjectNode extends NodeBase {
  readonly kind: 'object';
  readonly entries: readonly ObjectEntry[];
}

export interface ArrayNode extends NodeBase {
  readonly kind: 'array';
  readonly items: readonly SourceNode[];
}

export type SourceNode = ScalarNode | ObjectNode | ArrayNode;

/** A syntax error: where, and in plain words what. */
export interface SyntaxProblem {
  readonly span: Span;
  readonly message: string;
  readonly fix?: string;
}

/** What a parser makes of a text: the tree, or what is wrong with it (never both empty). */
export type ParsedText =
  | { readonly ok: true; readonly root: SourceNode }
  | { readonly ok: false; readonly problems: readonly SyntaxProblem[] };

/** Deepest nesting that is read: far beyond any config, far below the stack's end. */
export const MAX_DEPTH = 64;

/** Most values that a site or a network config is read with: far beyond any that there is. */
export const MAX_VALUES = 10_000;

/** Whether a tree has more values than that; looks no further. */
export function hasTooManyValues(root: SourceNode): boolean {
  const waiting = [root];
  let count = 0;
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    count += 1;
    if (count > MAX_VALUES) return true;
    if (node.kind === 'array') for (const item of node.items) waiting.push(item);
    if (node.kind === 'object') for (const { value } of node.entries) waiting.push(value);
  }
  return false;
}

export function objectNode(entries: readonly ObjectEntry[], span: Span): ObjectNode {
  return {
    kind: 'object',
    entries,
    span,
    // Hardly ever asked for, and as long as everything below together.
    get raw() {
      const members = entries.map((entry) => `${JSON.stringify(entry.key)}:${entry.value.raw}`);
      return `{${members.join(',')}}`;
    },
  };
}

export function arrayNode(items: readonly SourceNode[], span: Span): ArrayNode {
  return {
    kind: 'array',
    items,
    span,
    get raw() {
      return `[${items.map((item) => item.raw).join(',')}]`;
    },
  };
}

/** `raw` is the scalar as the text spells it; left out, it is the value's JSON text. */
export function scalarNode(value: ScalarNode['value'], span: Span, raw?: string): ScalarNode {
  const kind = value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean');
  return { kind, value, span, raw: raw ?? JSON.stringify(value) };
}

/**
 * The plain value of a node. Of equal keys the last wins, as in Go and in `JSON.parse`; a key like
 * `__proto__` becomes an ordinary property.
 */
export function toValue(node: SourceNode): unknown {
  if (node.kind === 'array') return node.items.map(toValue);
  if (node.kind !== 'object') return node.value;
  const entries = node.entries.map((entry) => [entry.key, toValue(entry.value)] as const);
  return Object.fromEntries(entries);
}

/** The last entry under exactly this key, which is the one that counts. */
export function lastEntry(node: SourceNode | undefined, key: string): ObjectEntry | undefined {
  if (node?.kind !== 'object') return undefined;
  return node.entries.findLast((entry) => entry.key === key);
}

/** The text under exactly this key; null when there is none or it is no text. */
export function textEntry(node: SourceNode | undefined, key: string): string | null {
  const value = lastEntry(node, key)?.value;
  return value?.kind === 'string' ? String(value.value) : null;
}

/** One step of a JSON pointer, escaped (RFC 6901). */
export function pointerStep(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Follows a JSON pointer; returns the deepest node that exists and whether it was the end. */
export function followPointer(
  root: SourceNode,
  pointer: string,
): { readonly node: SourceNode; readonly entry: ObjectEntry | undefined; readonly found: boolean } {
  let node = root;
  let entry: ObjectEntry | undefined;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const nextEntry = lastEntry(node, key);
    const next = node.kind === 'array' ? node.items[Number(key)] : nextEntry?.value;
    if (next === undefined) return { node, entry, found: false };
    [node, entry] = [next, nextEntry];
  }
  return { node, entry, found: true };
}

/** Line and column, both from 1; columns count UTF-16 code units, as SARIF and editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds line and column of an offset in a text. */
export class LineIndex {
  #starts: readonly number[] | undefined;
  /** The line that was asked for last: a text of one long line may have many findings. */
  #last = { number: 0, text: '' };

  constructor(readonly text: string) {}

  /** Offsets at which lines begin; most texts are never asked. */
  private get starts(): readonly number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) {
      starts.push(at + 1);
    }
    this.#starts = starts;
    return starts;
  }

  /** Position of an offset; beyond the end it is the end. */
  at(offset: number): Position {
    const limited = Math.min(offset, this.text.length);
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= limited) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: limited - (this.starts[low] ?? 0) + 1 };
  }

  /** The text of a line (from 1), without its line break. */
  line(number: number): string {
    if (this.#last.number !== number) {
      const start = this.starts[number - 1] ?? this.text.length;
      const end = (this.starts[number] ?? this.text.length + 1) - 1;
      const behind = end > start && this.text[end - 1] === '\r' ? end - 1 : end;
      this.#last = { number, text: this.text.slice(start, behind) };
    }
    return this.#last.text;
  }
}
