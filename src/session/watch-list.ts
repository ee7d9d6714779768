import { type ListedLease, listLeases } from '../model/lease-list.ts';
import { type ListChange, type Listing, listChanges } from '../model/list-changes.ts';
import { EXIT, type ExitCode } from '../model/problem.ts';
import { decodeSnapshot, type LiveState } from '../model/snapshot.ts';
import { changeRows, changesJson } from '../output/list-changes-output.ts';
import { Screen } from '../output/screen.ts';
import { printable, styleOf } from '../output/style.ts';
import { ellipsisOf } from '../output/width.ts';
import { writeLine } from '../output/write.ts';
import type { World } from '../world.ts';
import { Lifetimes } from './lifetimes.ts';
import type { Session } from './open.ts';

/** What is watched in which form. */
export interface ListView {
  readonly format: string;
  readonly shows: { readonly ttl: boolean; readonly wide: boolean };
  /** The map or the table as text. */
  paint(live: LiveState, leases: readonly ListedLease[]): string;
}

/** Shows the leases and then each change, until nobody reads any more or the program is ended. */
export async function watchList(view: ListView, session: Session, world: World): Promise<ExitCode> {
  const { site, store, live } = session;
  const lifetimes = new Lifetimes(store, view.shows.ttl, world.now);
  const list = (now: LiveState) => listLeases(now, site, lifetimes.left());
  const onScreen =
    view.format !== 'json' && world.stdout.isTTY === true && world.env['TERM'] !== 'dumb';
  const display = onScreen
    ? new ScreenDisplay(view, store.description, list, world)
    : new LineDisplay(view, store.description, list, world);
  // Only writing tells that nobody reads any more (`| head`).
  const unread = new AbortController();
  world.stdout.once('error', () => unread.abort());
  await lifetimes.note(live.snapshot.leases);
  display.changed(live);
  try {
    for await (const told of store.watch(live.snapshot, unread.signal)) {
      if (told.kind === 'changed') {
        await lifetimes.note(told.snapshot.leases);
        display.changed(decodeSnapshot(told.snapshot));
      } else if (told.kind === 'lost') {
        display.lost(told.error.message);
      } else {
        display.back();
      }
    }
  } finally {
    display.end();
  }
  return EXIT.done;
}

type List = (live: LiveState) => ListedLease[];

/** Where state is shown, and whether the store answers. */
interface Display {
  changed(live: LiveState): void;
  lost(why: string): void;
  back(): void;
  end(): void;
}

/** One picture on a terminal, kept current. */
class ScreenDisplay implements Display {
  #live: LiveState | null = null;
  readonly #screen: Screen;

  constructor(
    view: ListView,
    readonly store: string,
    list: List,
    readonly world: World,
  ) {
    this.#screen = new Screen(
      world.stdout,
      () => (this.#live === null ? '' : view.paint(this.#live, list(this.#live))),
      ellipsisOf(styleOf(world.stdout, world.env)),
    );
  }

  changed(live: LiveState): void {
    const what = this.#live === null ? 'read' : 'last change';
    this.#live = live;
    this.say(`${what} at ${this.time()}; Ctrl-C ends`);
  }

  lost(why: string): void {
    this.say(`lost at ${this.time()}, trying again: ${why}`);
    // What stands on the same terminal would be drawn over.
    if (!this.world.stderr.isTTY) writeLine(this.world.stderr, lostText(this.store, why));
  }

  back(): void {
    this.say(`back at ${this.time()}; Ctrl-C ends`);
    if (!this.world.stderr.isTTY) writeLine(this.world.stderr, backText(this.store));
  }

  end(): void {
    this.#screen.end();
  }

  private say(text: string): void {
    this.#screen.changed(printable(`${this.store}, ${text}`));
  }

  private time(): string {
    return this.world.now().toTimeString().slice(0, 8);
  }
}

/** The state and then a line for each change, or the map anew. */
class LineDisplay implements Display {
  #before: Listing | null = null;
  readonly #text: (changes: readonly ListChange[], now: Listing) => string;

  constructor(
    view: ListView,
    readonly store: string,
    readonly list: List,
    readonly world: World,
  ) {
    const rows = changeRows(view.shows, styleOf(world.stdout, world.env));
    this.#text = (changes, { live, leases }) => {
      if (view.format === 'json') return changesJson(changes);
      return view.format === 'map' ? `${view.paint(live, leases)}\n` : rows(changes);
    };
  }

  changed(live: LiveState): void {
    const now = { live, leases: this.list(live) };
    const changes = listChanges(this.#before, now);
    this.#before = now;
    if (changes.length > 0) writeLine(this.world.stdout, this.#text(changes, now));
  }

  lost(why: string): void {
    writeLine(this.world.stderr, lostText(this.store, why));
  }

  back(): void {
    writeLine(this.world.stderr, backText(this.store));
  }

  end(): void {}
}

function lostText(store: string, why: string): string {
  return printable(`lost ${store}, trying again: ${why}`);
}

function backText(store: string): string {
  return printable(`${store} answers again`);
}
