import { Writable } from 'node:stream';
import { Problem } from '../../model/problem.ts';
import type { World } from '../../world.ts';
import type { Args } from '../options.ts';
import { type LoadedSite, loadSite } from '../site.ts';
import type { Log } from './log.ts';

/** What the site file declares, read again whenever it matters. */
export class Declared {
  #loaded: LoadedSite;
  #isReadable = true;

  constructor(
    loaded: LoadedSite,
    readonly args: Args,
    readonly world: World,
    readonly log: Log,
  ) {
    this.#loaded = loaded;
  }

  /** As last read without an error. */
  get loaded(): LoadedSite {
    return this.#loaded;
  }

  /** Whether the file could be read the last time. */
  get isReadable(): boolean {
    return this.#isReadable;
  }

  /** Reads the file again; false when it cannot be read now, so that nobody knows what is wanted. */
  async reload(): Promise<boolean> {
    try {
      this.#loaded = await loadQuietly(this.args, this.world, this.log);
      this.#isReadable = true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.#isReadable) this.log.error(`the site file cannot be used: ${error.message}`);
      this.#isReadable = false;
    }
    return this.#isReadable;
  }
}

/**
 * Loads the site file; what its rules have to say goes into the log.
 *
 * @throws Problem (exit 3) when it is missing or invalid
 */
export async function loadQuietly(args: Args, world: World, log: Log): Promise<LoadedSite> {
  let said = '';
  const stderr = new Writable({
    write(chunk, _, done) {
      said += String(chunk);
      done();
    },
  });
  try {
    return await loadSite(args, { ...world, stderr });
  } finally {
    if (said !== '') log.warn(said.trim());
  }
}
