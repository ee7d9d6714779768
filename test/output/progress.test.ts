import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hushed, Progress, whileWaiting } from '../../src/output/progress.ts';

/** A standard error that keeps what is written, as lines that are drawn over one another. */
function screenOf({ isTTY = true, columns = 100, env = {} } = {}) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns });
  const drawn = () => String(stream.read() ?? '').split('\r\u001b[K');
  return { screen: { stderr: stream, env }, drawn };
}

function pending<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the progress of many steps', () => {
  it('is told once it takes a second, ten times a second at most, and taken away', () => {
    const { screen, drawn } = screenOf();
    const progress = new Progress(screen, 'Writing', 50);
    for (let done = 1; done <= 50; done++) {
      progress.at(done);
      vi.advanceTimersByTime(50);
    }
    progress.end();

    const bar = (filled: number, done: number) =>
      `Writing [${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${done} of 50`;
    const shown = drawn();
    expect(shown.slice(0, 3)).toEqual(['', bar(13, 21), bar(14, 23)]);
    expect(shown.slice(-2)).toEqual([bar(29, 49), '']);
    expect(shown).toHaveLength(17);
  });

  it.each([
    ['a pipe', { isTTY: false }],
    ['a dumb terminal', { env: { TERM: 'dumb' } }],
  ])('is not for %s', (_, options) => {
    const { screen, drawn } = screenOf(options);
    const progress = new Progress(screen, 'Writing', 2);
    vi.advanceTimersByTime(5_000);
    progress.at(1);
    progress.end();

    expect(drawn()).toEqual(['']);
  });

  it.each([
    [70, 'Copying to the other store [##############................] 7 of 15'],
    [60, 'Copying to the other store 7 of 15'],
    [20, 'Copying to the othe'],
  ])('never wraps: %i columns', (columns, line) => {
    const { screen, drawn } = screenOf({ columns });
    const progress = new Progress(screen, 'Copying to the other store', 15);
    vi.advanceTimersByTime(2_000);
    progress.at(7);

    expect(drawn()).toEqual(['', line]);
    progress.end();
  });

  it('counts where nobody knows how many there are', () => {
    const { screen, drawn } = screenOf();
    const progress = new Progress(screen, 'Files checked:', null);
    vi.advanceTimersByTime(2_000);
    progress.at(812);
    progress.end();

    expect(drawn()).toEqual(['', 'Files checked: 812', '']);
  });
});

describe('a wait', () => {
  it('is told with the seconds that it takes, and taken away', async () => {
    const { screen, drawn } = screenOf();
    const { promise, resolve } = pending<string>();
    const waiting = whileWaiting(screen, 'Waiting for etcd', promise);
    vi.advanceTimersByTime(2_500);
    resolve('there');

    expect(await waiting).toBe('there');
    expect(drawn()).toEqual(['', 'Waiting for etcd (1 s)', 'Waiting for etcd (2 s)', '']);
    vi.advanceTimersByTime(5_000);
    expect(drawn()).toEqual(['']);
  });

  it('leaves a failure as it is', async () => {
    const { screen } = screenOf();
    await expect(
      whileWaiting(screen, 'Waiting', Promise.reject(new Error('gone'))),
    ).rejects.toThrow('gone');
  });

  it('says nothing over a question, nor over another wait', async () => {
    const { screen, drawn } = screenOf();
    const [outer, inner, question] = [pending<void>(), pending<void>(), pending<void>()];
    const all = [
      whileWaiting(screen, 'outer', outer.promise),
      whileWaiting(screen, 'inner', inner.promise),
    ];
    const asked = hushed(() => question.promise);
    vi.advanceTimersByTime(3_000);
    expect(drawn()).toEqual(['']);
    question.resolve();
    await asked;
    vi.advanceTimersByTime(1_000);
    expect(drawn()).toEqual(['', 'outer (4 s)']);
    outer.resolve();
    inner.resolve();
    await Promise.all(all);
    expect(drawn()).toEqual(['', '']);
  });
});
