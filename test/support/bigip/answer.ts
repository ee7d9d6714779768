import type { ServerResponse } from 'node:http';
import type { Plain } from './types.ts';

/** What goes back to the client. */
export interface Answer {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Text is a page in HTML, null no body at all. */
  readonly body: object | string | null;
}

/** A request that is refused. */
export class Refused extends Error {
  constructor(readonly answer: Answer) {
    const { body } = answer;
    super(String(body !== null && typeof body === 'object' && 'message' in body && body.message));
  }
}

export function ok(body: object | null): Answer {
  return { status: 200, body };
}

/** Of the configuration daemon: its number begins the message. */
export function mcp(code: number, message: string, apiError = 3): Refused {
  return new Refused({ status: code, body: { code, message, errorStack: [], apiError } });
}

let operations = 43_487_000;

/** Of the REST daemon itself. */
export function rest(code: number, message: string, more: Plain = {}): Refused {
  operations += 1;
  const kind = ':resterrorresponse';
  const origin = { referer: '127.0.0.1', restOperationId: operations, kind };
  return new Refused({ status: code, body: { code, message, ...more, ...origin } });
}

/** A refusal whose number and text nobody has recorded: it says whose it is. */
export function own(message: string): Refused {
  return mcp(400, `01070734:3: Configuration error: (stand-in) ${message}`);
}

export function notRegistered(path: string): Refused {
  return rest(404, `Public URI path not registered: ${path.replace(/^\/mgmt/, '')}`);
}

export function noMethod(method: string, path: string): Refused {
  return rest(405, `(stand-in) ${method} is not possible on ${path}`);
}

export function denied(user: string, access: string, what: string): Refused {
  const message = `01070822:3: Access Denied: user (${user}) does not have ${access} access to ${what}`;
  return mcp(400, message);
}

export function page(title: string, text = title): string {
  return `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${text}</p>\n</body></html>\n`;
}

const EVERYWHERE = {
  'Strict-Transport-Security': 'max-age=16070400; includeSubDomains',
  'X-Frame-Options': 'SAMEORIGIN',
};
const OF_HTML = { Server: 'Apache', 'Content-Type': 'text/html; charset=iso-8859-1' };
const OF_JSON = {
  Server: 'Jetty(9.2.22.v20170606)',
  'Content-Type': 'application/json; charset=UTF-8',
  'Cache-Control': 'no-store, no-cache, must-revalidate',
  Pragma: 'no-cache',
};

/** Writes an answer with the headers of its kind. @param more headers of this one */
export function send(
  response: ServerResponse,
  { status, reason, headers, body }: Answer,
  more: Readonly<Record<string, string | string[]>> = {},
): void {
  const isPage = typeof body === 'string';
  const text = isPage ? body : body === null ? '' : JSON.stringify(body);
  const length = { 'Content-Length': String(Buffer.byteLength(text)) };
  const kind = isPage ? OF_HTML : { ...OF_JSON, ...more };
  const all = { ...EVERYWHERE, ...kind, ...headers, ...length };
  if (reason === undefined) response.writeHead(status, all);
  else response.writeHead(status, reason, all);
  response.end(text);
}
