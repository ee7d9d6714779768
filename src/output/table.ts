import truncatedWidth from 'fast-string-truncated-width';
import stringWidth from 'fast-string-width';
import { PLAIN, printable, type Style } from './style.ts';

/**
 * Lays rows out in columns, two spaces apart, without blanks at the ends of lines. On a terminal that is
 * too narrow, columns that say nothing are left out, then spare ones, then the widest cells are cut.
 *
 * @param spare titles of columns that may be left out, the first one first
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  spare: readonly string[] = [],
): string {
  const [first = '', ...lines] = tableLines(fitted([header, ...rows], style, spare), []);
  return [style.colour.bold(first), ...lines].join('\n');
}

/** No column becomes narrower by being cut. */
const NARROWEST = 8;
const GAP = 2;

function fitted(
  all: readonly (readonly string[])[],
  { width, unicode }: Style,
  spare: readonly string[],
): readonly (readonly string[])[] {
  const widths: number[] = [];
  let rows = all.map((row) => measure(row, widths).cells);
  const total = () => widths.reduce((sum, one) => sum + one + GAP, -GAP);
  if (width === null || width === 0) return rows;
  const saysNothing = (column: number) =>
    rows.slice(1).every((row) => ['-', ''].includes(row[column] ?? ''));
  const header = rows[0] ?? [];
  const silent = header.filter((_, column) => rows.length > 1 && saysNothing(column));
  for (const title of [...silent, ...spare]) {
    const column = rows[0]?.indexOf(title) ?? -1;
    if (total() <= width || column < 0) continue;
    rows = rows.map((row) => row.toSpliced(column, 1));
    widths.splice(column, 1);
  }
  while (total() > width && Math.max(...widths) > NARROWEST) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = Math.max(NARROWEST, (widths[widest] ?? 0) - (total() - width));
  }
  return rows.map((row) => row.map((cell, i) => cutTo(widths[i] ?? 0, cell, unicode ? '…' : '.')));
}

function cutTo(limit: number, cell: string, ellipsis: string): string {
  const { index, truncated } = truncatedWidth(cell, { limit, ellipsis, ellipsisWidth: 1 });
  return truncated ? `${cell.slice(0, index)}${ellipsis}` : cell;
}

/**
 * The lines of further rows of a table.
 *
 * @param widths the widths of the columns so far; widened where a cell needs it
 */
export function tableLines(rows: readonly (readonly string[])[], widths: number[]): string[] {
  const measured = rows.map((row) => measure(row, widths));
  return measured.map(({ cells, widthOf }) => {
    let line = '';
    let gap = 0;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] ?? '';
      line += ' '.repeat(gap) + cell;
      gap = (widths[i] ?? 0) - widthOf(cell) + GAP;
    }
    return line.trimEnd();
  });
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
