import { CHECKS, type Check, type CheckId } from '../../model/doctor/check.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { didYouMean } from '../../model/suggest.ts';
import type { Args } from '../options.ts';

/**
 * The checks that `--only` names, by id or by what ids begin with; null for all of them.
 *
 * @throws Problem (exit 64) for a name that no check has
 */
export function onlyOf(args: Args): readonly CheckId[] | null {
  const named = args.list('only');
  if (named.length === 0) return null;
  return named.flatMap((name) => {
    const ids = CHECKS.map(({ id }) => id).filter((id) => id === name || id.startsWith(`${name}-`));
    if (ids.length > 0) return ids;
    const known = CHECKS.map(({ id }) => id);
    const begins = new Set(known.map((id) => id.slice(0, id.indexOf('-'))));
    throw new Problem(`--only ${name} names no check`, {
      exit: EXIT.usage,
      fix: didYouMean(name, [...begins, ...known]) ?? `there are ${known.join(', ')}`,
    });
  });
}

/** The checks that are asked for, with what is to blame for one that was skipped. */
export function shownChecks(all: readonly Check[], only: readonly CheckId[] | null): Check[] {
  if (only === null) return [...all];
  const wanted = new Set<CheckId>(only);
  for (let before = 0; before !== wanted.size; ) {
    before = wanted.size;
    for (const { id, because } of all) if (because && wanted.has(id)) wanted.add(because);
  }
  return all.filter(({ id, status }) => wanted.has(id) && (only.includes(id) || status === 'fail'));
}
