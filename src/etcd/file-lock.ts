import { createHash } from 'node:crypto';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from './errors.ts';

/**
 * Runs work while no other process of this host holds the lock of a path.
 *
 * The lock is an abstract Unix socket: the kernel gives it back when its holder ends, however it
 * ends, so that a killed command leaves no lock behind.
 *
 * @param path the real path of the file that is locked
 * @param timeout milliseconds to wait for another holder
 * @throws StoreError `timeout` when the other one holds on
 */
export async function withFileLock<T>(
  path: string,
  timeout: number,
  work: () => Promise<T>,
): Promise<T> {
  const digest = createHash('sha256').update(path).digest('hex').slice(0, 40);
  const name = `\0flannel-bigip-${digest}`;
  const end = Date.now() + timeout;
  let lock = await tryLock(name);
  while (lock === null) {
    if (Date.now() > end) {
      throw new StoreError('timeout', `${path} is locked by another flannel-bigip`, {
        fix: 'wait for it to end, or raise --timeout',
      });
    }
    await pause(10);
    lock = await tryLock(name);
  }
  try {
    return await work();
  } finally {
    await new Promise((done) => lock?.close(done));
  }
}

function tryLock(name: string): Promise<net.Server | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(name, () => resolve(server));
  });
}
