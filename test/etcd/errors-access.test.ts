import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EtcdConnection } from '../../src/etcd/connection.ts';
import { openStore } from '../../src/etcd/open-store.ts';
import type { GuardedWrite } from '../../src/etcd/store.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import {
  enableV2Auth,
  enableV3Auth,
  FLANNEL,
  QUICK_PASSWORDS,
  READER,
} from '../support/store-auth.ts';
import { connectionTo } from '../support/store-connection.ts';
import { failureText } from '../support/store-failure.ts';
import { until } from '../support/wait.ts';

const PREFIX = '/site';
const NEW_CONFIG: GuardedWrite = {
  key: `${PREFIX}/config`,
  value: '{}',
  liveValue: null,
  revision: null,
  configRevision: null,
};

type Login = EtcdConnection['credentials'];

let guarded: Etcd;
let open: Etcd;

beforeAll(async () => {
  [guarded, open] = await Promise.all([startEtcd({ args: [QUICK_PASSWORDS] }), startEtcd()]);
  enableV3Auth(guarded);
  enableV2Auth(guarded);
});
afterAll(() => Promise.all([guarded.stop(), open.stop()]));

function hostOf(etcd: Etcd): string {
  return new URL(etcd.endpoints[0] ?? '').host;
}

function connection(etcd: Etcd, credentials: Login, prefix = PREFIX): EtcdConnection {
  return connectionTo(etcd.endpoints, { credentials, prefix });
}

describe.each(['v2', 'v3'] as const)('the %s store with users', (api) => {
  const reading = (credentials: Login, prefix?: string) =>
    failureText(openStore(connection(guarded, credentials, prefix), api));

  const denied =
    api === 'v2'
      ? 'refuses: wrong user or password, or no right to this key. Pass --user and --password-file of a user who may read and write the prefix'
      : 'does not permit this to this user. Check --prefix, or grant a role that may read it, and write it for changes';

  it('asks for a user when none is given', async () => {
    expect(await reading(null)).toBe(
      `auth-needed: etcd at ${hostOf(guarded)} wants a user and a password. Pass --user and --password-file, or set ETCDCTL_USER`,
    );
  });

  it.each([
    { what: 'a wrong password', login: { user: 'flannel', password: 'not-the-secret' } },
    { what: 'an unknown user', login: { user: 'nobody', password: 'flannel-secret' } },
  ])('refuses $what without telling it', async ({ login }) => {
    expect(await reading(login)).toBe(
      api === 'v2'
        ? `permission-denied: etcd at ${hostOf(guarded)} ${denied}`
        : `auth-failed: etcd at ${hostOf(guarded)} refuses this user name or password. Check --user and the password file`,
    );
  });

  it('refuses to read what the user may not read', async () => {
    expect(await reading(FLANNEL, '/elsewhere')).toBe(
      `permission-denied: etcd at ${hostOf(guarded)} ${denied}`,
    );
  });

  it('refuses to write what the user may only read', async () => {
    const { store } = await openStore(connection(guarded, READER), api);
    expect(await failureText(store.write(NEW_CONFIG))).toBe(
      `permission-denied: etcd at ${hostOf(guarded)} ${denied}`,
    );
    const { config } = await store.read();
    store.close();
    expect(config).toBeNull();
  });
});

describe('a user given to an etcd without users', () => {
  it('is an error on v3', async () => {
    expect(await failureText(openStore(connection(open, FLANNEL), 'v3'))).toBe(
      `auth-off: etcd at ${hostOf(open)} has authentication off, so a user makes no sense. Leave out --user`,
    );
  });

  it('is overlooked on v2, as etcd itself does', async () => {
    const { store, snapshot } = await openStore(connection(open, FLANNEL), 'v2');
    store.close();
    expect(snapshot.config).toBeNull();
  });
});

describe('an etcd whose space is used up', () => {
  let full: Etcd;

  beforeAll(async () => {
    full = await startEtcd({ args: ['--quota-backend-bytes=1000000'] });
    await until('the alarm to go off', () => {
      try {
        full.etcdctl(3, 'put', '/filler', 'x'.repeat(100_000));
      } catch {
        return full.etcdctl(3, 'alarm', 'list').includes('NOSPACE');
      }
      return false;
    });
  });
  afterAll(() => full.stop());

  it('is still read, and says how to get space when written', async () => {
    const { store } = await openStore(connection(full, null), 'v3');
    expect(await failureText(store.write(NEW_CONFIG))).toBe(
      `no-space: etcd at ${hostOf(full)} is full and takes no writes (NOSPACE alarm). Compact and defragment it, then run \`etcdctl alarm disarm\``,
    );
    const { config } = await store.read();
    store.close();
    expect(config).toBeNull();
  });
});
