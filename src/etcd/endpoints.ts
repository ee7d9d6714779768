import { setTimeout as pause } from 'node:timers/promises';
import type { EtcdConnection, HttpProxy, TlsMaterial } from './connection.ts';
import { hostOf, StoreError, timeoutOf } from './errors.ts';
import { whyClosed } from './probe.ts';

/** A member that does not answer is left for the next one after this many milliseconds at most. */
const MOVE_ON_AFTER = 2_000;

/** A cluster without leader has elected another one by then, if it can. */
const AGAIN_AFTER = 1_000;

/** Libraries end by their own limits; this much later they are not waited for any more. */
const GRACE = 100;

/**
 * A list of etcd endpoints of which any will do. Starts with the one that last answered; a
 * transient failure moves on to the next; everything together stays within the timeout.
 */
export class Endpoints {
  #preferred = 0;

  readonly list: readonly string[];
  /** Milliseconds for one operation, all endpoints together. */
  readonly timeout: number;
  readonly #proxy: HttpProxy | null;
  readonly #howToName: string | undefined;

  constructor(
    { endpoints, timeout, proxy, howToName }: EtcdConnection,
    readonly tls: TlsMaterial | null,
  ) {
    this.list = endpoints;
    this.timeout = timeout;
    this.#proxy = proxy;
    this.#howToName = howToName;
  }

  /**
   * Runs an operation on the first endpoint that answers. When all fail and one of them may yet
   * answer, they are gone through once more.
   *
   * @param operation gets an endpoint, the milliseconds it may take, and whether an earlier attempt
   *   of this operation ended without an answer, so that its effect is unknown.
   * @param signal ends the wait before they are gone through once more
   * @throws StoreError of the last kind of failure; of all endpoints, if they failed differently.
   */
  async run<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await this.goThrough(operation, signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (this.#proxy) throw through(this.#proxy, error);
      const howToName = error.failure === 'unreachable' ? this.#howToName : undefined;
      throw howToName === undefined ? error : atDefault(error, howToName);
    }
  }

  private async goThrough<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T> {
    const end = Date.now() + this.timeout;
    const first = await this.round(operation, end, false);
    if ('result' in first) return first.result;
    const hopeless = first.failures.every(({ failure }) => failure === 'unreachable');
    if (hopeless || Date.now() + AGAIN_AFTER >= end) throw summary(first.failures, this);
    await pause(AGAIN_AFTER, undefined, signal ? { signal } : {}).catch(() => undefined);
    if (signal?.aborted) throw summary(first.failures, this);
    const second = await this.round(operation, end, true);
    if ('result' in second) return second.result;
    throw summary([...first.failures, ...second.failures], this);
  }

  private async round<T>(
    operation: Operation<T>,
    end: number,
    again: boolean,
  ): Promise<{ readonly result: T } | { readonly failures: readonly StoreError[] }> {
    const start = this.#preferred;
    const failures: StoreError[] = [];
    for (let tried = 0; tried < this.list.length; tried++) {
      const index = (start + tried) % this.list.length;
      const endpoint = this.list[index] ?? '';
      const limit = this.limit(end, this.list.length - tried - 1, again);
      try {
        const work = operation(endpoint, limit, again || failures.length > 0);
        const result = await within(work, limit + GRACE, endpoint);
        this.#preferred = index;
        return { result };
      } catch (error) {
        failures.push(await this.transient(error, endpoint, end));
      }
    }
    return { failures };
  }

  /** The milliseconds one attempt may take: all there are for the very last one. */
  private limit(end: number, others: number, again: boolean): number {
    const left = Math.max(end - Date.now(), 1);
    if (others > 0) return Math.min(Math.ceil(left / (others + 1)), MOVE_ON_AFTER);
    // One of several that hangs leaves time for the second round.
    return this.list.length > 1 && !again ? Math.ceil(left / 2) : left;
  }

  /** The failure if the next endpoint may do better; throws what would fail there too. */
  private async transient(error: unknown, endpoint: string, end: number): Promise<StoreError> {
    if (!(error instanceof StoreError) || !error.transient) throw error;
    // What a proxy closed is not dialled past it.
    if (error.failure !== 'closed' || this.#proxy) return error;
    const reason = await whyClosed(endpoint, this.tls, Math.max(end - Date.now(), 1));
    if (reason !== null) throw reason;
    return error;
  }
}

type Operation<T> = (endpoint: string, limit: number, unsure: boolean) => Promise<T>;

/** Libraries may outlast their own limits while they dial; the command must not. */
async function within<T>(work: Promise<T>, limit: number, endpoint: string): Promise<T> {
  const controller = new AbortController();
  const late = pause(limit, undefined, { signal: controller.signal }).then(() => {
    throw timeoutOf(endpoint);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    controller.abort();
  }
}

/** Nothing is at an endpoint that nobody has named. */
function atDefault(error: StoreError, howToName: string): StoreError {
  const fix = `check that etcd runs; this is the default, since no endpoint is named: ${howToName}`;
  return new StoreError(error.failure, error.message, { cause: error, fix });
}

/** A failure that the proxy may be at fault for. */
function through(proxy: HttpProxy, error: StoreError): StoreError {
  const message = `${error.message} (through the proxy at ${new URL(proxy.url).host})`;
  return new StoreError(error.failure, message, {
    cause: error,
    ...(error.fix ? { fix: error.fix } : {}),
  });
}

function summary(failures: readonly StoreError[], endpoints: Endpoints): StoreError {
  const last = failures.at(-1);
  if (last === undefined) {
    return new StoreError('unreachable', 'no endpoint of etcd is given', {
      fix: 'pass --endpoints',
    });
  }
  const leaderless = failures.find((failure) => failure.failure === 'no-leader');
  const cause = leaderless ?? last;
  if (endpoints.list.length === 1) return cause;
  const hosts = endpoints.list.map(hostOf).join(', ');
  const reasons = [...new Set(failures.map((failure) => failure.message))];
  const fix = cause.fix ?? 'check the addresses and that etcd runs';
  const message = `none of ${endpoints.list.length} etcd endpoints (${hosts}) answered: ${reasons.join('; ')}`;
  return new StoreError(cause.failure, message, { cause, fix });
}
