/** A string up to where it ends or breaks, and what of an escape may stand behind. */
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;
const HALF_ESCAPE = /\\(?:u[0-9a-fA-F]{0,3})?/y;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?/iy;
const HALF_NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:e[+-]?)?)?|e[+-]?)?)?/iy;

const LITERALS = ['true', 'false', 'null'];

type Closing = '}' | ']';

/** What may come next at a place between two tokens. */
type Next = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

/**
 * The offset of the first character that no JSON text (RFC 8259) has at its place, or the text's
 * length when it is JSON as far as it goes. JavaScript engines tell it differently, or not at all.
 */
export function firstBadOffset(text: string): number {
  const open: Closing[] = [];
  let next: Next = 'value';
  let at = 0;
  for (;;) {
    at = endOf(/[ \t\n\r]*/y, text, at) ?? at;
    const found = text[at];
    if (found === undefined) return at;
    const follows = behindMark(found, next, open);
    if (follows !== null) {
      next = follows;
      at += 1;
      continue;
    }
    const token = mayBegin(found, next) ? scalar(text, at) : at;
    if (typeof token === 'number') return token;
    at = token.end;
    next = next.startsWith('key') ? ':' : ', or end';
  }
}

function mayBegin(found: string, next: Next): boolean {
  return next.startsWith('value') || (next.startsWith('key') && found === '"');
}

/** What may come behind a bracket, colon or comma; null when none may stand here. */
function behindMark(found: string, next: Next, open: Closing[]): Next | null {
  const wantsValue = next.startsWith('value');
  if (found === '{' && wantsValue) {
    open.push('}');
    return 'key or }';
  }
  if (found === '[' && wantsValue) {
    open.push(']');
    return 'value or ]';
  }
  if (found === ':' && next === ':') return 'value';
  if (found === ',' && next === ', or end' && open.length > 0) {
    return open.at(-1) === ']' ? 'value' : 'key';
  }
  if (found !== open.at(-1) || !(next === ', or end' || next.endsWith(`or ${found}`))) return null;
  open.pop();
  return ', or end';
}

/** Where a string, number or literal ends, or, as a plain number, where it breaks. */
function scalar(text: string, at: number): { readonly end: number } | number {
  if (text[at] === '"') {
    const end = endOf(STRING, text, at) ?? at;
    return text[end] === '"' ? { end: end + 1 } : (endOf(HALF_ESCAPE, text, end) ?? end);
  }
  const literal = LITERALS.find((word) => word[0] === text[at]);
  if (literal !== undefined) {
    const same = [...literal].findIndex((letter, index) => text[at + index] !== letter);
    return same < 0 ? { end: at + literal.length } : at + same;
  }
  const [end, half] = [endOf(NUMBER, text, at) ?? at, endOf(HALF_NUMBER, text, at) ?? at];
  return half > end || end === at ? half : { end };
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
