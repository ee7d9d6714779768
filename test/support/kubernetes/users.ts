import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Refused } from './status.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** Who makes a request. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Verbs on Nodes that a role of each user allows; groups have theirs below. */
export const ROLES: Readonly<Record<string, readonly Verb[]>> = {
  annotator: ['get', 'list', 'watch', 'patch'],
  reader: ['get', 'list', 'watch'],
  nobody: [],
};

/** The user of a client certificate or a bearer token; 401 where there is neither. */
export function authenticate(request: IncomingMessage, tokens: ReadonlyMap<string, User>): User {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const known = bearer === undefined ? undefined : tokens.get(bearer);
  if (known) return known;
  const socket = request.socket as TLSSocket;
  const subject =
    bearer === undefined && socket.authorized ? socket.getPeerCertificate().subject : null;
  const [name] = [subject?.CN ?? []].flat();
  if (!subject || name === undefined) throw new Refused(401, 'Unauthorized');
  return { name, groups: [subject.O ?? []].flat() };
}

/**
 * Lets a request through or refuses it: masters may do everything, a kubelet may get and patch its own
 * Node (Node authorizer, NodeRestriction), everybody else what their role says.
 */
export function authorize(user: User, verb: Verb, name: string | null): void {
  if (user.groups.includes('system:masters')) return;
  if (user.groups.includes('system:nodes')) {
    const isOwn = user.name === `system:node:${name}`;
    if (isOwn && ['get', 'patch'].includes(verb)) return;
    if (verb === 'patch' && name !== null) {
      const own = user.name.replace('system:node:', '');
      throw new Refused(
        403,
        `nodes "${name}" is forbidden: node "${own}" is not allowed to modify node "${name}"`,
      );
    }
  } else if (ROLES[user.name]?.includes(verb)) return;
  const what = name === null ? 'nodes' : `nodes "${name}"`;
  throw new Refused(
    403,
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "nodes" in API group "" at the cluster scope`,
    { details: { ...(name === null ? {} : { name }), kind: 'nodes' } },
  );
}
