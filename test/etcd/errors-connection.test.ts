import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EtcdConnection } from '../../src/etcd/connection.ts';
import { openStore } from '../../src/etcd/open-store.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { freePorts } from '../support/ports.ts';
import { connectionTo, trustedTls } from '../support/store-connection.ts';
import { failureText } from '../support/store-failure.ts';

/** How much later than its timeout a command may end. */
const MARGIN = 300;

let certificates: Certificates;
let silent: net.Server;
let web: http.Server;
/** Ports of loopback where nothing listens. */
let dead: readonly number[];

beforeAll(async () => {
  certificates = makeCertificates();
  silent = net.createServer(() => undefined);
  web = http.createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<html><body>It works!</body></html>');
  });
  for (const server of [silent, web]) {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  }
  dead = await freePorts(2);
});
afterAll(() => {
  silent.close();
  web.close();
});

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}

describe.each(['v2', 'v3'] as const)('opening the %s store', (api) => {
  const open = (endpoints: readonly string[], changes: Partial<EtcdConnection> = {}) =>
    failureText(openStore(connectionTo(endpoints, changes), api));

  it('where nothing listens names the host', async () => {
    expect(await open([`http://127.0.0.1:${dead[0]}`])).toBe(
      `unreachable: etcd at 127.0.0.1:${dead[0]} refuses the connection: nothing listens there. Check the address and that etcd runs`,
    );
  });

  it('where nothing listens at the default says that nobody has named it', async () => {
    expect(await open([`http://127.0.0.1:${dead[0]}`], { howToName: 'pass --endpoints' })).toBe(
      `unreachable: etcd at 127.0.0.1:${dead[0]} refuses the connection: nothing listens there. ` +
        'Check that etcd runs; this is the default, since no endpoint is named: pass --endpoints',
    );
  });

  it('where nothing listens behind several endpoints names them all', async () => {
    const [a, b] = dead.map((port) => `127.0.0.1:${port}`);
    expect(await open([`http://${a}`, `http://${b}`])).toBe(
      `unreachable: none of 2 etcd endpoints (${a}, ${b}) answered: ` +
        `etcd at ${a} refuses the connection: nothing listens there; ` +
        `etcd at ${b} refuses the connection: nothing listens there. ` +
        'Check the address and that etcd runs',
    );
  });

  it('of an unknown host names it', async () => {
    expect(await open(['http://etcd.invalid:2379'])).toBe(
      'unreachable: the host of etcd.invalid:2379 is not known. Check its name, or write its address',
    );
  });

  it('of something that is no etcd says so', async () => {
    const detail = api === 'v2' ? 'HTTP 200' : 'it does not speak HTTP/2';
    expect(await open([`http://127.0.0.1:${portOf(web)}`])).toBe(
      `refused: what answers at 127.0.0.1:${portOf(web)} is no etcd (${detail}). Check the address and the port`,
    );
  });

  it.each(['http', 'https'])(
    'over %s from a host that stays silent ends in time',
    async (scheme) => {
      const host = `127.0.0.1:${portOf(silent)}`;
      const tls = trustedTls(certificates);
      const start = performance.now();
      expect(await open([`${scheme}://${host}`], { timeout: 700, tls })).toBe(
        `timeout: etcd at ${host} did not answer in time. Check the address, or raise --timeout`,
      );
      expect(performance.now() - start).toBeLessThan(700 + MARGIN);
    },
  );

  it.each([500, 2500])('from two silent hosts ends within %i ms all the same', async (timeout) => {
    const [a, b] = [`127.0.0.1:${portOf(silent)}`, `localhost:${portOf(silent)}`];
    const start = performance.now();
    expect(await open([`http://${a}`, `http://${b}`], { timeout })).toBe(
      `timeout: none of 2 etcd endpoints (${a}, ${b}) answered: ` +
        `etcd at ${a} did not answer in time; etcd at ${b} did not answer in time. ` +
        'Check the address, or raise --timeout',
    );
    expect(performance.now() - start).toBeLessThan(timeout + MARGIN);
  });

  it('without any endpoint says so', async () => {
    expect(await open([])).toBe('unreachable: no endpoint of etcd is given. Pass --endpoints');
  });
});
