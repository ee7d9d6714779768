import type { IncomingHttpHeaders } from 'node:http';
import type { BigIpRequest } from './types.ts';

/** A path as it is meant; one that is broken stays as it is. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Null where there is nothing, the text where it is no JSON. */
export function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Cookies that come with a password that was right; who uses the API has no need of them. */
export function cookies({ auth, status }: BigIpRequest, headers: IncomingHttpHeaders) {
  if (auth !== 'basic' || status === 401) return {};
  const user = Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
  const name = user.split(':')[0] ?? '';
  const attributes = 'path=/; Secure; HttpOnly';
  return {
    'Set-Cookie': [
      `BIGIPAuthCookie=0123456789ABCDEF; ${attributes}`,
      `BIGIPAuthUsernameCookie=${name}; ${attributes}`,
    ],
  };
}
