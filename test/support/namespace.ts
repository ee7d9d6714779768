import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { COMMAND, type Result, temporaryFolder } from './cli.ts';
import { cleanEnvironment } from './etcd.ts';

/** Before the executable: names, a link to a network where nobody answers, and an etcd on loopback. */
const SETUP = `set -e
ip link set lo up
ip link add va type veth peer name vb
ip link set va up; ip link set vb up
ip addr add 10.9.9.1/24 dev va
mount --bind hosts /etc/hosts
etcd --data-dir etcd --enable-v2 --unsafe-no-fsync > etcd.log 2>&1 &
server=$!
trap 'kill -9 $server' EXIT
until etcdctl endpoint health > /dev/null 2>&1; do kill -0 $server; done
set +e
"$@"`;

/**
 * Runs the executable in namespaces of its own, with an etcd at 127.0.0.1:2379 and these lines as
 * `/etc/hosts`. Addresses in 10.9.9.0/24 do not answer.
 */
export function runInNamespace(hosts: readonly string[], args: readonly string[]): Result {
  const cwd = temporaryFolder({ hosts: `${['127.0.0.1 localhost', ...hosts].join('\n')}\n` });
  const command = [...COMMAND, ...args];
  const { status, signal, stdout, stderr } = spawnSync(
    'unshare',
    ['-n', '-m', 'sh', '-c', SETUP, 'sh', ...command],
    {
      cwd,
      env: { ...cleanEnvironment(), ETCDCTL_API: '3', XDG_STATE_HOME: path.join(cwd, 'state') },
      encoding: 'utf8',
      timeout: 30_000,
    },
  );
  return { code: status, signal, stdout, stderr };
}
