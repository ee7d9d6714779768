import type { Etcd } from './etcd.ts';

/** One key as the server itself reports it. */
interface ServerKey {
  readonly value: string;
  /** Whether it goes away by itself. */
  readonly expires: boolean;
}

export type Keyspace = Readonly<Record<string, ServerKey>>;

/** Puts, reads and lists keys the way people do by hand, on either store. */
export interface Hand {
  readonly api: 'v2' | 'v3';
  put(key: string, value: string, ttl?: number): void;
  remove(key: string): void;
  /** Every key of the store. */
  all(): Promise<Keyspace>;
}

/** Works on a real etcd with Debian's etcdctl. */
export function handOf(etcd: Etcd, api: 'v2' | 'v3'): Hand {
  return api === 'v2' ? v2Hand(etcd) : v3Hand(etcd);
}

function v2Hand(etcd: Etcd): Hand {
  return {
    api: 'v2',
    put(key, value, ttl) {
      etcd.etcdctl(2, 'set', ...(ttl === undefined ? [] : ['--ttl', String(ttl)]), key, value);
    },
    remove(key) {
      etcd.etcdctl(2, 'rm', '--recursive', key);
    },
    async all() {
      const reply = await fetch(`${etcd.endpoints[0]}/v2/keys/?recursive=true&quorum=true`);
      const { node } = (await reply.json()) as { node: Node2 };
      return Object.fromEntries(flatten(node));
    },
  };
}

interface Node2 {
  readonly key?: string;
  readonly value?: string;
  readonly dir?: boolean;
  readonly expiration?: string;
  readonly nodes?: readonly Node2[];
}

function flatten(node: Node2): [string, ServerKey][] {
  if (node.dir) return (node.nodes ?? []).flatMap(flatten);
  return [[node.key ?? '', { value: node.value ?? '', expires: node.expiration !== undefined }]];
}

function v3Hand(etcd: Etcd): Hand {
  return {
    api: 'v3',
    put(key, value, ttl) {
      const lease =
        ttl === undefined
          ? []
          : [`--lease=${/lease (\w+)/.exec(etcd.etcdctl(3, 'lease', 'grant', String(ttl)))?.[1]}`];
      etcd.etcdctl(3, 'put', ...lease, '--', key, value);
    },
    remove(key) {
      etcd.etcdctl(3, 'del', key);
    },
    all() {
      const { kvs = [] } = JSON.parse(etcd.etcdctl(3, 'get', '--prefix', '', '-w', 'json')) as {
        kvs?: { key: string; value: string; lease?: number }[];
      };
      const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString();
      return Promise.resolve(
        Object.fromEntries(
          kvs.map((kv) => [text(kv.key), { value: text(kv.value), expires: Boolean(kv.lease) }]),
        ),
      );
    },
  };
}
