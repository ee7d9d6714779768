import { Chalk } from 'chalk';

export { PLAIN, printable, printableLines } from '../model/printable.ts';

/** What text is set in, by what it means. Names are those of the sixteen colours that a terminal may have. */
type Colours = Readonly<
  Record<'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan' | 'blue', (text: string) => string>
>;

/** Colours, width and letters of one output stream. */
export interface Style {
  readonly colour: Colours;
  /** Columns of the terminal; null where nothing must be cut. */
  readonly width: number | null;
  /** Whether the locale can show more than ASCII. */
  readonly unicode: boolean;
}

export interface StyleSource {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Judges one stream by NO_COLOR, FORCE_COLOR, TERM, the locale and whether it is a terminal. */
export function styleOf(
  stream: StyleSource,
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const terminal = stream.isTTY === true;
  const force = env['FORCE_COLOR'];
  const forced = force !== undefined && force !== '0' && force !== 'false';
  const wanted = !env['NO_COLOR'] && (forced || (terminal && env['TERM'] !== 'dumb'));
  return {
    colour: wanted ? coloursOf(env) : PLAIN_TEXT,
    // A terminal that does not know its width says 0.
    width: terminal ? stream.columns || 80 : null,
    unicode: /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''),
  };
}

const same = (text: string) => text;

const PLAIN_TEXT: Colours = {
  bold: same,
  dim: same,
  red: same,
  yellow: same,
  green: same,
  cyan: same,
  blue: same,
};

/**
 * Of 256 colours those whose contrast is at least 3.8 on black and on white alike (WCAG 2): a terminal does
 * not tell its background. Of sixteen, what they look like is up to the terminal's theme.
 */
function coloursOf(env: Readonly<Record<string, string | undefined>>): Colours {
  const forced = Number(env['FORCE_COLOR']);
  const many = /256|direct/.test(env['TERM'] ?? '') || (env['COLORTERM'] ?? '') !== '';
  if (forced === 1 || !(forced >= 2 || many)) return new Chalk({ level: 1 });
  const chalk = new Chalk({ level: 2 });
  return {
    bold: chalk.bold,
    dim: chalk.ansi256(243),
    red: chalk.ansi256(160),
    yellow: chalk.ansi256(130),
    green: chalk.ansi256(28),
    cyan: chalk.ansi256(30),
    blue: chalk.ansi256(27),
  };
}
