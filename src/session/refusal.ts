import { EXIT, Problem } from '../model/problem.ts';

/** How many reasons are told; a plan has shown them all, or said how many there are. */
const TOLD = 5;

interface Finding {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly fix?: string | undefined;
}

/**
 * Why findings forbid a change; null when none of them does.
 *
 * @param where on what nothing was changed, behind those words; '' for everything
 */
export function refusalOf(findings: readonly Finding[], where = ''): Problem | null {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return null;
  const told = errors
    .slice(0, TOLD)
    .map(({ message, fix }) => (fix ? `${message} (${fix})` : message));
  const more = errors.length > TOLD ? [`and ${errors.length - TOLD} more`] : [];
  return new Problem(`refused, nothing was changed${where}: ${[...told, ...more].join('; ')}`, {
    exit: EXIT.failed,
  });
}
