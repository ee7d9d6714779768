import { type Node, parseTree } from 'jsonc-parser';
import { firstBadOffset } from './json-offset.ts';
import {
  arrayNode,
  MAX_DEPTH,
  objectNode,
  type ParsedText,
  type SourceNode,
  type Span,
  type SyntaxProblem,
  scalarNode,
} from './source.ts';

/**
 * Reads JSON text exactly: what RFC 8259 (and so Go's encoding/json) refuses is refused, a
 * byte-order mark and text behind the value included.
 *
 * `JSON.parse` is the judge; the tolerant jsonc parser only supplies the positions.
 */
export function parseJsonText(text: string): ParsedText {
  if (deepestNesting(text) > MAX_DEPTH) {
    return failure({
      span: { start: 0, end: 1 },
      message: `the value is nested more than ${MAX_DEPTH} levels deep`,
    });
  }
  try {
    JSON.parse(text);
  } catch {
    return failure(syntaxProblem(text));
  }
  const tree = parseTree(text);
  if (tree === undefined) return failure({ span: { start: 0, end: 0 }, message: 'it is empty' });
  return { ok: true, root: toSource(tree, text) };
}

/** How much deeper than what was read a document nests that keeps it. */
const KEPT_BELOW = 8;

/**
 * Parses the JSON of a file that this program writes itself, such as a backup: what nests too deep for
 * whatever goes through it later is refused with the rest.
 *
 * @param invalid makes the error of a reason
 */
export function parseKeptJson(text: string, invalid: (why: string) => Error): unknown {
  if (deepestNesting(text) > MAX_DEPTH + KEPT_BELOW) throw invalid('it nests too deep');
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
}

function failure(problem: SyntaxProblem): ParsedText {
  return { ok: false, problems: [problem] };
}

/** Counts open brackets outside strings: both parsers recurse, so this comes before them. */
function deepestNesting(text: string): number {
  let [depth, deepest] = [0, 0];
  // A string that is not closed runs to the end, as it does for the parsers.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[{\]}]/gs)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth);
    else if (token === '}' || token === ']') depth--;
  }
  return deepest;
}

function syntaxProblem(text: string): SyntaxProblem {
  if (text.trim() === '') return { span: { start: 0, end: 0 }, message: 'it is empty' };
  if (text.startsWith('\ufeff')) {
    return {
      span: { start: 0, end: 1 },
      message: 'it begins with a byte-order mark, which flannel does not read',
      fix: 'save the file as UTF-8 without BOM',
    };
  }
  const offset = firstBadOffset(text);
  const found = text[offset];
  if (found === undefined) {
    return { span: { start: text.length, end: text.length }, message: 'it ends too early' };
  }
  const trailing = /[}\]]/.test(found) && /,\s*$/.test(text.slice(0, offset));
  return {
    span: { start: offset, end: offset + 1 },
    message: trailing
      ? `there is a comma before ${JSON.stringify(found)}`
      : `${JSON.stringify(found)} is not expected here`,
    ...(trailing ? { fix: 'remove the comma' } : {}),
  };
}

function toSource(node: Node, text: string): SourceNode {
  const span: Span = { start: node.offset, end: node.offset + node.length };
  const children = node.children ?? [];
  if (node.type === 'array')
    return arrayNode(
      children.map((child) => toSource(child, text)),
      span,
    );
  if (node.type !== 'object') {
    return scalarNode(node.value, span, text.slice(span.start, span.end));
  }
  const entries = children.flatMap((property) => {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) return [];
    const keySpan = { start: key.offset, end: key.offset + key.length };
    return [{ key: String(key.value), keySpan, value: toSource(value, text) }];
  });
  return objectNode(entries, span);
}
