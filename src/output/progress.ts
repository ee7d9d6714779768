import type { Writable } from 'node:stream';

/** Where it is shown: a terminal's standard error, and nowhere else. */
export interface ProgressScreen {
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Work that takes less than this needs no word, in milliseconds. */
const PATIENCE = 1_000;

/** How often the line is drawn at most, in milliseconds. */
const DRAW_EVERY = 100;

const BAR = 30;

/** How far a work of many steps is, on one line that is taken away at its end. */
export class Progress {
  readonly #line: Line;

  /** @param total how many steps there are; null when nobody knows yet */
  constructor(
    screen: ProgressScreen,
    readonly what: string,
    readonly total: number | null,
  ) {
    this.#line = new Line(screen);
  }

  /** @param done how many steps are done */
  at(done: number): void {
    this.#line.draw((width) => {
      if (this.total === null) return `${this.what} ${done}`;
      const count = `${done} of ${this.total}`;
      const filled = Math.round((done / Math.max(this.total, 1)) * BAR);
      const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`;
      const whole = `${this.what} ${bar} ${count}`;
      return whole.length <= width ? whole : `${this.what} ${count}`;
    });
  }

  /** Takes the line away. */
  end(): void {
    this.#line.end();
  }
}

/** Says what is waited for while it takes more than a moment, and for how long already. */
export async function whileWaiting<T>(
  screen: ProgressScreen,
  what: string,
  work: Promise<T>,
): Promise<T> {
  if (!isShown(screen)) return work;
  const began = performance.now();
  const line = new Line(screen);
  const tick = setInterval(() => {
    line.draw(() => `${what} (${Math.floor((performance.now() - began) / 1000)} s)`);
  }, PATIENCE);
  tick.unref();
  try {
    return await work;
  } finally {
    clearInterval(tick);
    line.end();
  }
}

/** How many questions are being asked, which a line would be drawn over. */
let questions = 0;

/** Takes away whatever line is shown, before something else is written. */
export function clearProgress(): void {
  shown?.end();
}

/** Draws nothing while a question is asked. */
export async function hushed<T>(question: () => Promise<T>): Promise<T> {
  clearProgress();
  questions += 1;
  try {
    return await question();
  } finally {
    questions -= 1;
  }
}

/** The line that is being shown: of several that go on at once, one is enough. */
let shown: Line | null = null;

/** A line of a terminal that is drawn over again. */
class Line {
  readonly #began: number;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(readonly screen: ProgressScreen) {
    // To look at the clock loads a good deal, which is for nothing where no line is shown.
    this.#began = isShown(screen) ? performance.now() : 0;
  }

  /** @param text makes the line for so many columns */
  draw(text: (width: number) => string): void {
    if (!isShown(this.screen) || questions > 0 || (shown !== null && shown !== this)) return;
    const now = performance.now();
    if (now - this.#began < PATIENCE || now - this.#drawn < DRAW_EVERY) return;
    this.#drawn = now;
    shown = this;
    // One column less: a full line would wrap, and only its last row could be taken away.
    const width = (this.screen.stderr.columns || 80) - 1;
    this.screen.stderr.write(`\r\u001b[K${text(width).slice(0, width)}`);
  }

  end(): void {
    if (shown !== this) return;
    shown = null;
    this.#drawn = Number.NEGATIVE_INFINITY;
    this.screen.stderr.write('\r\u001b[K');
  }
}

function isShown({ stderr, env }: ProgressScreen): boolean {
  return stderr.isTTY === true && env['TERM'] !== 'dumb';
}
