import stringWidth from 'fast-string-width';
import { PLAIN, printable, type Style } from './style.ts';
import { cutTo, ellipsisOf, widthOf } from './width.ts';
import { wrapBehind } from './wrap.ts';

/** What a narrow terminal does with the columns of a table. */
interface ColumnUse {
  /** Titles of columns that tell rows apart: never cut or left out. The first one where none is named. */
  readonly keys?: readonly string[];
  /** Titles of columns that may be left out, the first one first. */
  readonly spare?: readonly string[];
}

/**
 * Lays rows out in columns, two spaces apart, without blanks at the ends of lines. On a terminal that is
 * too narrow, columns that say nothing are left out, then spare ones, then the widest cells are cut. Where
 * even that does not fit, each row becomes a block of lines.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  use: ColumnUse = {},
): string {
  if (!style.width || rows.length === 0) return columnsText([header, ...rows], style);
  return fittedText([header, ...rows], { ...style, width: style.width }, use);
}

/** No column becomes narrower by being cut: of an IPv4 address or a MAC no part says anything. */
const NARROWEST = 17;
const GAP = 2;

function columnsText(all: readonly (readonly string[])[], { colour }: Style): string {
  const [first = '', ...lines] = tableLines(all, []);
  return [colour.bold(first), ...lines].join('\n');
}

function fittedText(
  all: readonly (readonly string[])[],
  style: Style & { readonly width: number },
  { keys, spare = [] }: ColumnUse,
): string {
  const widths: number[] = [];
  const rows = all.map((row) => measure(row, widths).cells);
  const header = rows[0] ?? [];
  const isKey = (column: number) => keys?.includes(header[column] ?? '') ?? column === 0;
  const isSilent = (column: number) =>
    !isKey(column) && rows.slice(1).every((row) => row[column] === '-' || row[column] === '');
  const limited = (limit: number) =>
    widths.map((width, column) => (isKey(column) ? width : Math.min(width, limit)));
  const fits = (columns: readonly number[], limits = widths) =>
    columns.reduce((sum, column) => sum + (limits[column] ?? 0) + GAP, -GAP) <= style.width;
  const every = [...header.keys()];
  const silent = every.filter(isSilent);
  const columns = [...silent, ...spare.map((title) => header.indexOf(title))].reduce(
    (left, one) => (fits(left) ? left : left.filter((column) => column !== one)),
    every,
  );
  let limit = Math.max(style.width, NARROWEST);
  while (limit > NARROWEST && !fits(columns, limited(limit))) limit -= 1;
  const limits = limited(limit);
  if (!fits(columns, limits)) {
    const speaking = every.filter((column) => !silent.includes(column));
    return blocksText(
      rows.map((row) => speaking.map((column) => row[column] ?? '')),
      style,
    );
  }
  const ellipsis = ellipsisOf(style);
  return columnsText(
    rows.map((row) =>
      columns.map((column) => cutTo(limits[column] ?? 0, row[column] ?? '', ellipsis)),
    ),
    style,
  );
}

/** Rows one below the other, a line for each cell with its title before it. */
function blocksText([header = [], ...rows]: readonly (readonly string[])[], style: Style): string {
  const widest = Math.max(...header.map(widthOf)) + GAP;
  const titles = header.map(
    (title) => style.colour.bold(title) + ' '.repeat(widest - widthOf(title)),
  );
  return rows
    .map((row) => row.map((cell, i) => wrapBehind(titles[i] ?? '', cell, style)).join('\n'))
    .join('\n\n');
}

/**
 * The lines of further rows of a table.
 *
 * @param widths the widths of the columns so far; widened where a cell needs it
 */
export function tableLines(rows: readonly (readonly string[])[], widths: number[]): string[] {
  return plainLines(rows, widths) ?? anyLines(rows, widths);
}

/** Lines of ASCII alone, in which each letter is a column: nearly all tables. Null where there is another letter. */
function plainLines(rows: readonly (readonly string[])[], widths: number[]): string[] | null {
  const wider = [...widths];
  for (const row of rows) widen(wider, row, lengthOf);
  const lines: string[] = [];
  for (const row of rows) {
    const cells = row.map((cell, i) => cell.padEnd(wider[i] ?? 0));
    const line = cells.join(' '.repeat(GAP)).trimEnd();
    if (!PLAIN.test(line)) return null;
    lines.push(line);
  }
  widths.splice(0, widths.length, ...wider);
  return lines;
}

function anyLines(rows: readonly (readonly string[])[], widths: number[]): string[] {
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
  widen(widths, cells, widthOf);
  return { cells, widthOf };
}

function widen(widths: number[], cells: readonly string[], widthOf: MeasuredRow['widthOf']): void {
  for (let i = 0; i < cells.length; i++) {
    const width = widthOf(cells[i] ?? '');
    if (width > (widths[i] ?? 0)) widths[i] = width;
  }
}

function lengthOf(cell: string): number {
  return cell.length;
}
