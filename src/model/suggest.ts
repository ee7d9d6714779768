import { distance } from 'fastest-levenshtein';

/** The known word that a misspelt one most likely means; undefined when none is near. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, off: distance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.off - b.off);
  const best = ranked[0];
  const tolerance = Math.max(1, Math.floor(word.length / 3));
  return best !== undefined && best.off <= tolerance ? best.candidate : undefined;
}
