// Sees to the programs that the tests start. `--check` only names what is missing and fails.
import { spawnSync } from 'node:child_process';

/** Program looked for, and Debian's package that has it. */
const NEEDED = [
  ['etcd', 'etcd-server'],
  ['etcdctl', 'etcd-client'],
  ['ip', 'iproute2'],
  ['openssl', 'openssl'],
  ['jq', 'jq'],
  ['curl', 'curl'],
  ['script', 'bsdutils'],
  ['zsh', 'zsh'],
  ['fish', 'fish'],
  ['xmllint', 'libxml2-utils'],
  ['kubectl', 'kubernetes-client'],
  ['systemd-analyze', 'systemd'],
  ['iptables', 'iptables'],
  ['ping', 'iputils-ping'],
  ['man', 'man-db'],
  ['chromium', 'chromium'],
];

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const isThere = (program) =>
  spawnSync('sh', ['-c', `command -v ${program}`], { env: { ...process.env, PATH } }).status === 0;
const missing = NEEDED.filter(([program]) => !isThere(program));
const packages = missing.map(([, name]) => name).join(' ');
const line = `apt-get update && apt-get install -y ${packages}`;

if (missing.length === 0) process.exit(0);
console.error(`Missing for the tests: ${missing.map(([program]) => program).join(', ')}`);
if (process.argv.includes('--check')) {
  console.error('Run: npm run test:setup');
  process.exit(1);
}
if (process.getuid?.() !== 0) {
  console.error(`Run as root: ${line}`);
  process.exit(1);
}
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
const { status } = spawnSync('sh', ['-c', line], { stdio: 'inherit', env });
process.exit(status ?? 1);
