import type { EtcdApi } from '../model/check-network.ts';
import { EXIT, Problem } from '../model/problem.ts';
import { emptyPlace, holdsKeys, type Snapshot, type StoreApi } from '../model/snapshot.ts';
import type { EtcdConnection } from './connection.ts';
import { StoreError } from './errors.ts';
import type { KeyStore } from './store.ts';

/** A store, and what it held when it was opened. */
export interface OpenStore {
  readonly store: KeyStore;
  readonly snapshot: Snapshot;
}

/**
 * Opens the store that holds flannel's keys and reads them. `auto` looks at both of etcd's stores.
 *
 * @param from where the api was named, for messages
 * @throws StoreError when etcd cannot be reached or read; Problem when `auto` cannot decide.
 */
export async function openStore(
  connection: EtcdConnection,
  api: EtcdApi,
  from?: string,
): Promise<OpenStore> {
  const [first, second] = await openOffered(connection, api, from);
  if (first === undefined) throw new Error('no store was opened');
  if (second === undefined) return first;
  const choice = decide(first, second, connection.prefix);
  for (const one of [first, second]) if (one !== choice) one.store.close();
  if (choice instanceof Error) throw choice;
  return choice;
}

/**
 * Opens and reads every store there is to choose from: the one that is asked for, or with `auto`
 * those that etcd offers, v2 before v3.
 *
 * @param from where the api was named, for messages
 * @throws StoreError when etcd cannot be reached, or when one of its stores cannot be read.
 */
export async function openOffered(
  connection: EtcdConnection,
  api: EtcdApi,
  from = '--etcd-api',
): Promise<readonly OpenStore[]> {
  const file = connection.endpoints.find((endpoint) => endpoint.startsWith('file:'));
  if (file !== undefined) {
    const { FileStore } = await import('./file.ts');
    const path = file.slice('file:'.length);
    const opened = await read(new FileStore(path, connection.prefix, connection.timeout));
    return [checkDump(opened, api, from)];
  }
  if (api === 'v2') return [await read(await v2(connection))];
  if (api === 'v3') return [await read(await v3(connection))];
  return openBoth(connection);
}

/**
 * Opens and reads the store beside the one that was asked for; null where there is none, or where it is
 * switched off or closed to this user.
 */
export async function openOther(
  connection: EtcdConnection,
  api: EtcdApi | StoreApi,
): Promise<OpenStore | null> {
  if (api !== 'v2' && api !== 'v3') return null;
  try {
    return await read(api === 'v2' ? await v3(connection) : await v2(connection));
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** A dump of the store that was not asked for is what people get wrong most. */
function checkDump(opened: OpenStore, api: EtcdApi, from: string): OpenStore {
  const held = opened.snapshot.api;
  if (api === 'auto' || held === 'file' || held === api) return opened;
  throw new StoreError(
    'bad-store',
    `${opened.store.description} is a dump of etcd ${held}, not of ${api} as ${from} says`,
    { fix: `dump the ${api} store, or pass --etcd-api auto` },
  );
}

async function v2(connection: EtcdConnection): Promise<KeyStore> {
  return new (await import('./v2.ts')).V2Store(connection);
}

async function v3(connection: EtcdConnection): Promise<KeyStore> {
  return new (await import('./v3.ts')).V3Store(connection);
}

async function read(store: KeyStore): Promise<OpenStore> {
  try {
    return { store, snapshot: await store.read() };
  } catch (error) {
    store.close();
    throw error;
  }
}

async function openBoth(connection: EtcdConnection): Promise<readonly OpenStore[]> {
  const attempts = await Promise.allSettled(
    [v2(connection), v3(connection)].map(async (s) => read(await s)),
  );
  const open = attempts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failure = failureAmong(attempts);
  if (failure === null) return open;
  for (const one of open) one.store.close();
  throw failure;
}

type Attempt = PromiseSettledResult<OpenStore> | undefined;

/** A store that is switched off is an answer; one that fails leaves open what it holds. */
function failureAmong([old, modern]: readonly Attempt[]): Error | null {
  const [oldError, modernError] = [failureOf(old), failureOf(modern)];
  if (oldError && modernError && isOff(oldError) && isOff(modernError)) {
    const message = `${oldError.message}, nor the v3 API: is it etcd that answers there?`;
    return new StoreError('api-off', message, { fix: 'check --endpoints' });
  }
  return [modernError, oldError].find((error) => error !== undefined && !isOff(error)) ?? null;
}

function failureOf(attempt: Attempt): Error | undefined {
  return attempt?.status === 'rejected' ? (attempt.reason as Error) : undefined;
}

function isOff(error: Error): boolean {
  return error instanceof StoreError && error.failure === 'api-off';
}

/** How one of the stores is asked for, once and for good. */
const NAMED = '--etcd-api v2 or v3, or with etcd.api in the site file';

function decide(old: OpenStore, modern: OpenStore, prefix: string): OpenStore | Error {
  const readers = 'flannel up to v0.17 reads v2, from v0.18 on v3';
  const [isOld, isModern] = [holdsKeys(old.snapshot), holdsKeys(modern.snapshot)];
  if (isOld && isModern) {
    return new Problem(`both of etcd's stores hold flannel's keys under ${prefix}; ${readers}`, {
      exit: EXIT.failed,
      fix: `say which one with ${NAMED}`,
    });
  }
  if (isOld) return old;
  if (isModern) return modern;
  return new Problem(
    `neither of etcd's stores holds flannel's keys under ${emptyPlace(prefix)}, and etcd offers both; ${readers}`,
    { exit: EXIT.failed, fix: `check --prefix, or say which store with ${NAMED}` },
  );
}
