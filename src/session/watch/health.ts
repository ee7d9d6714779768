import http from 'node:http';
import { EXIT, Problem } from '../../model/problem.ts';
import type { Metrics } from './metrics.ts';

/**
 * Serves `/healthz`, `/readyz` and `/metrics` until the signal is aborted.
 *
 * @param address `HOST:PORT` or `:PORT`
 * @param reasons why the service is not ready; none when it is
 * @throws Problem: 64 for no address, 1 when it cannot be listened on
 */
export async function serveHealth(
  address: string,
  metrics: Metrics,
  reasons: () => readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { host, port } = splitAddress(address);
  const server = http.createServer(async ({ url }, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(text);
    const { registry } = metrics;
    if (url === '/metrics') return answer(200, await registry.metrics(), registry.contentType);
    if (url === '/healthz') return answer(200, 'ok\n');
    if (url !== '/readyz') return answer(404, 'not found\n');
    const why = reasons();
    return answer(why.length === 0 ? 200 : 503, why.length === 0 ? 'ok\n' : `${why.join('\n')}\n`);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const fix = 'name another with --listen';
      fail(
        new Problem(`${address} cannot be listened on (${cause.code})`, {
          exit: EXIT.failed,
          fix,
          cause,
        }),
      );
    });
    server.listen(port, host, done);
  });
  signal.addEventListener('abort', () => {
    server.close();
    server.closeAllConnections();
  });
}

function splitAddress(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new Problem(`--listen ${address} is no address`, {
      exit: EXIT.usage,
      fix: 'write it like 127.0.0.1:9100',
    });
  }
  return { host: bracketed ?? (plain || '0.0.0.0'), port: Number(port) };
}
