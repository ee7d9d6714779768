import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/etcd/errors.ts';
import type { KeyStore } from '../../src/etcd/store.ts';
import { Lifetimes } from '../../src/session/lifetimes.ts';
import { node, PREFIX, RESERVATION, reservation } from '../model/snapshots.ts';

const key = (n: number) => `${PREFIX}/subnets/10.244.${n}.0-24`;

/** Lifetimes at a clock that is set by hand, over a store that knows these or fails. */
function lifetimesOf(answer: ReadonlyMap<string, number> | Error, asks = true) {
  const clock = { seconds: 0 };
  const asked: string[][] = [];
  const store = {
    async readTtls(leases: readonly { key: string }[]) {
      asked.push(leases.map((lease) => lease.key));
      if (answer instanceof Error) throw answer;
      return new Map(answer);
    },
  } as Partial<KeyStore> as KeyStore;
  const now = () => new Date(clock.seconds * 1000);
  return { lifetimes: new Lifetimes(store, asks, now), clock, asked };
}

describe('how long leases last', () => {
  it('gets less as time passes, and never less than nothing', async () => {
    const { lifetimes, clock } = lifetimesOf(new Map());
    await lifetimes.note([{ ...node(20), ttl: 60 }, reservation('10.244.9.0-24', RESERVATION)]);
    clock.seconds = 45;
    expect([...lifetimes.left()]).toEqual([[key(20), 15]]);
    clock.seconds = 90;
    expect([...lifetimes.left()]).toEqual([[key(20), 0]]);
  });

  it('is asked for once, until a lease is written again', async () => {
    const { lifetimes, clock, asked } = lifetimesOf(new Map([[key(20), 60]]));
    const lease = node(20);
    await lifetimes.note([lease]);
    clock.seconds = 10;
    await lifetimes.note([lease]);
    expect([...lifetimes.left()]).toEqual([[key(20), 50]]);
    await lifetimes.note([{ ...lease, revision: 'another' }]);
    expect([...lifetimes.left()]).toEqual([[key(20), 60]]);
    await lifetimes.note([]);
    expect([...lifetimes.left()]).toEqual([]);
    expect(asked).toEqual([[key(20)], [], [key(20)], []]);
  });

  it('is not asked for when nobody wants to know', async () => {
    const { lifetimes, asked } = lifetimesOf(new Map([[key(20), 60]]), false);
    await lifetimes.note([node(20)]);
    expect([[...lifetimes.left()], asked]).toEqual([[], []]);
  });

  it('stays unknown while the store is away, and fails when it refuses', async () => {
    const away = lifetimesOf(new StoreError('timeout', 'no answer'));
    await away.lifetimes.note([node(20)]);
    expect([...away.lifetimes.left()]).toEqual([]);
    const refused = new StoreError('permission-denied', 'no');
    await expect(lifetimesOf(refused).lifetimes.note([node(20)])).rejects.toBe(refused);
  });
});
