import { hostOf, StoreError } from './errors.ts';

/** A member that does not answer is left for the next one after this many milliseconds at most. */
const MOVE_ON_AFTER = 2_000;

/**
 * A list of etcd endpoints of which any will do. Starts with the one that last answered; a
 * transient failure moves on to the next; everything together stays within the timeout.
 */
export class Endpoints {
  #preferred = 0;

  constructor(
    readonly list: readonly string[],
    /** Milliseconds for one operation, all endpoints together. */
    readonly timeout: number,
  ) {}

  /**
   * Runs an operation on the first endpoint that answers.
   *
   * @param operation gets an endpoint, the milliseconds it may take, and whether an earlier attempt
   *   of this operation ended without an answer, so that its effect is unknown.
   * @throws StoreError of the last kind of failure; of all endpoints, if they failed differently.
   */
  async run<T>(
    operation: (endpoint: string, limit: number, unsure: boolean) => Promise<T>,
  ): Promise<T> {
    const end = Date.now() + this.timeout;
    const failures: StoreError[] = [];
    for (let tried = 0; tried < this.list.length; tried++) {
      const index = (this.#preferred + tried) % this.list.length;
      const endpoint = this.list[index] ?? '';
      const left = Math.max(end - Date.now(), 1);
      const others = this.list.length - tried - 1;
      const limit = others > 0 ? Math.min(left / (others + 1), MOVE_ON_AFTER) : left;
      try {
        const result = await operation(endpoint, limit, failures.length > 0);
        this.#preferred = index;
        return result;
      } catch (error) {
        if (!(error instanceof StoreError) || !error.transient) throw error;
        failures.push(error);
      }
    }
    throw summary(failures, this);
  }
}

function summary(failures: readonly StoreError[], endpoints: Endpoints): StoreError {
  const last = failures.at(-1);
  if (last === undefined) return new StoreError('unreachable', 'no endpoint of etcd is given');
  if (failures.length === 1) return last;
  const leaderless = failures.find((failure) => failure.failure === 'no-leader');
  const cause = leaderless ?? last;
  const hosts = endpoints.list.map(hostOf).join(', ');
  const reasons = [...new Set(failures.map((failure) => failure.message))];
  const fix = cause.fix ?? 'check the addresses and that etcd runs';
  const message = `none of ${failures.length} etcd endpoints (${hosts}) answered: ${reasons.join('; ')}`;
  return new StoreError(cause.failure, message, { cause, fix });
}
