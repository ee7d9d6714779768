import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EtcdConnection } from '../../src/etcd/connection.ts';
import { FileStore } from '../../src/etcd/file.ts';
import type { KeyStore } from '../../src/etcd/store.ts';
import { V2Store } from '../../src/etcd/v2.ts';
import { V3Store } from '../../src/etcd/v3.ts';
import type { StoreApi } from '../../src/model/snapshot.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { temporaryFolder } from './cli.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import { enableV2Auth, enableV3Auth, FLANNEL, QUICK_PASSWORDS, ROOT } from './store-auth.ts';
import { connectionTo, trustedTls } from './store-connection.ts';
import { V2Http, v2Leaves } from './store-v2-http.ts';

/** A key as the server tells it. */
interface BenchKey {
  readonly value: string;
  readonly revision: string;
  readonly expires: boolean;
}

export type Keys = Readonly<Record<string, BenchKey>>;

/** Another writer of the same store, who knows nothing of this program. */
export interface OtherWriter {
  /** Puts a value, for so many seconds or for ever. */
  put(key: string, value: string, seconds?: number): Promise<void>;
  remove(key: string): Promise<void>;
  /** Every key of the whole store. */
  keys(): Promise<Keys>;
}

/** A running store to hold the contract of KeyStore against. */
export interface Bench {
  readonly api: StoreApi;
  readonly other: OtherWriter;
  open(prefix: string): KeyStore;
  stop(): Promise<void>;
}

/** Every kind of store and of connection that the contract covers. */
export const BENCHES: readonly { readonly name: string; readonly start: () => Promise<Bench> }[] = [
  { name: 'v3, plain', start: () => startV3({}) },
  { name: 'v3, mutual TLS', start: () => startV3({ tls: makeCertificates() }) },
  { name: 'v3, with users', start: () => startV3({ auth: true }) },
  { name: 'v2, plain', start: () => startV2({}) },
  { name: 'v2, mutual TLS', start: () => startV2({ tls: makeCertificates() }) },
  { name: 'v2, with users', start: () => startV2({ auth: true }) },
  { name: 'file', start: startFile },
];

interface BenchOptions {
  readonly tls?: Certificates;
  readonly auth?: boolean;
}

async function startV3({ tls, auth }: BenchOptions): Promise<Bench> {
  const etcd = await startEtcd({ ...(tls ? { tls } : {}), args: [QUICK_PASSWORDS] });
  if (auth) enableV3Auth(etcd);
  return {
    api: 'v3',
    other: v3Writer(etcd, auth ? [`--user=${ROOT.user}:${ROOT.password}`] : []),
    open: (prefix) => new V3Store(connectionFor(etcd, prefix, tls, auth)),
    stop: () => etcd.stop(),
  };
}

async function startV2({ tls, auth }: BenchOptions): Promise<Bench> {
  const etcd = await startEtcd(tls ? { tls } : {});
  if (auth) enableV2Auth(etcd);
  const http = new V2Http(etcd.endpoints[0] ?? '', {
    ...(tls ? { tls } : {}),
    ...(auth ? { user: `${ROOT.user}:${ROOT.password}` } : {}),
  });
  return {
    api: 'v2',
    other: v2Writer(http),
    open: (prefix) => new V2Store(connectionFor(etcd, prefix, tls, auth)),
    async stop() {
      await http.close();
      await etcd.stop();
    },
  };
}

function connectionFor(
  etcd: Etcd,
  prefix: string,
  tls: Certificates | undefined,
  auth: boolean | undefined,
): EtcdConnection {
  return connectionTo(etcd.endpoints, {
    prefix,
    ...(tls ? { tls: trustedTls(tls) } : {}),
    ...(auth ? { credentials: FLANNEL } : {}),
  });
}

/** etcdctl on the v3 store. */
export function v3Writer(etcd: Etcd, login: readonly string[] = []): OtherWriter {
  const etcdctl = (...args: string[]) => etcd.etcdctl(3, ...login, ...args);
  return {
    async put(key, value, seconds) {
      const grant = seconds && etcdctl('lease', 'grant', String(seconds));
      const lease = grant ? [`--lease=${/lease ([0-9a-f]+)/.exec(grant)?.[1]}`] : [];
      etcdctl('put', ...lease, '--', key, value);
    },
    async remove(key) {
      etcdctl('del', key);
    },
    async keys() {
      const { kvs = [] } = JSON.parse(etcdctl('get', '', '--prefix', '-w', 'json')) as {
        kvs?: { key: string; value?: string; mod_revision: number; lease?: number }[];
      };
      const text = (base64 = '') => Buffer.from(base64, 'base64').toString('utf8');
      return Object.fromEntries(
        kvs.map((kv) => [
          text(kv.key),
          {
            value: text(kv.value),
            revision: String(kv.mod_revision),
            expires: (kv.lease ?? 0) !== 0,
          },
        ]),
      );
    },
  };
}

/** Plain HTTP on the v2 store. */
export function v2Writer(http: V2Http): OtherWriter {
  return {
    async put(key, value, seconds) {
      await http.put(key, value, seconds);
    },
    async remove(key) {
      await http.send('DELETE', key);
    },
    async keys() {
      const { node } = await http.send('GET', '/', { recursive: 'true', quorum: 'true' });
      return Object.fromEntries(
        v2Leaves(node).map(({ key = '', value = '', modifiedIndex, expiration }) => [
          key,
          { value, revision: String(modifiedIndex), expires: expiration !== undefined },
        ]),
      );
    },
  };
}

interface FileDocument {
  flannelBigipStore: 1;
  revision: number;
  keys: Record<string, { value: string; revision: number; expires?: string }>;
}

async function startFile(): Promise<Bench> {
  const file = path.join(temporaryFolder(), 'store.json');
  return {
    api: 'file',
    other: fileWriter(file),
    open: (prefix) => new FileStore(file, prefix, 5_000),
    stop: async () => undefined,
  };
}

/** An editor on the document of the embedded store. */
function fileWriter(file: string): OtherWriter {
  writeFileSync(file, JSON.stringify({ flannelBigipStore: 1, revision: 0, keys: {} }));
  const load = () => JSON.parse(readFileSync(file, 'utf8')) as FileDocument;
  const edit = (change: (document: FileDocument) => void) => {
    const document = load();
    document.revision += 1;
    change(document);
    writeFileSync(file, JSON.stringify(document));
  };
  return {
    async put(key, value, seconds) {
      edit(({ revision, keys }) => {
        keys[key] = { value, revision };
        if (seconds) keys[key].expires = new Date(Date.now() + seconds * 1000).toISOString();
      });
    },
    async remove(key) {
      edit(({ keys }) => {
        delete keys[key];
      });
    },
    async keys() {
      return Object.fromEntries(
        Object.entries(load().keys).map(([key, { value, revision, expires }]) => [
          key,
          { value, revision: String(revision), expires: expires !== undefined },
        ]),
      );
    },
  };
}
