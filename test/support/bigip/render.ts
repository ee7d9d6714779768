import { own } from './answer.ts';
import { type Configuration, FDB, recordsOf, type Stored } from './configuration.ts';
import { BUILT_IN_PROFILES } from './factory.ts';
import { atLeast, isPlain, linkTo, tilde } from './names.ts';
import type { Plain, Settings } from './types.ts';

/** How an object is wanted. */
interface Wish {
  /** Its URL named no partition: the reply then has none either. */
  readonly bare?: boolean;
  readonly query?: URLSearchParams;
}

/** Makes replies of stored objects. */
export class Renderer {
  constructor(
    private readonly configuration: Configuration,
    private readonly settings: Settings,
  ) {}

  /** The reply for one object. @throws Refused 400 for a query that it does not know */
  one(stored: Stored, { bare = false, query }: Wish = {}): Plain {
    const expand = query?.get('expandSubcollections') === 'true';
    const whole = this.#object(stored, bare, expand, words(query));
    const selected = selection(query);
    if (!selected) return whole;
    return { kind: whole['kind'], selfLink: whole['selfLink'], ...picked(whole, selected) };
  }

  /** The reply for a collection. @throws Refused 400 for a query that it does not know */
  collection(collection: string, query: URLSearchParams, path = collection): Plain {
    const expand = query.get('expandSubcollections') === 'true';
    const selected = selection(query);
    const wanted = this.all(collection).filter(filter(query));
    const skip = Number(query.get('$skip') ?? 0);
    const items = wanted
      .slice(skip, skip + Number(query.get('$top') ?? wanted.length))
      .map((stored) => this.#object(stored, false, expand))
      .map((object) => (selected ? picked(object, selected) : object));
    const selfLink = linkTo(path, this.settings.version, words(query));
    const kind = `${kindText(collection)}collectionstate`;
    return { kind, selfLink, ...this.#items(items) };
  }

  /** Objects of a collection, which may be one below another object. */
  all(collection: string): Stored[] {
    const pool = /^ltm\/pool\/(~.+)\/members$/.exec(collection)?.[1];
    if (pool === undefined) return this.configuration.all(collection);
    const found = this.configuration.get('ltm/pool', pool.replaceAll('~', '/'));
    return found ? membersOf(found) : [];
  }

  #items(items: readonly Plain[]): Plain {
    return items.length === 0 && this.settings.omitEmptyItems ? {} : { items };
  }

  #object(stored: Stored, bare: boolean, expand: boolean, query = ''): Plain {
    const { collection, name, partition, subPath, fullPath, generation, fields } = stored;
    const { version } = this.settings;
    const segment = bare ? name : tilde(fullPath);
    return {
      kind: `${kindText(collection)}state`,
      name,
      ...(partition === null || bare ? {} : { partition }),
      ...(subPath === null || bare ? {} : { subPath }),
      fullPath: bare ? name : fullPath,
      generation,
      selfLink: linkTo(`${collection}/${segment}`, version, query),
      ...this.#fields(fields),
      ...this.#below(stored, expand),
    };
  }

  /** Fields in the order of their names, each that names an object followed by a link to it. */
  #fields(fields: Plain): Plain {
    const shown: Plain = {};
    for (const field of Object.keys(fields).sort()) {
      if (field === 'members') continue;
      shown[field] = fields[field];
      const target = this.#target(field, String(fields[field]));
      if (target === null) continue;
      const link = linkTo(`${target}/${tilde(String(fields[field]))}`, this.settings.version);
      shown[`${field}Reference`] = { link };
    }
    return shown;
  }

  #target(field: string, fullPath: string): string | null {
    switch (field) {
      case 'defaultsFrom':
        return 'net/tunnels/vxlan';
      case 'profile':
        return BUILT_IN_PROFILES.get(fullPath) ?? 'net/tunnels/vxlan';
      case 'trafficGroup':
        return 'cm/traffic-group';
      case 'vlan':
        return this.configuration.get('net/vlan', fullPath) ? 'net/vlan' : 'net/tunnels/tunnel';
      default:
        return null;
    }
  }

  /** What an object has below it: a link, and all of it when that is wanted. */
  #below({ collection, fullPath }: Stored, expand: boolean): Plain {
    if (collection !== FDB && collection !== 'ltm/pool') return {};
    const isFdb = collection === FDB;
    const path = isFdb ? recordsOf(fullPath) : `ltm/pool/${tilde(fullPath)}/members`;
    const below = this.all(path);
    if (isFdb && !atLeast(this.settings.version, 12, 1)) {
      return { records: below.map(({ name, fields }) => ({ name, ...fields })) };
    }
    const items = expand ? this.#items(below.map((one) => this.#object(one, false, false))) : {};
    const link = linkTo(path, this.settings.version);
    const reference = { link, isSubcollection: true, ...items };
    return isFdb ? { recordsReference: reference } : { membersReference: reference };
  }
}

/** `net/fdb/tunnel/~Common~t/records` is of the kind `tm:net:fdb:tunnel:records:records`. */
function kindText(collection: string): string {
  const words = collection.split('/').filter((segment) => !segment.startsWith('~'));
  return ['tm', ...words, words.at(-1)].join(':');
}

function membersOf(pool: Stored): Stored[] {
  const members = pool.fields['members'];
  const collection = `ltm/pool/${tilde(pool.fullPath)}/members`;
  return (Array.isArray(members) ? members.filter(isPlain) : []).map((member) => {
    const { name, partition = 'Common', ...fields } = member;
    const fullPath = `/${partition}/${name}`;
    const identity = { name: String(name), partition: String(partition), subPath: null, fullPath };
    const usual = { connectionLimit: 0, session: 'user-enabled', state: 'unchecked' };
    const { generation } = pool;
    return { collection, ...identity, generation, fields: { ...usual, ...fields } };
  });
}

function selection(query: URLSearchParams | undefined): readonly string[] | null {
  return query?.get('$select')?.split(',') ?? null;
}

function picked(object: Plain, names: readonly string[]): Plain {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}

function filter(query: URLSearchParams): (stored: Stored) => boolean {
  const text = query.get('$filter');
  if (text === null) return () => true;
  const wanted = /^partition eq '?([\w.-]+)'?$/.exec(text)?.[1];
  if (wanted === undefined) throw own(`$filter ${JSON.stringify(text)} is not understood`);
  return ({ partition }) => partition === wanted;
}

/** A query as links repeat it. */
function words(query: URLSearchParams | undefined): string | undefined {
  return query?.toString().replaceAll('%24', '$');
}
