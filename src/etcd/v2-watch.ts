import type { Snapshot } from '../model/snapshot.ts';
import type { Hearing, KeyEvent, Listener } from './follow.ts';
import { configKey } from './store.ts';
import type { V2Client } from './v2-client.ts';
import { storedKey } from './v2-node.ts';
import type { V2Reply } from './v2-replies.ts';

/** etcd keeps its last thousand events, those of other programs included. */
const EVENT_INDEX_CLEARED = 401;

/**
 * A long poll has nothing like a heartbeat: after so long without a change the endpoint, its leader
 * and the way there are checked with a quorum read.
 */
const CHECK_AFTER = 5_000;

const REMOVALS = ['delete', 'expire', 'compareAndDelete'];

/** Hears of changes of the v2 store, one long poll after another. */
export class V2Listener implements Listener {
  /** The index of the last change that was heard of. */
  #heard: bigint;

  constructor(
    readonly client: V2Client,
    readonly from: Snapshot,
  ) {
    this.#heard = BigInt(from.revision);
  }

  async listen(hearing: Hearing, signal: AbortSignal): Promise<void> {
    let checked = false;
    while (!signal.aborted) {
      const poll = await this.client.endpoints.run(async (endpoint, limit) => {
        const end = Date.now() + limit;
        if (!checked && (await this.isSetBack(endpoint, limit))) return null;
        const left = Math.max(end - Date.now(), 1);
        return this.client.poll(endpoint, left, this.from.prefix, this.#heard + 1n, signal);
      }, signal);
      if (poll === null) return;
      hearing.connected();
      const reply = await this.client.outcome(poll, CHECK_AFTER);
      if (reply?.errorCode === EVENT_INDEX_CLEARED) return;
      checked = reply !== null;
      if (reply?.node) this.hear(reply, hearing);
    }
  }

  /** A store that was put back to an earlier state would stay silent for long. */
  private async isSetBack(endpoint: string, limit: number): Promise<boolean> {
    const config = configKey(this.from.prefix);
    const { index } = await this.client.send(endpoint, limit, 'GET', config, '?quorum=true');
    return BigInt(index) < this.#heard;
  }

  private hear({ action, node }: V2Reply, hearing: Hearing): void {
    if (node === null) return;
    this.#heard = BigInt(node.modifiedIndex ?? 0);
    const [key, revision] = [node.key ?? '', String(node.modifiedIndex)];
    const event: KeyEvent | null = REMOVALS.includes(action ?? '')
      ? { key, revision, stored: null, ...(node.dir ? { andBelow: true } : {}) }
      : node.dir
        ? null
        : { key, revision, stored: storedKey(node) };
    if (event !== null) hearing.changed([event]);
  }
}
