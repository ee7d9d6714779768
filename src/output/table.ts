import stringWidth from 'fast-string-width';
import { PLAIN, printable, type Style } from './style.ts';

/** Lays rows out in columns, two spaces apart, without blanks at the ends of lines. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const [first = '', ...lines] = tableLines([header, ...rows], []);
  return [style.colour.bold(first), ...lines].join('\n');
}

/**
 * The lines of further rows of a table.
 *
 * @param widths the widths of the columns so far; widened where a cell needs it
 */
export function tableLines(rows: readonly (readonly string[])[], widths: number[]): string[] {
  const measured = rows.map((row) => measure(row, widths));
  return measured.map(({ cells, widthOf }) =>
    cells
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
}

interface MeasuredRow {
  readonly cells: readonly string[];
  readonly widthOf: (cell: string) => number;
}

/** Makes a row fit to print and widens the columns for it. Nearly all rows are plain ASCII. */
function measure(row: readonly string[], widths: number[]): MeasuredRow {
  const plain = PLAIN.test(row.join(''));
  const cells = plain ? row : row.map(printable);
  const widthOf = plain ? lengthOf : stringWidth;
  for (let i = 0; i < cells.length; i++) {
    const width = widthOf(cells[i] ?? '');
    if (width > (widths[i] ?? 0)) widths[i] = width;
  }
  return { cells, widthOf };
}

function lengthOf(cell: string): number {
  return cell.length;
}
