// Draws text with colours as a terminal shows it: an SVG that needs no font or style of its own.
import stringWidth from 'fast-string-width';

/** How wide the terminal is: with it, a picture fits the column of text of GitHub's pages. */
export const COLUMNS = 100;

const [RED, GREEN, AMBER] = ['#ff7b72', '#7ee787', '#e3b341'];
const [BLUE, PURPLE, TEAL, GREY] = ['#79c0ff', '#d2a8ff', '#76e3ea', '#8b949e'];

/** Colours that read on the dark ground that is drawn with them, by SGR parameters (ECMA-48; xterm's 256). */
const COLOURS = {
  ...{ 31: RED, 32: GREEN, 33: AMBER, 34: BLUE, 35: PURPLE, 36: TEAL, 90: GREY },
  ...{ '38;5;160': RED, '38;5;28': GREEN, '38;5;130': AMBER },
  ...{ '38;5;27': BLUE, '38;5;30': TEAL, '38;5;243': GREY },
};
const LOOKS = {
  0: { colour: undefined, bold: false, dim: false },
  1: { bold: true },
  2: { dim: true },
  22: { bold: false, dim: false },
  39: { colour: undefined },
};
const [CELL, LINE, MARGIN] = [8.43, 19, 14];
const ESC = String.fromCharCode(27);
const SEQUENCE_OR_TEXT = new RegExp(`${ESC}\\[([\\d;]*)m|([^${ESC}]+)`, 'g');
const LETTERS = new Intl.Segmenter();

/** What SGR parameters change of how text looks. */
function lookOf(parameters) {
  const look = COLOURS[parameters] ? { colour: COLOURS[parameters] } : LOOKS[parameters];
  if (look === undefined) throw new Error(`no look is known for SGR ${parameters}`);
  return look;
}

/** Pieces of one line, each with how it is to look. */
function pieces(line, style) {
  const found = [];
  for (const [, codes, text] of line.matchAll(SEQUENCE_OR_TEXT)) {
    if (text !== undefined) found.push({ text, ...style });
    else Object.assign(style, ...(codes.match(/38;5;\d+|\d+/g) ?? ['0']).map(lookOf));
  }
  return found;
}

/**
 * A line's pieces in rows, broken at the terminal's edge, and where wide letters begin or end: each
 * piece is stretched to its cells, whatever font a viewer has for it.
 */
function folded(line) {
  const rows = [[]];
  let column = 0;
  for (const { text, ...look } of line) {
    let previous;
    for (const { segment } of LETTERS.segment(text)) {
      const width = stringWidth(segment);
      if (column + width > COLUMNS) {
        rows.push([]);
        [column, previous] = [0, undefined];
      }
      if (width !== previous) rows.at(-1).push({ text: '', ...look });
      rows.at(-1).at(-1).text += segment;
      column += width;
      previous = width;
    }
  }
  return rows;
}

const escaped = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // Viewers collapse ordinary spaces.
    .replaceAll(' ', '\u00a0');

/**
 * @param text what was printed, lines broken by LF
 * @param title what is read aloud in its place
 */
export function terminalPicture(text, title) {
  const style = {};
  const rows = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => folded(pieces(line, style)));
  const plain = rows.map((row) => row.map((piece) => piece.text).join(''));
  const width = Math.ceil(
    Math.max(60, ...plain.map((row) => stringWidth(row))) * CELL + 2 * MARGIN,
  );
  const height = rows.length * LINE + 2 * MARGIN;
  const drawn = rows.map((row, number) => {
    let column = 0;
    const spans = row.map(({ text: words, colour, bold, dim }) => {
      const x = (MARGIN + column * CELL).toFixed(1);
      const length = (stringWidth(words) * CELL).toFixed(1);
      column += stringWidth(words);
      const look = [
        colour ? ` fill="${colour}"` : dim ? ` fill="${GREY}"` : '',
        bold ? ' font-weight="bold"' : '',
      ].join('');
      return words.trim() === ''
        ? ''
        : `<tspan x="${x}" textLength="${length}"${look}>${escaped(words)}</tspan>`;
    });
    return `<text y="${MARGIN + (number + 0.75) * LINE}">${spans.join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">
${drawn.join('\n')}
</g>
</svg>
`;
}
