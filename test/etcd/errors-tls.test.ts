import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TlsFiles } from '../../src/etcd/connection.ts';
import { openStore } from '../../src/etcd/open-store.ts';
import { type Certificates, encryptKey, makeCertificates } from '../support/certificates.ts';
import { temporaryFolder } from '../support/cli.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { connectionTo, trustedTls } from '../support/store-connection.ts';
import { failureText } from '../support/store-failure.ts';

let files: Certificates;
let trusted: TlsFiles;
let good: Etcd;
let misnamed: Etcd;
let expired: Etcd;
let plain: Etcd;

beforeAll(async () => {
  files = makeCertificates();
  trusted = trustedTls(files);
  [good, misnamed, expired, plain] = await Promise.all([
    startEtcd({ tls: files }),
    startEtcd({ tls: files, server: files.misnamedServer }),
    startEtcd({ tls: files, server: files.expiredServer }),
    startEtcd(),
  ]);
});
afterAll(() => Promise.all([good, misnamed, expired, plain].map((etcd) => etcd.stop())));
afterEach(() => {
  vi.unstubAllEnvs();
});

function hostOf(etcd: Etcd): string {
  return new URL(etcd.endpoints[0] ?? '').host;
}

describe.each(['v2', 'v3'] as const)('opening the %s store', (api) => {
  const open = (endpoint: string, tls: TlsFiles) =>
    failureText(openStore(connectionTo([endpoint], { tls }), api));

  it.each(['127.0.0.1', 'localhost'])('works over mutual TLS to %s', async (host) => {
    const endpoint = `https://${hostOf(good).replace('127.0.0.1', host)}`;
    const { store, snapshot } = await openStore(connectionTo([endpoint], { tls: trusted }), api);
    store.close();
    expect([snapshot.config, snapshot.leases]).toEqual([null, []]);
  });

  it.each([
    { what: 'another CA', ca: () => files.otherCa },
    { what: "no CA but the system's", ca: () => undefined },
    { what: 'the check switched off for Node', ca: () => files.otherCa, unchecked: '0' },
  ])('with $what does not trust etcd', async ({ ca, unchecked }) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', unchecked);
    const { cert, key } = files.client;
    const given = ca();
    expect(
      await open(`https://${hostOf(good)}`, { cert, key, ...(given ? { ca: given } : {}) }),
    ).toBe(
      `tls-untrusted: the certificate of etcd at ${hostOf(good)} is signed by no CA that is trusted here. Pass etcd's own CA with --cacert; without it the system's CAs count`,
    );
  });

  it.each(['127.0.0.1', 'localhost'])(
    'does not take a certificate for others as that of %s',
    async (name) => {
      const host = hostOf(misnamed).replace('127.0.0.1', name);
      expect(await open(`https://${host}`, trusted)).toBe(
        `tls-name: the certificate of etcd at ${host} is made out to other names or addresses. Use a name that stands in the certificate, or add this one to it`,
      );
    },
  );

  it('does not take an expired certificate of etcd', async () => {
    expect(await open(`https://${hostOf(expired)}`, trusted)).toBe(
      `tls-expired: the certificate of etcd at ${hostOf(expired)} has expired. Renew etcd's certificate`,
    );
  });

  it.each([
    { what: 'no client certificate', client: () => ({}) },
    { what: 'a client certificate of another CA', client: () => files.strangeClient },
  ])('with $what is refused', async ({ client }) => {
    expect(await open(`https://${hostOf(good)}`, { ca: files.ca, ...client() })).toBe(
      `tls-client-certificate: etcd at ${hostOf(good)} refuses this client: its certificate is missing or not signed by a CA that etcd trusts. Pass --cert and --key`,
    );
  });

  it('with an expired client certificate names its file and day', async () => {
    const { cert } = files.expiredClient;
    const day = new Date(new X509Certificate(readFileSync(cert)).validTo)
      .toISOString()
      .slice(0, 10);
    expect(await open(`https://${hostOf(good)}`, { ca: files.ca, ...files.expiredClient })).toBe(
      `tls-client-certificate: the client certificate ${cert} has expired on ${day}. Renew it`,
    );
  });

  it('over http to an etcd with TLS says which scheme to write', async () => {
    expect(await open(`http://${hostOf(good)}`, trusted)).toBe(
      `tls-mismatch: etcd at ${hostOf(good)} answers with TLS, but the endpoint says http. Write https:// in the endpoint`,
    );
  });

  it('over https to an etcd without TLS says which scheme to write', async () => {
    expect(await open(`https://${hostOf(plain)}`, trusted)).toBe(
      `tls-mismatch: etcd at ${hostOf(plain)} answers without TLS, but the endpoint says https. Write http:// in the endpoint`,
    );
  });

  it('over http does not look at the TLS files', async () => {
    const tls = { ca: '/nowhere/ca.pem', cert: '/nowhere/client.pem' };
    const { store } = await openStore(connectionTo(plain.endpoints, { tls }), api);
    store.close();
    expect(store.api).toBe(api);
  });

  describe('with TLS files that cannot be used', () => {
    const openGood = (changes: TlsFiles) =>
      open(`https://${hostOf(good)}`, { ...trusted, ...changes });

    it('names a key that does not belong to the certificate', async () => {
      const { cert } = files.client;
      const { key } = files.server;
      expect(await openGood({ key })).toBe(
        `tls-file: ${cert} and ${key} do not belong together. Pass the key that the certificate was made for`,
      );
    });

    it('names an encrypted key', async () => {
      const key = encryptKey(files.client.key);
      expect(await openGood({ key })).toBe(
        `tls-file: the client key ${key} is encrypted. Give a key without a passphrase, readable by this user alone`,
      );
    });

    it.each([
      { part: 'ca', what: 'CA' },
      { part: 'cert', what: 'client certificate' },
      { part: 'key', what: 'client key' },
    ])('names a $what file that is not there', async ({ part, what }) => {
      expect(await openGood({ [part]: '/nowhere/file.pem' })).toBe(
        `tls-file: the ${what} file /nowhere/file.pem is not there. Check the path`,
      );
    });

    it('names a path that is no file', async () => {
      const folder = temporaryFolder();
      expect(await openGood({ ca: folder })).toBe(
        `tls-file: the CA file ${folder} cannot be read. Check the path and its permissions`,
      );
    });

    it.each([
      { part: 'ca', what: 'CA' },
      { part: 'cert', what: 'client certificate' },
      { part: 'key', what: 'client key' },
    ])('names a $what that is no PEM file', async ({ part, what }) => {
      const file = `${temporaryFolder({ 'file.pem': 'not a certificate' })}/file.pem`;
      expect(await openGood({ [part]: file })).toBe(
        `tls-file: ${file} is no PEM file, so it cannot be the ${what}. Give a file that begins with -----BEGIN`,
      );
    });

    it.each([
      { given: 'certificate', missing: 'key' },
      { given: 'key', missing: 'certificate' },
    ])('asks for the $missing when only the $given is given', async ({ given }) => {
      const { cert, key } = files.client;
      const half = given === 'key' ? { key } : { cert };
      const missing = given === 'key' ? 'certificate' : 'key';
      expect(await open(`https://${hostOf(good)}`, { ca: files.ca, ...half })).toBe(
        `tls-file: a client ${given} is given without its ${missing}. Pass both --cert and --key`,
      );
    });

    it.each([
      { part: 'ca', what: 'CA' },
      { part: 'cert', what: 'client certificate' },
    ])('names a damaged $what', async ({ part, what }) => {
      const damaged = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';
      const file = `${temporaryFolder({ 'file.pem': damaged })}/file.pem`;
      const text = await openGood({ [part]: file });
      expect(text).toBe(
        part === 'ca'
          ? `tls-file: ${file} cannot be used as the ${what}. Give a certificate in PEM format`
          : `tls-file: ${file} and ${files.client.key} cannot be used. Give a certificate and its key in PEM format`,
      );
    });
  });
});
