import { printable } from '../model/printable.ts';
import { DeviceError } from './errors.ts';

/** One answer as it came. */
export interface RawReply {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export type Json = Readonly<Record<string, unknown>>;

/** What an answer means for whoever asked. */
export type Verdict =
  | { readonly kind: 'ok'; readonly body: Json }
  | { readonly kind: 'absent' }
  /** To be asked again after a while. */
  | {
      readonly kind: 'wait';
      readonly why: DeviceError;
      /** Nobody knows whether it was carried out. */
      readonly mayBeDone: boolean;
      /** The device knows no such path: it is starting, or so old that it has none. */
      readonly isUnknownPath: boolean;
    }
  | { readonly kind: 'token-dead'; readonly why: DeviceError }
  | { readonly kind: 'failed'; readonly why: DeviceError };

/** Longest text of a device that is repeated. */
const LONGEST = 300;

/**
 * Reads an answer by status, content type and the numbers in its message, never by the words after
 * them, which differ between releases.
 *
 * @param host for messages
 * @param what the request, e.g. `GET /mgmt/tm/net/self`
 * @param hide secrets that must not be repeated
 */
export function judge(
  reply: RawReply,
  host: string,
  what: string,
  hide: readonly string[],
): Verdict {
  const at = `the BIG-IP at ${host}`;
  const body = bodyOf(reply);
  const said = sayable(messageOf(body), hide);
  const { status } = reply;
  if (status >= 200 && status < 300) {
    if (body !== null) return { kind: 'ok', body };
    if (reply.text.trim() === '') return { kind: 'ok', body: {} };
    return notRest(at, `answers ${what} with something else than JSON`);
  }
  if (status >= 300 && status < 400) return notRest(at, `redirects ${what} elsewhere`);
  const byWords = refusalByWords(at, what, said);
  if (byWords !== null) return byWords;
  switch (status) {
    case 401:
      return unauthorized(at, reply, said);
    case 404:
      return notFound(at, what, body, said);
    case 409:
      return fail('conflict', `${at} has that already: ${said}`, 'run it again');
    case 503:
      return wait(`${at} is starting or busy (HTTP 503)`);
    default:
      return refused(at, what, status, said);
  }
}

function fail(kind: DeviceError['kind'], message: string, fix: string): Verdict {
  return { kind: 'failed', why: new DeviceError(kind, message, { fix }) };
}

function wait(message: string, { mayBeDone = false, isUnknownPath = false } = {}): Verdict {
  const why = new DeviceError('starting', message, { fix: 'wait, or raise --timeout' });
  return { kind: 'wait', mayBeDone, isUnknownPath, why };
}

/** What means the same whatever the status. */
function refusalByWords(at: string, what: string, said: string): Verdict | null {
  if (/Authorization failed: user=/.test(said)) {
    return fail('role', `${at} does not let this user use iControl REST`, ROLE_FIX);
  }
  if (/^01070822:/.test(said)) {
    const message = `${at} says that this user's role is too small for ${what}: ${said}`;
    return fail('role', message, ROLE_FIX);
  }
  if (/maximum active login tokens/.test(said)) {
    const message = `${at} gives this user no more tokens: 100 are in use`;
    return fail('token-limit', message, TOKEN_FIX);
  }
  return /active asynchronous task/.test(said) ? wait(`${at} is busy with another task`) : null;
}

function notFound(at: string, what: string, body: Json | null, said: string): Verdict {
  if (body === null) return notRest(at, `has no ${what}`);
  return /not registered/.test(said)
    ? wait(`${at} is still starting its REST interface`, { isUnknownPath: true })
    : { kind: 'absent' };
}

function refused(at: string, what: string, status: number, said: string): Verdict {
  if (status === 500 && /mcpd/.test(said)) return wait(`${at} lost its mcpd`, { mayBeDone: true });
  const why = said === '' ? '' : `: ${said}`;
  return fail('refused', `${at} refuses ${what} (HTTP ${status})${why}`, fixFor(said));
}

const ROLE_FIX = 'use a user with the role Administrator';
const TOKEN_FIX =
  "wait until they expire (20 minutes), or end them all, other programs' too: curl -u USER -X DELETE https://HOST/mgmt/shared/authz/tokens";

function notRest(at: string, what: string): Verdict {
  const why = new DeviceError('not-a-bigip', `${at} ${what}, so it is no iControl REST endpoint`, {
    fix: 'check management.url',
  });
  return { kind: 'failed', why };
}

function unauthorized(at: string, reply: RawReply, said: string): Verdict {
  if (/no user authentication header or token/.test(said)) {
    const why = new DeviceError('starting', `${at} did not see the login that was sent`, {
      fix: 'try again',
    });
    return { kind: 'wait', why, mayBeDone: false, isUnknownPath: false };
  }
  const isHtml = !/json/.test(reply.contentType);
  const dead = /X-F5-Auth-Token/i.test(said);
  const detail = isHtml || said === '' || dead ? '' : `: ${said}`;
  const why = new DeviceError('refused-login', `${at} refuses this user or password${detail}`, {
    fix: 'check BIGIP_USERNAME and BIGIP_PASSWORD; it is not tried again, since that locks users out',
  });
  return dead ? { kind: 'token-dead', why } : { kind: 'failed', why };
}

function fixFor(said: string): string {
  if (/^01070734:/.test(said))
    return 'see what it says; management.routeDomain must be that of the tunnel';
  if (/vlans in the associated route domain/.test(said)) {
    return 'add the tunnel to its route domain: tmsh modify net route-domain N vlans add { TUNNEL }';
  }
  return 'see what it says';
}

function bodyOf({ text }: RawReply): Json | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Json)
      : null;
  } catch {
    return null;
  }
}

function messageOf(body: Json | null): string {
  const message = body?.['message'];
  return typeof message === 'string' ? message : '';
}

/** A device's words on one line, without secrets. */
function sayable(text: string, hide: readonly string[]): string {
  const clean = hide.filter(Boolean).reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const line = printable(clean.replace(/\s+/g, ' ').trim().replace(/\.$/, ''));
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}

/** The texts of a reply in the shape of statistics, by their names; those of its first entry. */
export function statsOf(body: Json | null): Readonly<Record<string, string>> {
  const [first] = Object.values((body?.['entries'] ?? {}) as Record<string, unknown>);
  const { nestedStats } = (first ?? {}) as { nestedStats?: { entries?: Record<string, unknown> } };
  return Object.fromEntries(
    Object.entries(nestedStats?.entries ?? {}).flatMap(([name, entry]) => {
      const { description } = (entry ?? {}) as { description?: unknown };
      return typeof description === 'string' ? [[name, description]] : [];
    }),
  );
}
