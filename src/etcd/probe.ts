import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type { TlsMaterial } from './connection.ts';
import { connectionError, type StoreError, tlsMismatch } from './errors.ts';

/** A server's refusal comes within a round trip; one that is content says nothing. */
const LISTEN_FOR = 500;

/**
 * Finds out why an endpoint closed a connection without a word: one side may speak TLS and the other
 * not, or the server refused our certificate after a handshake that had succeeded for us (TLS 1.3).
 * Null when it is none of these.
 */
export async function whyClosed(
  endpoint: string,
  material: TlsMaterial | null,
  limit: number,
): Promise<StoreError | null> {
  const wait = Math.min(limit, LISTEN_FOR);
  const { protocol, hostname, port } = new URL(endpoint);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
  if (protocol === 'http:') {
    const speaksTls = (await handshake({ ...address, rejectUnauthorized: false }, wait)).secure;
    return speaksTls ? tlsMismatch(endpoint, undefined) : null;
  }
  const servername = net.isIP(address.host) === 0 ? address.host : '';
  const checked = { ...address, ...material, servername, rejectUnauthorized: true };
  const { secure, error } = await handshake(checked, wait);
  if (!secure && (await speaksHttp(address, wait))) return tlsMismatch(endpoint, error);
  const named = error && connectionError(endpoint, `${error.code ?? ''} ${error.message}`, error);
  return named?.transient ? null : named;
}

interface Handshake {
  /** Whether the handshake succeeded on our side. */
  readonly secure: boolean;
  /** What the server said against it, even afterwards. */
  readonly error: NodeJS.ErrnoException | null;
}

function handshake(options: tls.ConnectionOptions, wait: number): Promise<Handshake> {
  return new Promise((resolve) => {
    let secure = false;
    const socket = tls.connect(options, () => {
      secure = true;
    });
    const end = (error: NodeJS.ErrnoException | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ secure, error });
    };
    const timer = setTimeout(end, wait, null);
    socket.once('error', end);
    socket.once('close', () => end(null));
  });
}

function speaksHttp(address: { host: string; port: number }, wait: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ ...address, path: '/version', agent: false, timeout: wait });
    const end = (answer: boolean) => {
      request.destroy();
      resolve(answer);
    };
    request.once('response', () => end(true));
    request.once('timeout', () => end(false));
    request.on('error', () => end(false));
  });
}
