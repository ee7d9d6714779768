import { slips } from './slips.ts';

/**
 * The known word that a misspelt or shortened one most likely means; undefined when none is near, or
 * two are as near as one another.
 */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const near = known
    .filter((one) => sameNumbers(typed, one))
    .flatMap((one) => likeness(typed, one.toLowerCase(), one) ?? [])
    .sort(byLikeness);
  const [best, second] = near;
  if (best && (second === undefined || byLikeness(best, second) !== 0)) return best.known;
  const [longer, ...others] = known.filter((one) => isShortFor(typed, one.toLowerCase()));
  return others.length === 0 ? longer : undefined;
}

/** As the fix of a problem; undefined when nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const meant = suggest(word, known);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

/** How near a known word is. */
interface Likeness {
  readonly known: string;
  readonly slips: number;
  /** How many letters both begin with. */
  readonly begin: number;
  /** How many letters both have, wherever. */
  readonly shared: number;
}

/** Null where there are more slips than anybody makes in a word of this length. */
function likeness(typed: string, word: string, known: string): Likeness | null {
  const length = Math.max(typed.length, word.length);
  const most = Math.min(Math.max(2, Math.floor(length / 3)), Math.floor((length - 1) / 2));
  // What is much longer need not be compared, however long it is.
  if (Math.abs(typed.length - word.length) > most) return null;
  const made = slips(typed, word);
  // Who slips more than once still gets the first letter right: export is not import.
  if (made > most || (made > 1 && typed[0] !== word[0])) return null;
  return {
    known,
    slips: made,
    begin: sharedBegin(typed, word),
    shared: sharedLetters(typed, word),
  };
}

function byLikeness(a: Likeness, b: Likeness): number {
  return a.slips - b.slips || b.begin - a.begin || b.shared - a.shared;
}

function sharedBegin(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function sharedLetters(a: string, b: string): number {
  const left = [...b];
  return [...a].filter((letter) => {
    const found = left.indexOf(letter);
    if (found >= 0) left.splice(found, 1);
    return found >= 0;
  }).length;
}

/** bigip-3 is no misspelt bigip-1: a number that is there must be the same. */
function sameNumbers(a: string, b: string): boolean {
  const [ofA, ofB] = [a, b].map((word) => word.match(/\d+/g)?.map(Number).join(' '));
  return ofA === undefined || ofB === undefined || ofA === ofB;
}

/** Whether a word is the beginning of another, or half of its letters in their order. */
function isShortFor(typed: string, word: string): boolean {
  if (word.startsWith(typed)) return typed.length >= 3;
  if (typed.length < Math.max(4, word.length / 2) || typed[0] !== word[0]) return false;
  let from = 0;
  return [...typed].every((letter) => {
    from = word.indexOf(letter, from) + 1;
    return from > 0;
  });
}
