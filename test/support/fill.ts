import type { Keyspace } from './keyspace.ts';

/** Seconds that keys which expire have, so that none does during a test. */
const TTL = 3600;

/** Makes a store hold these keys and no others. */
export async function fill(endpoint: string, api: 'v2' | 'v3', keys: Keyspace): Promise<void> {
  await (api === 'v2' ? fillV2(endpoint, keys) : fillV3(endpoint, keys));
}

async function fillV2(endpoint: string, keys: Keyspace): Promise<void> {
  const root = await (await fetch(`${endpoint}/v2/keys/`)).json();
  const { nodes = [] } = (root as { node: { nodes?: { key: string; dir?: boolean }[] } }).node;
  for (const { key, dir } of nodes) {
    const query = dir ? '?recursive=true' : '';
    await sent(fetch(`${endpoint}/v2/keys${key}${query}`, { method: 'DELETE' }));
  }
  for (const [key, { value, expires }] of Object.entries(keys)) {
    const form = new URLSearchParams({ value, ...(expires ? { ttl: String(TTL) } : {}) });
    await sent(fetch(`${endpoint}/v2/keys${key}`, { method: 'PUT', body: form }));
  }
}

/** Over the JSON gateway, which starts no process. */
async function fillV3(endpoint: string, keys: Keyspace): Promise<void> {
  const post = async (path: string, body: object): Promise<{ ID?: string }> => {
    const request = { method: 'POST', body: JSON.stringify(body) };
    return (await (await sent(fetch(`${endpoint}/v3/${path}`, request))).json()) as { ID?: string };
  };
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  await post('kv/deleterange', { key: base64('\0'), range_end: base64('\0') });
  for (const [key, { value, expires }] of Object.entries(keys)) {
    const lease = expires ? (await post('lease/grant', { TTL })).ID : '0';
    await post('kv/put', { key: base64(key), value: base64(value), lease });
  }
}

async function sent(request: Promise<Response>): Promise<Response> {
  const response = await request;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response;
}
