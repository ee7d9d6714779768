import { type Answer, denied, mcp, page, type Refused, rest } from './answer.ts';
import { deadToken } from './sessions.ts';
import type { BigIpFault } from './types.ts';

/** Failures that tests have asked for. */
export class Faults {
  readonly #pending: { readonly fault: BigIpFault; skip: number; left: number }[] = [];

  add(fault: BigIpFault): void {
    this.#pending.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 });
  }

  /** What a request meets with; null is nothing. Counts the request. */
  for(method: string, path: string): BigIpFault | null {
    for (const pending of this.#pending) {
      const { fault, left } = pending;
      const isMeant =
        left > 0 && (fault.method ?? method) === method && path.includes(fault.path ?? '');
      if (!isMeant) continue;
      if (pending.skip === 0) {
        pending.left -= 1;
        return fault;
      }
      pending.skip -= 1;
    }
    return null;
  }
}

type Answered = Exclude<BigIpFault['answer'], 'reset' | 'hang'>;

/** The answer of a fault that has one. */
export function faulty(answer: Answered, path: string, user: string): Answer {
  const made = ANSWERS[answer](path, user);
  return made instanceof Error ? made.answer : made;
}

const ANSWERS: Readonly<Record<Answered, (path: string, user: string) => Answer | Refused>> = {
  '503-html': () => ({ status: 503, body: page('Configuration Utility restarting...') }),
  '503-json': () => rest(503, 'The service is busy (stand-in): try again later.'),
  '500-mcpd': () => mcp(500, 'The connection to mcpd has been lost, try again.', 32_768_001),
  '404-starting': (path) =>
    rest(
      404,
      `URI path ${path} not registered.  Please verify URI is supported and wait for /available suffix to be responsive.`,
    ),
  '401-no-auth': (path) =>
    rest(
      401,
      `Authorization failed: no user authentication header or token detected. Uri:http://localhost:8100${path} Referrer:127.0.0.1 Sender:127.0.0.1`,
    ),
  '401-dead-token': () => deadToken(),
  redirect: () => ({
    status: 302,
    headers: { Location: '/tmui/login.jsp' },
    body: page('302 Found', 'The document has moved.'),
  }),
  'html-200': () => ({ status: 200, body: page('BIG-IP', 'Log in to continue.') }),
  role: (_, user) => denied(user, 'the necessary', 'this'),
};
