import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { must, shell } from './shell.ts';

const PREFIX = '/coreos.com/network';
export const ETCD_URL = 'http://10.1.10.150:2379';

/** A key as it stands in the v3 store. */
interface LabKey {
  readonly revision: string;
  readonly value: string;
}

/** A real etcd with both stores, written to the way flanneld and its users do. */
export class LabEtcd {
  readonly #process: ChildProcess;

  constructor(folder: string) {
    const log = openSync(`${folder}/etcd.log`, 'w');
    this.#process = spawn(
      'etcd',
      [
        ...['--data-dir', `${folder}/etcd`, '--enable-v2', '--unsafe-no-fsync'],
        ...['--listen-client-urls', ETCD_URL, '--advertise-client-urls', ETCD_URL],
      ],
      { stdio: ['ignore', log, log] },
    );
  }

  async isReady(): Promise<void> {
    const end = Date.now() + 20_000;
    while ((await this.ctl('endpoint health')).code !== 0) {
      if (Date.now() > end) throw new Error('etcd does not start');
      await pause(50);
    }
  }

  ctl(words: string) {
    return shell(null, `ETCDCTL_API=3 etcdctl --endpoints ${ETCD_URL} ${words}`);
  }

  /** @param lasts whether the key goes after a day, as a node's lease does */
  async put(key: string, value: string, lasts: 'for-ever' | 'a-day'): Promise<void> {
    let lease = '';
    if (lasts === 'a-day') {
      const { stdout } = await this.ctl('lease grant 86400');
      lease = `--lease=${/lease (\w+) granted/.exec(stdout)?.[1]}`;
    }
    const quoted = value.replaceAll("'", `'\\''`);
    await must(
      null,
      `ETCDCTL_API=3 etcdctl --endpoints ${ETCD_URL} put ${lease} -- '${PREFIX}/${key}' '${quoted}'`,
    );
  }

  async remove(key: string): Promise<void> {
    await this.ctl(`del '${PREFIX}/${key}'`);
  }

  /** The keys under `subnets/` by the part behind it. */
  async leases(): Promise<Map<string, LabKey>> {
    const { stdout } = await this.ctl(`get --prefix ${PREFIX}/subnets/ -w json`);
    const { kvs = [] } = JSON.parse(stdout) as {
      kvs?: { key: string; value?: string; mod_revision: number }[];
    };
    const text = (base64 = '') => Buffer.from(base64, 'base64').toString();
    return new Map(
      kvs.map(({ key, value, mod_revision: revision }) => [
        text(key).slice(`${PREFIX}/subnets/`.length),
        { revision: String(revision), value: text(value) },
      ]),
    );
  }

  async config(): Promise<string | null> {
    const { stdout } = await this.ctl(`get ${PREFIX}/config --print-value-only`);
    return stdout.trim() || null;
  }

  /** Puts a key into the v2 store. */
  async putOld(key: string, value: string): Promise<void> {
    const body = new URLSearchParams({ value });
    await fetch(`${ETCD_URL}/v2/keys${PREFIX}/${key}`, { method: 'PUT', body });
  }

  async clear(): Promise<void> {
    await this.ctl(`del --prefix ${PREFIX}`);
    await fetch(`${ETCD_URL}/v2/keys${PREFIX}?recursive=true`, { method: 'DELETE' });
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
