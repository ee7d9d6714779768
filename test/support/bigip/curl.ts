import { execFile } from 'node:child_process';
import type { BigIpDevice } from './types.ts';

/** What curl got. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case, without the date. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Parsed where it says that it is JSON. */
  readonly body: unknown;
}

/** How a request is made. */
interface CurlOptions {
  /** By token, else by the password of the unit's user; null is by neither. */
  readonly token?: string | null;
  readonly password?: string;
  /** Sent as it is; anything but text as JSON. */
  readonly body?: unknown;
  readonly headers?: readonly string[];
  readonly ca?: string;
  readonly more?: readonly string[];
}

/** Runs curl. @returns what it wrote @throws Error with its exit code and what it says */
export function curl(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('curl', ['-sS', '--noproxy', '*', ...args], (error, stdout, stderr) => {
      if (error) reject(new Error(`curl ${error.code}: ${stderr.trim()}`));
      else resolve(stdout);
    });
  });
}

/** One request to a unit. @param where below its URL */
export async function ask(
  device: BigIpDevice,
  method: string,
  where: string,
  options: CurlOptions = {},
): Promise<Reply> {
  const { token, password = device.password, body, headers = [], ca = device.ca } = options;
  const who = token ? ['-H', `X-F5-Auth-Token: ${token}`] : ['-u', `${device.user}:${password}`];
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const data = text === undefined ? [] : ['--data-binary', text];
  const type = text === undefined ? [] : ['Content-Type: application/json'];
  const lines = [...type, ...headers].flatMap((header) => ['-H', header]);
  const credentials = token === null ? [] : who;
  const url = `${device.url}${where}`;
  const more = options.more ?? [];
  const args = ['-i', '--cacert', ca, '-X', method, ...credentials, ...lines, ...data, ...more];
  return parse(await curl(...args, url));
}

function parse(text: string): Reply {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, status, reason = ''] = /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(first) ?? [];
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    const before = headers[key];
    if (key !== 'date') headers[key] = before === undefined ? value : [before, value].flat();
  }
  const content = text.slice(end + 4);
  const isJson = String(headers['content-type']).startsWith('application/json');
  const body: unknown = isJson && content !== '' ? JSON.parse(content) : content;
  return { status: Number(status), reason, headers, body };
}
