import fc from 'fast-check';

/** Values that fit nearly nowhere, as JSON; YAML reads them too. */
const SCALARS = [
  'null',
  'true',
  '0',
  '-1',
  '24.0',
  '1e1',
  '1e999',
  '18446744073709551616',
  '""',
  '"x"',
  '[]',
  '{}',
  '"::1"',
  '"10.0.0.0/8"',
  '{"toString":1,"__proto__":{"valueOf":1}}',
  '"\\u001b[2J\\u009b"',
];

/** Control characters and what turns the direction of text: none of them is ever printed. */
export const UNPRINTABLE_PIECES = [
  '\0',
  '\u0007',
  '\u001b[2J',
  '\u001b]0;x\u0007',
  '\r',
  '\u007f',
  '\u0085',
  '\u009b31m',
  '\u202e',
  '\u2066',
];

const ODDITIES = [
  ...UNPRINTABLE_PIECES,
  '\ufeff',
  '"',
  "'",
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '::',
  '\n',
  '\n\n\n',
  '\t',
  '\u2028',
  '‐',
  '”',
  '😀',
  '\ud800',
  '---\n',
  '&a ',
  '*a',
  '<<: *a\n',
  '!!binary ',
  '!!js/function ',
  '? ',
  '| \n',
  '__proto__: ',
  'constructor',
  'toString',
  '"hasOwnProperty":1,',
  '../',
];

/** One malformation of a text; positions are fractions of its length. */
type Mutation = (text: string) => string;

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const at = (text: string, where: number) => Math.floor(where * text.length);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fraction, fc.integer({ min: 0, max: 7 })).map(
    ([where, bit]): Mutation =>
      (text) => {
        const i = at(text, where);
        const flipped = String.fromCharCode(text.charCodeAt(i) ^ (1 << bit));
        return i < text.length ? text.slice(0, i) + flipped + text.slice(i + 1) : text;
      },
  ),
  fraction.map(
    (where): Mutation =>
      (text) =>
        text.slice(0, at(text, where)),
  ),
  fc.tuple(fraction, fraction).map(
    ([a, b]): Mutation =>
      (text) => {
        const [from, to] = [at(text, Math.min(a, b)), at(text, Math.max(a, b))];
        return text.slice(0, to) + text.slice(from);
      },
  ),
  fc.tuple(fraction, fraction).map(
    ([a, b]): Mutation =>
      (text) => {
        const [from, to] = [at(text, Math.min(a, b)), at(text, Math.max(a, b))];
        return text.slice(0, from) + text.slice(to);
      },
  ),
  fc.tuple(fraction, fc.constantFrom(...ODDITIES)).map(
    ([where, piece]): Mutation =>
      (text) => {
        return text.slice(0, at(text, where)) + piece + text.slice(at(text, where));
      },
  ),
  // The same piece over and over is what makes parsers slow.
  fc.tuple(fraction, fc.constantFrom(...ODDITIES, ' ', '0', 'a'), fc.nat(2_000)).map(
    ([where, piece, count]): Mutation =>
      (text) =>
        text.slice(0, at(text, where)) + piece.repeat(count) + text.slice(at(text, where)),
  ),
  fc.tuple(fc.nat(30), fc.constantFrom(...SCALARS)).map(
    ([nth, scalar]): Mutation =>
      (text) => {
        const values = [...text.matchAll(/(?<=:\s*)("(?:[^"\\]|\\.)*"|[\w.+-]+|\{[^{}]*\})/g)];
        const value = values[nth % Math.max(values.length, 1)];
        if (value === undefined) return text;
        return text.slice(0, value.index) + scalar + text.slice(value.index + value[0].length);
      },
  ),
);

/** Texts that were good, with one to three malformations. */
export function malformed(texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([text, mutations]) => mutations.reduce((result, mutate) => mutate(result), text));
}
