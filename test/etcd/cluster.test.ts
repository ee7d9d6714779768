import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EtcdConnection } from '../../src/etcd/connection.ts';
import { openStore } from '../../src/etcd/open-store.ts';
import { type Etcd, type EtcdMember, startEtcd } from '../support/etcd.ts';
import { connectionTo } from '../support/store-connection.ts';
import { failureText } from '../support/store-failure.ts';
import { until } from '../support/wait.ts';

/** The default of the command line: everything has to succeed within it. */
const TIMEOUT = 10_000;

let cluster: Etcd;
let count = 0;

beforeAll(async () => {
  cluster = await startEtcd({ members: 3 });
});
afterAll(() => cluster.stop());

/** The connection whose endpoint list has the member at this position. */
function connectionWith(member: EtcdMember, position: number): EtcdConnection {
  const others = cluster.members.filter((one) => one !== member).map((one) => one.endpoint);
  const endpoints = others.toSpliced(position, 0, member.endpoint);
  return connectionTo(endpoints, { timeout: TIMEOUT, prefix: `/site-${++count}` });
}

/** Opens the store, creates the config, updates it, and is refused with an outdated revision. */
async function work(connection: EtcdConnection, api: 'v2' | 'v3'): Promise<unknown[]> {
  const { store, snapshot } = await openStore(connection, api);
  const config = { key: `${connection.prefix}/config`, configRevision: null };
  const absent = { liveValue: null, revision: null };
  const created = await store.write({ ...config, ...absent, value: 'first' });
  const revision = created.outcome === 'done' ? created.revision : 'none';
  const updated = await store.write({ ...config, liveValue: 'first', revision, value: 'second' });
  const outdated = await store.write({ ...config, liveValue: 'first', revision, value: 'third' });
  const { config: now } = await store.read();
  store.close();
  return [snapshot.config, created.outcome, updated.outcome, outdated.outcome, now?.value];
}

const WORKED = [null, 'done', 'done', 'stale', 'second'];

async function memberThat(leads: boolean): Promise<EtcdMember> {
  const statuses = await until('all members to agree on a leader', () => {
    const all = JSON.parse(cluster.etcdctl(3, 'endpoint', 'status', '-w', 'json')) as {
      Endpoint: string;
      Status: { leader: number; header: { member_id: number } };
    }[];
    const leaders = new Set(all.map(({ Status }) => Status.leader));
    return all.length === 3 && leaders.size === 1 && [...leaders].every(Boolean) && all;
  });
  const found = statuses.find(
    ({ Status }) => (Status.leader === Status.header.member_id) === leads,
  );
  const member = cluster.members.find((one) => one.endpoint === found?.Endpoint);
  if (member === undefined) throw new Error('no such member');
  return member;
}

describe.each([
  { role: 'leader', leads: true },
  { role: 'follower', leads: false },
])('a cluster whose $role has frozen', ({ leads }) => {
  it.each([0, 1, 2])(
    'is read and written when that one is endpoint number %i',
    async (position) => {
      const member = await memberThat(leads);
      const [old, modern] = [connectionWith(member, position), connectionWith(member, position)];
      member.signal('SIGSTOP');
      try {
        expect(await Promise.all([work(old, 'v2'), work(modern, 'v3')])).toEqual([WORKED, WORKED]);
      } finally {
        member.signal('SIGCONT');
      }
    },
  );
});

describe('a cluster of which members were killed', () => {
  let killed: EtcdMember;

  it('is read and written while the others elect a leader and after, at any position', async () => {
    const member = await memberThat(true);
    killed = member;
    member.signal('SIGKILL');
    for (const position of [0, 1, 2]) {
      const [old, modern] = [connectionWith(member, position), connectionWith(member, position)];
      expect(await Promise.all([work(old, 'v2'), work(modern, 'v3')])).toEqual([WORKED, WORKED]);
    }
  });

  it('says that most members are down when they are', async () => {
    const [survivor, ...others] = cluster.members.filter((member) => member !== killed);
    for (const member of others) member.signal('SIGKILL');
    const endpoint = survivor?.endpoint ?? '';
    await until('the survivor to know', async () => {
      return (await fetch(`${endpoint}/v2/members/leader`)).status === 503;
    });
    const connection = connectionTo([endpoint], { timeout: TIMEOUT });
    for (const api of ['v2', 'v3', 'auto'] as const) {
      expect(await failureText(openStore(connection, api))).toBe(
        `no-leader: etcd at ${new URL(endpoint).host} has no leader: most members are down or cut off. Bring the other members back`,
      );
    }
  });

  it('names all members, and why none of them answers', async () => {
    const survivor = cluster.members.find((member) => member !== killed)?.endpoint ?? '';
    const dead = cluster.endpoints.filter((endpoint) => endpoint !== survivor);
    const hosts = [...dead, survivor].map((endpoint) => new URL(endpoint).host);
    const connection = connectionTo([...dead, survivor], { timeout: TIMEOUT });
    expect(await failureText(openStore(connection, 'v3'))).toBe(
      `no-leader: none of 3 etcd endpoints (${hosts.join(', ')}) answered: ` +
        `etcd at ${hosts[0]} refuses the connection: nothing listens there; ` +
        `etcd at ${hosts[1]} refuses the connection: nothing listens there; ` +
        `etcd at ${hosts[2]} has no leader: most members are down or cut off. ` +
        'Bring the other members back',
    );
  });
});
