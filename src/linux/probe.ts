import { createSocket } from 'node:dgram';
import type { Probe } from '../model/host/state.ts';
import { run } from './run.ts';

/** Milliseconds that a refusal of a UDP packet is waited for. */
const UDP_WAIT = 300;

/** Tries an underlay address: the kernel's route to it, a ping, and one UDP packet to the VXLAN port. */
export async function probe(address: string, port: number): Promise<Probe> {
  const route = await routeTo(address);
  if (route === null) return { address, dev: null, source: null, ping: null, udp: 'silent' };
  const [ping, udp] = await Promise.all([pinged(address), sent(address, port)]);
  return { address, ...route, ping, udp };
}

async function routeTo(
  address: string,
): Promise<{ dev: string | null; source: string | null } | null> {
  const { error, stdout } = await run('ip', ['-j', 'route', 'get', address]);
  if (error) return null;
  const [route] = JSON.parse(stdout || '[]') as { dev?: string; prefsrc?: string }[];
  return route === undefined ? null : { dev: route.dev ?? null, source: route.prefsrc ?? null };
}

async function pinged(address: string): Promise<Probe['ping']> {
  // The kernel asks three times for a MAC, a second each, before it says that nobody is there.
  const { error, stdout } = await run('ping', ['-n', '-c', '1', '-W', '4', address]);
  if (error === null) return 'answers';
  if (/Unreachable/i.test(stdout)) return 'unreachable';
  return /transmitted/.test(stdout) ? 'silent' : null;
}

/**
 * Sends what VXLAN devices ignore: a packet without the flag that says that its VNI counts (RFC 7348).
 * A host on which nothing listens there refuses it.
 */
function sent(address: string, port: number): Promise<Probe['udp']> {
  return new Promise((done) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (answer: Probe['udp']) => {
      clearTimeout(timer);
      socket.removeAllListeners('error').on('error', () => {});
      socket.close();
      done(answer);
    };
    const timer = setTimeout(() => end('silent'), UDP_WAIT);
    socket.on('error', (error: NodeJS.ErrnoException) => end(answerOf(error)));
    socket.connect(port, address, () => socket.send(Buffer.alloc(8)));
  });
}

function answerOf({ code }: NodeJS.ErrnoException): Probe['udp'] {
  if (code === 'ECONNREFUSED') return 'refused';
  return code === 'EHOSTUNREACH' || code === 'ENETUNREACH' ? 'unreachable' : 'silent';
}
