import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  type YAMLMap,
} from 'yaml';
import {
  arrayNode,
  MAX_DEPTH,
  MAX_VALUES,
  type ObjectEntry,
  objectNode,
  type ParsedText,
  type SourceNode,
  type Span,
  type SyntaxProblem,
  scalarNode,
} from './source.ts';

/** How many times aliases may be resolved in one document, so that none can blow up memory. */
const MAX_ALIASES = 100;

/** More documents than any manifest has: each costs, an empty one too. */
const MAX_DOCUMENTS = 10_000;

/** How many errors of one text are told: behind the first ones are mostly their consequences. */
const MAX_PROBLEMS = 50;

const TOO_DEEP = `the value is nested more than ${MAX_DEPTH} levels deep`;

/** The documents of a YAML text, at least one; or what is wrong with it. */
export type ParsedDocuments =
  | { readonly ok: true; readonly roots: readonly [SourceNode, ...SourceNode[]] }
  | (ParsedText & { readonly ok: false });

/**
 * Reads YAML 1.2 (core schema). Equal keys are kept as two entries: the rules judge them, with the
 * position of the second. Empty documents beside others do not count.
 */
export function parseYamlDocuments(text: string): ParsedDocuments {
  const control = text.search(CONTROL);
  if (control >= 0) return { ok: false, problems: [controlCharacter(text, control)] };
  try {
    const documents = compose(text);
    // A tag that nobody knows is only a warning; what stands behind it is not what was meant.
    const errors = documents.flatMap(({ errors, warnings }) => [
      ...errors,
      ...warnings.filter(({ code }) => TAG_WARNINGS.includes(code)),
    ]);
    if (errors.length > 0) return { ok: false, problems: explainAll(text, errors) };
    const [root, ...others] = documents.flatMap((document) =>
      isEmpty(document, text) ? [] : [new Converter(document).convert(document.contents, 0)],
    );
    if (root !== undefined) return { ok: true, roots: [root, ...others] };
    return { ok: false, problems: [{ span: { start: 0, end: 0 }, message: 'it is empty' }] };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problems: [error.problem] };
    throw error;
  }
}

/** What no YAML text may hold as it is (YAML 1.2, 5.1); the library takes it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

function controlCharacter(text: string, at: number): SyntaxProblem {
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  return {
    span: { start: at, end: at + 1 },
    message: `the control character U+${code} may not stand in YAML`,
    fix: 'take it out, or write it as an escape in double quotes',
  };
}

const TAG_WARNINGS: readonly string[] = ['TAG_RESOLVE_FAILED', 'BAD_COLLECTION_TYPE'];

/** Reads a YAML text that must be one document. */
export function parseYamlText(text: string): ParsedText {
  const parsed = parseYamlDocuments(text);
  return parsed.ok ? onlyDocument(parsed.roots) : parsed;
}

/** The one document there is; a second one is an error in it. */
export function onlyDocument([root, second]: readonly [SourceNode, ...SourceNode[]]): ParsedText {
  if (second === undefined) return { ok: true, root };
  const { start, end } = second.span;
  const problem = {
    span: { start, end: Math.max(end, start + 1) },
    message: 'the file holds more than one YAML document',
    fix: 'use one file each',
  };
  return { ok: false, problems: [problem] };
}

function isEmpty({ contents, range }: Document.Parsed, text: string): boolean {
  if (contents === null) return true;
  // Nothing between two markers is composed as a null; one that is written counts.
  return isScalar(contents) && contents.source === '' && !/\S/.test(textOf(range, text));
}

