import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/model/doctor/check.ts';
import { FAULTS } from '../lab/faults.ts';

/** The cells of a table's rows whose first cell is code. */
function rows(page: string): string[][] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
}

describe('the documentation of doctor', () => {
  it('has every check, in the order of the way', () => {
    const documented = rows('docs/doctor.md').map(([id]) => id);
    expect(documented).toEqual(CHECKS.map(({ id }) => `\`${id}\``));
  });

  it('has every fault of the lab, with the check that names it', () => {
    const names = new Set(FAULTS.map(({ name }) => `\`${name}\``));
    expect(rows('README.md').filter(([name]) => names.has(name ?? ''))).toEqual(
      FAULTS.map(({ name, what, check, isHarmless }) => [
        `\`${name}\``,
        what,
        `\`${check}\`${isHarmless ? ', a warning' : ''}`,
      ]),
    );
  });
});
