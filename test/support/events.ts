import { Etcd3 } from 'etcd3';

/** One event as a flanneld that watches the v2 store would see it. */
export interface V2Event {
  readonly action: string;
  readonly key: string;
}

interface EventReply {
  readonly action: string;
  readonly node: { readonly key: string; readonly modifiedIndex: number };
}

/** All events under a v2 folder since an index, in order. */
export async function v2Events(
  endpoint: string,
  folder: string,
  since: number,
): Promise<V2Event[]> {
  const events: V2Event[] = [];
  const head = await fetch(`${endpoint}/v2/keys/`);
  const newest = Number(head.headers.get('x-etcd-index'));
  for (let index = since + 1; index <= newest; ) {
    const url = `${endpoint}/v2/keys${folder}?wait=true&recursive=true&waitIndex=${index}`;
    // The header comes at once, the event only when there is one.
    const event = await fetch(url, { signal: AbortSignal.timeout(1_000) })
      .then((reply) => reply.json() as Promise<EventReply>)
      .catch(() => null);
    if (event === null) break;
    events.push({ action: event.action, key: event.node.key });
    index = event.node.modifiedIndex + 1;
  }
  return events;
}

/** The index the v2 store has reached. */
export async function v2Index(endpoint: string): Promise<number> {
  const reply = await fetch(`${endpoint}/v2/keys/`);
  return Number(reply.headers.get('x-etcd-index'));
}

/** What one response of a v3 watch held: flanneld before v0.21.3 heeds its first event only. */
export type V3Response = readonly { readonly type: string; readonly key: string }[];

/** Watches a v3 folder and keeps each response as it came. */
export async function watchV3(
  endpoint: string,
  folder: string,
): Promise<{ readonly responses: V3Response[]; stop(): Promise<void> }> {
  const client = new Etcd3({ hosts: endpoint });
  const responses: V3Response[] = [];
  const watcher = await client.watch().prefix(folder).create();
  watcher.on('data', (response) => {
    responses.push(
      response.events.map((event) => ({ type: event.type, key: event.kv.key.toString('utf8') })),
    );
  });
  return {
    responses,
    async stop() {
      await watcher.cancel();
      client.close();
    },
  };
}
