import { Writable } from 'node:stream';
import { DeviceError } from '../../bigip/errors.ts';
import { withVtepMacs } from '../../model/device/resolve-macs.ts';
import { Problem } from '../../model/problem.ts';
import { readsDevice, type Site } from '../../model/site.ts';
import type { World } from '../../world.ts';
import { withDeviceMacs } from '../bigip/device-macs.ts';
import { type DeviceLogin, withLogin } from '../bigip/login.ts';
import type { Args } from '../options.ts';
import { type LoadedSite, loadSite } from '../site.ts';
import type { Log } from './log.ts';

/** What the site file declares, read again whenever it matters. */
export class Declared {
  #loaded: LoadedSite;
  #written: Site;
  #isReadable = true;
  /** A device refused the login: to go on would lock the user out. */
  #isRefused = false;
  #told = '';
  #login: DeviceLogin | null = null;

  constructor(
    loaded: LoadedSite,
    readonly args: Args,
    readonly world: World,
    readonly log: Log,
  ) {
    this.#loaded = loaded;
    this.#written = loaded.site;
  }

  /** As last read without an error. */
  get loaded(): LoadedSite {
    return this.#loaded;
  }

  /** The site as the file has it: MACs that it leaves to devices are not in it. */
  get written(): Site {
    return this.#written;
  }

  /** Lets it read MACs from devices that the site file leaves to them; until then they stay unread. */
  async readMacsAs(login: DeviceLogin): Promise<void> {
    this.#login = login;
    this.#loaded = await this.withMacs(this.#loaded);
  }

  /** A person has said something: a login that was refused may be tried again. */
  askAgain(): void {
    this.#isRefused = false;
  }

  /** Whether the file could be read the last time. */
  get isReadable(): boolean {
    return this.#isReadable;
  }

  /** Reads the file again; false when it cannot be read now, so that nobody knows what is wanted. */
  async reload(): Promise<boolean> {
    try {
      const loaded = await loadQuietly(this.args, this.world, this.log);
      this.#written = loaded.site;
      this.#loaded = await this.withMacs(loaded);
      this.#isReadable = true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.#isReadable) this.log.error(`the site file cannot be used: ${error.message}`);
      this.#isReadable = false;
    }
    return this.#isReadable;
  }

  /** With the MACs that devices tell; those known before where they do not answer. */
  private async withMacs(loaded: LoadedSite): Promise<LoadedSite> {
    if (this.#login === null || !readsDevice(loaded.site)) return loaded;
    const before = new Map(this.#loaded.site.bigips.map(({ name, ipv4 }) => [name, ipv4.vtepMAC]));
    const known = { ...loaded, site: withVtepMacs(loaded.site, before) };
    if (this.#isRefused) return known;
    try {
      const world = withLogin(this.world, this.#login);
      const read = await withDeviceMacs(loaded, this.args, world);
      this.tell('');
      return { ...read, site: withVtepMacs(read.site, before) };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { cause } = error;
      this.#isRefused = cause instanceof DeviceError && cause.kind === 'refused-login';
      this.tell(error.message);
      return known;
    }
  }

  /** Each trouble once, for as long as it lasts. */
  private tell(trouble: string): void {
    if (trouble !== '' && trouble !== this.#told) this.log.error(trouble);
    this.#told = trouble;
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
