import stringWidth from 'fast-string-width';
import { printable, type Style } from './style.ts';

/** Lays rows out in columns, two spaces apart, without blanks at the ends of lines. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = header.map((title, i) =>
    Math.max(stringWidth(title), ...cells.map((row) => stringWidth(row[i] ?? ''))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - stringWidth(cell)))
      .join('  ')
      .trimEnd();
  return [style.colour.bold(line(header)), ...cells.map(line)].join('\n');
}