function textOf([start, end]: Document.Parsed['range'], text: string): string {
  return text.slice(start, end).replace(/^---.*$|^[ \t]*#.*$/gm, '');
}

class Unreadable extends Error {
  constructor(readonly problem: SyntaxProblem) {
    super(problem.message);
  }
}

function compose(text: string): Document.Parsed[] {
  const composer = new Composer({ uniqueKeys: false });
  const documents: Document.Parsed[] = [];
  for (const document of composer.compose(boundedTokens(text), true, text.length)) {
    const [start = 0] = document.range ?? [];
    if (documents.push(document as Document.Parsed) > MAX_DOCUMENTS) {
      const span = { start, end: start + 1 };
      throw new Unreadable({ span, message: `there are more than ${MAX_DOCUMENTS} documents` });
    }
  }
  return documents;
}

/**
 * The tokens of the parser's first pass, which keeps a stack of its own. The pass behind it
 * recurses, and a full stack can end the process there: what nests too deep does not get that far.
 */
function boundedTokens(text: string): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // Beside the open collections the document and a scalar may stand on the stack.
    if (parser.stack.length > MAX_DEPTH + 2) {
      const span = { start: parser.offset, end: parser.offset + 1 };
      throw new Unreadable({ span, message: TOO_DEEP });
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

type YamlError = { readonly pos: readonly [number, number]; readonly message: string };

/** The first errors in words, and how many there are beside. */
function explainAll(text: string, errors: readonly YamlError[]): SyntaxProblem[] {
  const problems = errors.slice(0, MAX_PROBLEMS).map((error) => explain(text, error));
  const next = errors[MAX_PROBLEMS];
  if (next === undefined) return problems;
  const span = { start: next.pos[0], end: Math.max(next.pos[1], next.pos[0] + 1) };
  const message = `from here on there are ${errors.length - MAX_PROBLEMS} more errors`;
  return [...problems, { span, message, fix: 'mend the first ones; others may follow from them' }];
}

function explain(text: string, error: YamlError): SyntaxProblem {
  const span = { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) };
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  const line = text.slice(lineStart, text.indexOf('\n', span.start) >>> 0);
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  // `IPv6SubnetMin: fd00::` reads as a key named `fd00:`; people meet this one often.
  return /::\s*(#.*)?$/m.test(line)
    ? { span, message, fix: 'put the IPv6 address in quotes' }
    : { span, message };
}

class Converter {
  #aliases = 0;
  /** Values behind aliases, counted each time. */
  #repeated = 0;
  /** The outermost alias that is being resolved. */
  #alias: Span | null = null;

  constructor(readonly document: Document.Parsed) {}

  convert(node: Node | null, depth: number, fallback: Span = { start: 0, end: 0 }): SourceNode {
    const span = node?.range ? { start: node.range[0], end: node.range[1] } : fallback;
    if (depth > MAX_DEPTH) throw new Unreadable({ span, message: TOO_DEEP });
    if (this.#alias !== null && ++this.#repeated > MAX_VALUES) {
      const message = `aliases repeat more than ${MAX_VALUES} values`;
      throw new Unreadable({ span: this.#alias, message, fix: 'write them out' });
    }
    if (node === null) return scalarNode(null, span);
    if (isAlias(node)) return this.convertAlias(node, depth, span);
    if (isMap(node)) return this.convertMap(node, depth, span);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.convert(item as Node | null, depth + 1, span));
      return arrayNode(items, span);
    }
    return this.convertScalar(isScalar(node) ? node.value : undefined, span);
  }

  private convertAlias(alias: Alias, depth: number, span: Span): SourceNode {
    const target = this.resolve(alias, span);
    const [start, end] = target.range ?? [];
    if (start !== undefined && end !== undefined && start < span.start && span.end <= end) {
      throw new Unreadable({ span, message: 'the alias stands inside what it repeats' });
    }
    const outer = this.#alias;
    this.#alias ??= span;
    const value = this.convert(target, depth + 1, span);
    this.#alias = outer;
    return value;
  }

  private resolve(alias: Alias, span: Span): Node {
    this.#aliases += 1;
    const target = alias.resolve(this.document);
    if (target === undefined) throw new Unreadable({ span, message: 'the alias has no anchor' });
    if (this.#aliases > MAX_ALIASES) {
      throw new Unreadable({ span, message: `more than ${MAX_ALIASES} aliases` });
    }
    return target as Node;
  }

  private convertMap(map: YAMLMap, depth: number, span: Span): SourceNode {
    const entries = (map.items as Pair<Node | null, Node | null>[]).map((pair): ObjectEntry => {
      const key = pair.key;
      const keySpan = key?.range ? { start: key.range[0], end: key.range[1] } : span;
      if (!isScalar(key)) {
        throw new Unreadable({ span: keySpan, message: 'a key must be plain text' });
      }
      const value = this.convert(pair.value, depth + 1, { start: keySpan.end, end: keySpan.end });
      return { key: String(key.value), keySpan, value };
    });
    return objectNode(entries, span);
  }

  private convertScalar(value: unknown, span: Span): SourceNode {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return scalarNode(value, span);
      case 'number':
        if (Number.isFinite(value)) return scalarNode(value, span);
        break;
      default:
        if (value === null) return scalarNode(null, span);
    }
    throw new Unreadable({ span, message: 'this is neither text, a number, true, false nor null' });
  }
}
