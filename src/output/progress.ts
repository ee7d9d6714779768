import type { Writable } from 'node:stream';

/** Work that takes less than this needs no bar, in milliseconds. */
const PATIENCE = 1_000;

const WIDTH = 30;

/** A bar on a terminal's standard error for work of many steps; nothing elsewhere. */
export class Progress {
  readonly #began = performance.now();
  #shown = false;

  constructor(
    readonly stream: Writable & { readonly isTTY?: boolean },
    readonly what: string,
    readonly total: number,
  ) {}

  /** @param done how many steps are done */
  at(done: number): void {
    if (!this.stream.isTTY || performance.now() - this.#began < PATIENCE) return;
    this.#shown = true;
    const filled = Math.round((done / Math.max(this.total, 1)) * WIDTH);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
    this.stream.write(`\r\u001b[K${this.what} [${bar}] ${done} of ${this.total}`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#shown) this.stream.write('\r\u001b[K');
  }
}
