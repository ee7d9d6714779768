import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { notFound, Refused } from './status.ts';

/** A Node as the API server keeps it. */
export interface NodeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [other: string]: unknown;
  };
  readonly [other: string]: unknown;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly object: NodeObject;
  /** What the Node was; absent when it is new. */
  readonly before?: NodeObject;
}

interface Page {
  readonly items: readonly NodeObject[];
  readonly revision: number;
  readonly next: string | undefined;
  readonly left: number;
}

/** Nodes with resource versions, and the events that a watch can begin in the midst of. */
export class NodeStore {
  #revision = 1000;
  #compacted = 0;
  readonly #nodes = new Map<string, NodeObject>();
  readonly #events: WatchEvent[] = [];
  readonly #listeners = new Set<(event: WatchEvent) => void>();
  /** What pages of one list are cut from: a list is of one moment. */
  readonly #snapshots = new Map<number, readonly NodeObject[]>();

  get revision(): number {
    return this.#revision;
  }

  get(name: string): NodeObject {
    const node = this.#nodes.get(name);
    if (node === undefined) throw notFound(name);
    return node;
  }

  all(): readonly NodeObject[] {
    return [...this.#nodes.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  create(node: NodeObject): NodeObject {
    const { name } = node.metadata;
    if (this.#nodes.has(name)) {
      const details = { name, kind: 'nodes' };
      throw new Refused(409, `nodes "${name}" already exists`, {
        reason: 'AlreadyExists',
        details,
      });
    }
    const creationTimestamp = new Date().toISOString().replace(/\.\d+/, '');
    const metadata = { uid: randomUUID(), creationTimestamp, ...node.metadata };
    return this.#put('ADDED', { ...node, metadata });
  }

  /** @param node with the resourceVersion it was read at, or none */
  update(node: NodeObject): NodeObject {
    const { name, resourceVersion } = node.metadata;
    const now = this.get(name);
    if (resourceVersion !== undefined && resourceVersion !== now.metadata.resourceVersion) {
      throw new Refused(
        409,
        `Operation cannot be fulfilled on nodes "${name}": the object has been modified; please apply your changes to the latest version and try again`,
        { details: { name, kind: 'nodes' } },
      );
    }
    const { resourceVersion: version = '', uid, creationTimestamp } = now.metadata;
    const metadata = { ...node.metadata, uid, creationTimestamp, resourceVersion: version };
    const next = { ...node, apiVersion: 'v1', kind: 'Node', metadata };
    // What changes nothing makes no event.
    return isDeepStrictEqual(next, now) ? now : this.#put('MODIFIED', next, now);
  }

  remove(name: string): NodeObject {
    const node = this.get(name);
    this.#nodes.delete(name);
    return this.#tell('DELETED', node, node);
  }

  /** @param limit 0 is all of them */
  list(filter: (node: NodeObject) => boolean, limit: number, token: string | null): Page {
    const [revision, from] = token === null ? [this.#revision, 0] : this.#position(token);
    const all = this.#snapshots.get(revision) ?? this.all();
    const matching = all.filter(filter);
    const end = limit === 0 ? matching.length : from + limit;
    const left = Math.max(matching.length - end, 0);
    if (left > 0) this.#snapshots.set(revision, all);
    const next = left > 0 ? Buffer.from(`${revision}:${end}`).toString('base64url') : undefined;
    return { items: matching.slice(from, end), revision, next, left };
  }

  #position(token: string): [revision: number, from: number] {
    const text = Buffer.from(token, 'base64url').toString();
    const [, revision, from] = (/^(\d+):(\d+)$/.exec(text) ?? []).map(Number);
    if (revision === undefined || from === undefined) {
      throw new Refused(400, 'continue key is not valid: it is none that this server has given');
    }
    if (!this.#snapshots.has(revision)) {
      throw new Refused(
        410,
        'The provided continue parameter is too old to display a consistent list result.',
      );
    }
    return [revision, from];
  }

  /** Hands over every event behind a revision, and each further one. Ends by calling the result. */
  watch(revision: number, listener: (event: WatchEvent) => void): () => void {
    if (revision < this.#compacted) {
      throw new Refused(410, `too old resource version: ${revision} (${this.#compacted})`);
    }
    // A revision that is yet to come is waited for.
    const tell = (event: WatchEvent) => {
      if (event.revision > revision) listener(event);
    };
    for (const event of this.#events) tell(event);
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }

  /** Forgets all history: older watches and lists cannot be gone on with. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#events.length = 0;
    this.#snapshots.clear();
  }

  #put(type: 'ADDED' | 'MODIFIED', node: NodeObject, before?: NodeObject): NodeObject {
    const told = this.#tell(type, node, before);
    this.#nodes.set(node.metadata.name, told);
    return told;
  }

  #tell(type: WatchEvent['type'], node: NodeObject, before?: NodeObject): NodeObject {
    const revision = ++this.#revision;
    const metadata = { ...node.metadata, resourceVersion: String(revision) };
    const object = { ...node, apiVersion: 'v1', kind: 'Node', metadata };
    const event = { type, revision, object, ...(before && { before }) };
    this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
    return object;
  }
}
