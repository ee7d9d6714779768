import type { Writable } from 'node:stream';
import { cutTo } from './width.ts';

/** A terminal that a picture is kept on. */
interface ScreenStream extends Writable {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Changes that come together are drawn together, after so many milliseconds. */
const DRAW_AFTER = 50;

const HOME_AND_CLEAR = '\u001b[H\u001b[J';
/** Ends whatever colour a line was cut in. */
const PLAIN_AGAIN = '\u001b[0m';

/**
 * Keeps one picture on a terminal, drawn anew in its place. It changes nothing that would have to be
 * put back at the end: the last picture stays, with the cursor below it.
 */
export class Screen {
  #drawing: NodeJS.Timeout | null = null;
  #status = '';
  readonly #redraw = () => this.changed();

  /**
   * @param picture the lines as they are now; called when they are drawn
   * @param ellipsis the mark where a line is cut
   */
  constructor(
    readonly stream: ScreenStream,
    readonly picture: () => string,
    readonly ellipsis: string,
  ) {
    stream.on('resize', this.#redraw);
  }

  /** Draws soon. @param status a line that stands above the picture from now on */
  changed(status = this.#status): void {
    this.#status = status;
    this.#drawing ??= setTimeout(() => this.draw(), DRAW_AFTER);
  }

  /** Draws what is not drawn yet, and nothing more afterwards. */
  end(): void {
    if (this.#drawing !== null) this.draw();
    this.stream.off('resize', this.#redraw);
  }

  private draw(): void {
    if (this.#drawing !== null) clearTimeout(this.#drawing);
    this.#drawing = null;
    const lines = fitting([this.#status, '', ...this.picture().split('\n')], this.stream.rows);
    const cut = lines.map((line) => cutLine(this.stream.columns, line, this.ellipsis));
    // In one piece: an interrupt must not come between.
    this.stream.write(`${HOME_AND_CLEAR}${cut.join('\n')}\n`);
  }
}

/** As many lines as there is room for above the cursor's, and how many there are beside. */
function fitting(lines: readonly string[], rows: number | undefined): readonly string[] {
  // A terminal that was never given a size says 0.
  const room = rows ? Math.max(rows - 1, 1) : Number.POSITIVE_INFINITY;
  if (lines.length <= room) return lines;
  const shown = lines.slice(0, room - 1);
  return [
    ...shown,
    `... ${lines.length - shown.length} more lines than this terminal has room for`,
  ];
}

/** A line that ends where the terminal does, with a mark where something is missing. */
function cutLine(columns: number | undefined, line: string, ellipsis: string): string {
  // A terminal that was never given a size says 0.
  const cut = cutTo(columns || Number.POSITIVE_INFINITY, line, ellipsis);
  return cut !== line && cut.includes('\u001b[') ? cut + PLAIN_AGAIN : cut;
}
