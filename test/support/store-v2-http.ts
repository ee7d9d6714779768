import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { Certificates } from './certificates.ts';

/** A node of the v2 store, as far as tests look at it. */
export interface V2Node {
  readonly key?: string;
  readonly value?: string;
  readonly dir?: boolean;
  readonly nodes?: readonly V2Node[];
  readonly modifiedIndex: number;
  readonly createdIndex: number;
  readonly expiration?: string;
}

/** What etcd answers, also to `wait=true`. */
export interface V2Answer {
  readonly action?: string;
  readonly node?: V2Node;
  readonly prevNode?: V2Node;
  readonly errorCode?: number;
  /** etcd's index at that moment. */
  readonly index: number;
}

export interface V2HttpOptions {
  readonly tls?: Certificates;
  /** `name:password` */
  readonly user?: string;
}

/** The v2 store as another program would use it: etcd's HTTP API and nothing around it. */
export class V2Http {
  readonly #agent: Agent;
  readonly #headers: Record<string, string>;

  constructor(
    readonly endpoint: string,
    { tls, user }: V2HttpOptions = {},
  ) {
    const pem = tls && {
      ca: readFileSync(tls.ca),
      cert: readFileSync(tls.client.cert),
      key: readFileSync(tls.client.key),
    };
    this.#agent = new Agent({ connect: { ...pem } });
    this.#headers = user ? { authorization: `Basic ${Buffer.from(user).toString('base64')}` } : {};
  }

  async send(
    method: 'GET' | 'PUT' | 'DELETE',
    key: string,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<V2Answer> {
    const path = key.split('/').map(encodeURIComponent).join('/');
    const form = new URLSearchParams(fields).toString();
    const response = await request(
      `${this.endpoint}/v2/keys${path}${method === 'PUT' ? '' : `?${form}`}`,
      {
        method,
        dispatcher: this.#agent,
        headers: { ...this.#headers, 'content-type': 'application/x-www-form-urlencoded' },
        ...(method === 'PUT' ? { body: form } : {}),
      },
    );
    const body = (await response.body.json()) as Omit<V2Answer, 'index'>;
    return { ...body, index: Number(response.headers['x-etcd-index'] ?? 0) };
  }

  /** Puts a value, for so many seconds or for ever. */
  async put(key: string, value: string, seconds?: number): Promise<V2Answer> {
    const answer = await this.send('PUT', key, {
      value,
      ...(seconds === undefined ? {} : { ttl: String(seconds) }),
    });
    if (answer.errorCode !== undefined) throw new Error(`etcd refuses to put ${key}`);
    return answer;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** The keys of a node and of all folders in it. */
export function v2Leaves(node: V2Node | undefined): V2Node[] {
  if (node === undefined) return [];
  return node.dir ? (node.nodes ?? []).flatMap(v2Leaves) : [node];
}
