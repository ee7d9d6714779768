import { tilde } from './names.ts';
import type { Plain } from './types.ts';

/** An object of the configuration; changed by being replaced. */
export interface Stored {
  readonly collection: string;
  readonly name: string;
  readonly partition: string | null;
  readonly subPath: string | null;
  readonly fullPath: string;
  readonly generation: number;
  readonly fields: Plain;
}

/** The configuration at one moment. */
export interface Snapshot {
  readonly objects: ReadonlyMap<string, Stored>;
  readonly macs: ReadonlyMap<string, string>;
  readonly given: number;
}

const TUNNELS = 'net/tunnels/tunnel';
export const FDB = 'net/fdb/tunnel';

/** Where the records of a tunnel's FDB are. */
export function recordsOf(tunnel: string): string {
  return `${FDB}/${tilde(tunnel)}/records`;
}

/** What a unit runs and, apart from that, what it has saved. */
export class Configuration {
  #objects = new Map<string, Stored>();
  #macs = new Map<string, string>();
  /** How often the MAC of a tunnel was asked for since the tunnel was made. */
  readonly #readings = new Map<string, number>();
  #given = 0;
  #generation = 400;
  #saved: Snapshot = { objects: new Map(), macs: new Map(), given: 0 };
  saves = 0;

  /** @param macs that tunnels get one after the other @param delay readings that lack the MAC */
  constructor(
    private readonly macs: readonly string[],
    private readonly delay: number,
  ) {}

  /** A number greater than any before: there is one count for the whole unit. */
  next(): number {
    this.#generation += 1;
    return this.#generation;
  }

  get(collection: string, fullPath: string): Stored | null {
    if (collection !== FDB) return this.#objects.get(keyOf(collection, fullPath)) ?? null;
    const tunnel = this.get(TUNNELS, fullPath);
    return tunnel && fdbOf(tunnel);
  }

  all(collection: string): Stored[] {
    if (collection === FDB) return this.all(TUNNELS).map(fdbOf);
    return [...this.#objects.values()]
      .filter((object) => object.collection === collection)
      .sort((a, b) => (a.fullPath < b.fullPath ? -1 : 1));
  }

  /** Keeps an object; a tunnel that is new gets its MAC. */
  set(object: Stored): void {
    const { collection, fullPath } = object;
    this.#objects.set(keyOf(collection, fullPath), object);
    if (collection !== TUNNELS || this.#macs.has(fullPath)) return;
    const number = this.#given;
    this.#given += 1;
    const [high, low] = [number >> 8, number & 255].map((byte) =>
      byte.toString(16).padStart(2, '0'),
    );
    this.#macs.set(fullPath, this.macs[number]?.toLowerCase() ?? `00:0c:29:2e:${high}:${low}`);
    this.#readings.set(fullPath, 0);
  }

  /** Keeps a tunnel of the factory, which takes none of the MACs. */
  setFactoryTunnel(tunnel: Stored, mac: string): void {
    this.#macs.set(tunnel.fullPath, mac);
    this.#readings.set(tunnel.fullPath, this.delay);
    this.set(tunnel);
  }

  /** Removes an object; with a tunnel go its FDB records and its MAC. */
  remove(collection: string, fullPath: string): boolean {
    const wasThere = this.#objects.delete(keyOf(collection, fullPath));
    if (collection !== TUNNELS) return wasThere;
    this.#macs.delete(fullPath);
    for (const record of this.all(recordsOf(fullPath))) {
      this.remove(record.collection, record.fullPath);
    }
    return wasThere;
  }

  macOf(tunnel: string): string | null {
    return this.#macs.get(tunnel) ?? null;
  }

  /** The MAC as a command shows it: at first not yet. */
  readMac(tunnel: string): string | null {
    const before = this.#readings.get(tunnel) ?? 0;
    this.#readings.set(tunnel, before + 1);
    return before < this.delay ? null : this.macOf(tunnel);
  }

  snapshot(): Snapshot {
    return { objects: new Map(this.#objects), macs: new Map(this.#macs), given: this.#given };
  }

  /** Goes back to what was, as if nothing had happened since. */
  restore({ objects, macs, given }: Snapshot): void {
    this.#objects = new Map(objects);
    this.#macs = new Map(macs);
    this.#given = given;
  }

  /** Takes the running configuration for the saved one, without counting. */
  adopt(): void {
    this.#saved = this.snapshot();
  }

  save(): void {
    this.adopt();
    this.saves += 1;
  }

  /** Begins again with what was saved; a MAC that was given is not given again. */
  reboot(): void {
    this.restore({ ...this.#saved, given: this.#given });
  }
}

function keyOf(collection: string, fullPath: string): string {
  return `${collection}/${fullPath}`;
}

function fdbOf(tunnel: Stored): Stored {
  return { ...tunnel, collection: FDB, generation: 1, fields: {} };
}
