import { Chalk, type ChalkInstance } from 'chalk';

export { PLAIN, printable, printableLines } from '../model/printable.ts';

/** Colours, width and letters of one output stream. */
export interface Style {
  readonly colour: ChalkInstance;
  /** Columns of the terminal; null where nothing must be cut. */
  readonly width: number | null;
  /** Whether the locale can show more than ASCII. */
  readonly unicode: boolean;
}

interface StyleSource {
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
    colour: new Chalk({ level: wanted ? 1 : 0 }),
    width: terminal ? (stream.columns ?? 80) : null,
    unicode: /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''),
  };
}
