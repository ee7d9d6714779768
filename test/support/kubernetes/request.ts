import type { IncomingMessage } from 'node:http';
import type { NodeObject } from './node-store.ts';
import { Refused } from './status.ts';
import type { Verb } from './users.ts';

/** What a request is about. */
interface Route {
  readonly verb: Verb;
  /** Null: of all Nodes. */
  readonly name: string | null;
}

const OF_ALL: Readonly<Record<string, Verb>> = { GET: 'list', POST: 'create' };
const OF_ONE: Readonly<Record<string, Verb>> = {
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** @throws Refused 404 for a path that is not of Nodes, 405 for a method that they do not have */
export function routeOf(method: string, { pathname, searchParams }: URL): Route {
  const path = /^\/api\/v1\/nodes(?:\/([^/]+))?$/.exec(pathname);
  if (!path) throw new Refused(404, 'the server could not find the requested resource');
  const name = path[1] === undefined ? null : decoded(path[1]);
  const verb = (name === null ? OF_ALL : OF_ONE)[method];
  if (verb === undefined) {
    throw new Refused(405, 'the server does not allow this method on the requested resource');
  }
  const isWatch = verb === 'list' && ['true', '1'].includes(searchParams.get('watch') ?? '');
  return { verb: isWatch ? 'watch' : verb, name };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refused(400, `invalid URL escape ${JSON.stringify(part)}`);
  }
}

/** A number of the query; null when it is not there or empty. @throws Refused 400 when it is none */
export function numberOf(query: URLSearchParams, key: string): number | null {
  const text = query.get(key) ?? '';
  if (text === '') return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const message = `${key}: Invalid value: ${JSON.stringify(text)}: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new Refused(400, message);
}

/** All of the body; null when the client has gone before its end. */
export async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A body that must be a JSON object. @throws Refused 400 */
export function parseObject(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new Refused(400, `the object provided is unrecognized: ${(error as Error).message}`);
  }
  if (isObject(value)) return value;
  throw new Refused(400, 'the object provided is unrecognized: it is no JSON object');
}

/** A body that must be a Node with a name. @throws Refused 400, 422 */
export function parseNode(body: string): NodeObject {
  const node = parseObject(body);
  const { kind = 'Node', metadata } = node;
  if (kind !== 'Node') {
    throw new Refused(400, `${JSON.stringify(kind)} in version "v1" cannot be handled as a Node`);
  }
  if (isObject(metadata) && typeof metadata['name'] === 'string' && metadata['name'] !== '') {
    return node as NodeObject;
  }
  const message = 'Required value: name or generateName is required';
  const causes = [{ reason: 'FieldValueRequired', message, field: 'metadata.name' }];
  const details = { kind: 'Node', causes };
  throw new Refused(422, `Node "" is invalid: metadata.name: ${message}`, { details });
}

/** Whether a value is what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
