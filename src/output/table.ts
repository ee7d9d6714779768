import stringWidth from 'fast-string-width';
import { PLAIN, printable, type Style } from './style.ts';

/** Lays rows out in columns, two spaces apart, without blanks at the ends of lines. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const widths = header.map(() => 0);
  const cells = [header, ...rows].map((row) =>
    row.map((text, i) => {
      const cell = printable(text);
      widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
      return cell;
    }),
  );
  const [first = '', ...lines] = cells.map((row) =>
    row
      .map((cell, i) => padded(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [style.colour.bold(first), ...lines].join('\n');
}

function widthOf(cell: string): number {
  return PLAIN.test(cell) ? cell.length : stringWidth(cell);
}

function padded(cell: string, width: number): string {
  return PLAIN.test(cell) ? cell.padEnd(width) : cell + ' '.repeat(width - stringWidth(cell));
}
