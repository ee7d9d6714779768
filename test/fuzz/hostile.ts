import fc from 'fast-check';
import { UNPRINTABLE_PIECES } from './malformed.ts';

/** Names that plain objects have without being given them. */
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

/** Text that would do harm on a terminal, in a path or to a pattern, and text that would not. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc
    .array(fc.constantFrom(...UNPRINTABLE_PIECES, 'a', '1', '.', '-', '/', '..', '\n', '😀'), {
      maxLength: 12,
    })
    .map((pieces) => pieces.join('')),
  fc.constantFrom(...PROTOTYPE_KEYS, '', '..', '10.244.1.0-24', '10.1.10.5', 'vxlan'),
  fc.string({ unit: 'binary', maxLength: 20 }),
  // Long runs of what patterns repeat.
  fc
    .tuple(
      fc.constantFrom('', '1.', '1.1.', '-', '1.1.1.1-', '"', '10.244.1.0-24&'),
      fc.constantFrom('1', '1.', '-', ' ', ':', 'a', '&', 'f:', '/', '1.1-', '"'),
      fc.nat(3_000),
    )
    .map(([first, piece, count]) => first + piece.repeat(count)),
);

/** A key as an object may have it, those of its prototype among them. */
function hostileKey(known: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: fc.constantFrom(...PROTOTYPE_KEYS) },
    { weight: 1, arbitrary: hostileText },
  );
}

/**
 * Any JSON value, in which known keys turn up at every level.
 *
 * @param leaves texts that mean something where the value goes
 */
export function hostileJson(
  known: readonly string[],
  leaves: readonly string[] = [''],
): fc.Arbitrary<unknown> {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(
        hostileText,
        fc.constantFrom(...leaves),
        fc.integer(),
        fc.double(),
        fc.constantFrom(null, true, false, 0, 24, -1, 2 ** 53),
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(hostileKey(known), tie('value')), { maxLength: 6 })
        .map((entries) => Object.fromEntries(entries)),
    ),
  }));
  return value;
}

/** The JSON text of a value that JSON can hold. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** A text that nests so deep that whatever recurses over it fills its stack. */
export const DEEP = [
  '['.repeat(100_000) + ']'.repeat(100_000),
  `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  `[${'{"nodes":['.repeat(50_000)}${']}'.repeat(50_000)}]`,
];
