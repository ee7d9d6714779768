import { parseJsonText } from './json-source.ts';
import {
  arrayNode,
  objectNode,
  type ParsedText,
  type ScalarNode,
  type SourceNode,
  type Span,
  scalarNode,
} from './source.ts';

/**
 * Reads JSON that stands as a text value in another document, with every position in the text of
 * the outer one: a quoted, plain or block scalar of YAML, or a string of JSON.
 */
export function parseEmbeddedJson(outer: string, scalar: ScalarNode): ParsedText {
  const inner = String(scalar.value);
  const places = alignScalar(outer, scalar.span, inner);
  const place = ({ start, end }: Span): Span => {
    const first = places?.[start];
    // The end of a value is behind its last character, wherever the next one stands.
    const last = places?.[Math.max(end - 1, start)];
    return first && last ? { start: first.start, end: last.end } : scalar.span;
  };
  const parsed = parseJsonText(inner);
  if (parsed.ok) return { ok: true, root: moved(parsed.root, place) };
  const problems = parsed.problems.map((problem) => ({ ...problem, span: place(problem.span) }));
  return { ok: false, problems };
}

function moved(node: SourceNode, place: (span: Span) => Span): SourceNode {
  const span = place(node.span);
  if (node.kind === 'array') {
    return arrayNode(
      node.items.map((item) => moved(item, place)),
      span,
    );
  }
  if (node.kind !== 'object') return scalarNode(node.value, span, node.raw);
  const entries = node.entries.map(({ key, keySpan, value }) => ({
    key,
    keySpan: place(keySpan),
    value: moved(value, place),
  }));
  return objectNode(entries, span);
}

/**
 * The place in the outer text of each character of a scalar's value. Indentation and line folding
 * change white space only, so all other characters stand there in the same order; white space is
 * taken to be where the next of them is.
 *
 * @returns undefined when value and text do not fit together
 */
function alignScalar(outer: string, span: Span, inner: string): readonly Span[] | undefined {
  const places: Span[] = [];
  const skipBlanks = (place: Span) => {
    while (BLANK.test(inner[places.length] ?? '')) places.push(place);
  };
  for (const { units, ...place } of piecesOf(outer, span)) {
    if (isBlank(outer.slice(place.start, place.end))) continue;
    skipBlanks(place);
    const isEscape = place.end - place.start > 1;
    if (!isEscape && outer[place.start] !== inner[places.length]) return undefined;
    for (let unit = 0; unit < units; unit++) places.push(place);
  }
  skipBlanks({ start: span.end, end: span.end });
  return places.length === inner.length ? places : undefined;
}

const BLANK = /\s/;

/** Whether a piece stands for white space, by itself or by an escape of YAML or JSON. */
function isBlank(piece: string): boolean {
  if (!piece.startsWith('\\')) return BLANK.test(piece);
  const code = /^\\[xuU]/.test(piece) ? Number.parseInt(piece.slice(2), 16) : Number.NaN;
  return Number.isNaN(code)
    ? /^\\[ntrvf _LP]/.test(piece)
    : code <= 0x10ffff && BLANK.test(String.fromCodePoint(code));
}

/** A character, or an escape that stands for one; `units` is its length in the value. */
interface Piece extends Span {
  readonly units: number;
}

/** `\x41`, `\u0041`, `\U0001F600`, or one character; a line break takes its indentation with it. */
const ESCAPE = /\\(?:x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8}|\r?\n[ \t]*|.)/y;

/** The written pieces of a scalar, without its quotes or its block header. */
function* piecesOf(text: string, { start, end }: Span): Generator<Piece> {
  const style = text[start] ?? '';
  const isQuoted = style === '"' || style === "'";
  const isBlock = style === '|' || style === '>';
  const last = isQuoted ? end - 1 : end;
  let at = isBlock ? text.indexOf('\n', start) + 1 : start + Number(isQuoted);
  while (at < last) {
    const piece = pieceAt(text, at, style);
    if (piece.units > 0) yield piece;
    at = piece.end;
  }
}

function pieceAt(text: string, at: number, style: string): Piece {
  if (style === "'" && text.startsWith("''", at)) return { start: at, end: at + 2, units: 1 };
  ESCAPE.lastIndex = at;
  const written = style === '"' ? ESCAPE.exec(text)?.[0] : undefined;
  if (written === undefined) return { start: at, end: at + 1, units: 1 };
  // An escaped line break stands for nothing; a character beyond the basic plane is two units.
  const beyond = written.startsWith('\\U') && Number.parseInt(written.slice(2), 16) > 0xffff;
  const units = /^\\\r?\n/.test(written) ? 0 : beyond ? 2 : 1;
  return { start: at, end: at + written.length, units };
}
