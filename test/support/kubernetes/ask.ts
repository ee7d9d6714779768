import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { ApiServer } from './api-server.ts';

/** What the API server answered, its body read as JSON. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Record<string, unknown>;
}

/** An event of a watch. */
interface Heard {
  readonly type: string;
  readonly object: {
    readonly code?: number;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion?: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
  };
}

/** A watch that is under way. */
interface Following {
  /** What it has told so far. */
  readonly events: readonly Heard[];
  /** Whether the API server has ended it. */
  hasEnded(): boolean;
  stop(): void;
}

/** Options of a request with the credentials of a user's kubeconfig; null is nobody. */
export function credentials(api: ApiServer, user: string | null): https.RequestOptions {
  const file = api.kubeconfig(user ?? 'nobody');
  const config = JSON.parse(readFileSync(file, 'utf8')) as {
    users: { user: { token?: string; 'client-certificate'?: string; 'client-key'?: string } }[];
    clusters: { cluster: { 'certificate-authority': string } }[];
  };
  const read = (path?: string) => (path ? readFileSync(path) : undefined);
  const ca = read(config.clusters[0]?.cluster['certificate-authority']);
  if (user === null) return { agent: false, ca };
  const { token, ...pair } = config.users[0]?.user ?? {};
  return {
    agent: false,
    ca,
    cert: read(pair['client-certificate']),
    key: read(pair['client-key']),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  };
}

/** One request of a user. @param type of the body */
export function ask(
  api: ApiServer,
  user: string | null,
  method: string,
  where: string,
  body?: string,
  type = '',
): Promise<Answer> {
  const options = credentials(api, user);
  const headers = { ...options.headers, ...(type ? { 'content-type': type } : {}) };
  return new Promise((done, fail) => {
    const answered = async (reply: IncomingMessage) => {
      const chunks: Buffer[] = [];
      for await (const chunk of reply) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const retryAfter = reply.headers['retry-after'];
      done({ status: reply.statusCode ?? 0, retryAfter, body: JSON.parse(text || '{}') });
    };
    const url = `${api.url}${where}`;
    const request = https.request(url, { ...options, method, headers }, (reply) => {
      answered(reply).catch(fail);
    });
    request.on('error', fail);
    request.end(body);
  });
}

/** Begins a watch of Nodes; it is under way when this returns. */
export function follow(
  api: ApiServer,
  user: string,
  query: Readonly<Record<string, string | number>>,
): Promise<Following> {
  const events: Heard[] = [];
  let rest = '';
  let hasEnded = false;
  const parameters = Object.entries({ watch: 'true', ...query }).map(
    ([key, value]) => `${key}=${encodeURIComponent(value)}`,
  );
  const url = `${api.url}/api/v1/nodes?${parameters.join('&')}`;
  return new Promise((done, fail) => {
    const request = https.get(url, credentials(api, user), (reply) => {
      reply.setEncoding('utf8');
      reply.on('data', (chunk: string) => {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) events.push(JSON.parse(line));
      });
      reply.on('error', () => undefined);
      reply.on('end', () => {
        hasEnded = true;
      });
      done({ events, hasEnded: () => hasEnded, stop: () => request.destroy() });
    });
    request.on('error', fail);
  });
}
