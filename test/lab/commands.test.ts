import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What a shell command on the node printed after a fault, without the lab's own words. */
async function afterFault(fault: string | null, command: string): Promise<string> {
  const words = [...(fault ? ['--fault', fault] : []), '--shell', command];
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts/lab.mjs'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await new Promise((done) => child.once('close', done));
  const begin = text.lastIndexOf(`$ ${command}\n`);
  return text.slice(begin + command.length + 3).trim();
}

const LIMIT = 60_000;

it(
  'node repair makes what is missing, takes away what is stale, and has nothing to do then',
  async () => {
    const stale = 'bridge fdb add 0e:de:ad:be:ef:01 dev flannel.1 dst 10.1.10.245 self permanent';
    const repair = 'flannel-bigip node repair';
    const command = `${stale}; ${repair} | tail -1; ${repair} --yes | tail -1; ${repair} --yes; ip -o route show dev flannel.1`;
    const printed = await afterFault('event-lost', command);
    expect(printed.split('\n')).toEqual([
      '4 entries to mend. --yes runs these commands.',
      'Mended 4 of 4 entries.',
      "Nothing to do: the kernel's entries are as the leases say.",
      '10.244.20.0/24 via 10.244.20.0 onlink ',
      '10.244.100.0/24 via 10.244.100.0 onlink ',
      '(exit code 0)',
    ]);
  },
  LIMIT,
);

it.each([
  ['an empty store', '--prefix /elsewhere --etcd-api v3'],
  ['the store that flanneld does not read', '--etcd-api v2'],
])(
  'node repair never empties a kernel from %s',
  async (_what, at) => {
    const count = 'bridge fdb show dev flannel.1 | wc -l; ip neigh show nud permanent | wc -l';
    const seed =
      'curl -s -o /dev/null http://10.1.10.150:2379/v2/keys/coreos.com/network/config -XPUT --data-urlencode value@flannel.json';
    const config = `echo '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}' > flannel.json`;
    const command = `${config}; ${seed}; ${count}; flannel-bigip node repair --yes ${at} 2>&1 | grep -o 'refused, nothing was changed'; ${count}`;
    const printed = await afterFault(null, command);
    expect(printed.split('\n')).toEqual([
      ...['2', '2', 'refused, nothing was changed', '2', '2', '(exit code 0)'],
    ]);
  },
  LIMIT,
);

it.each<[fault: string | null, lost: readonly string[]]>([
  [null, ['none', 'none']],
  ['route-missing', ['out', 'out']],
  ['fdb-missing', ['out', 'out']],
  ['fdb-wrong', ['far-or-back', 'far-or-back']],
  ['mtu-too-large', ['none', 'out']],
  ['tunnel-key', ['far-or-back', 'far-or-back']],
])(
  'doctor ping tells the direction after %s',
  async (fault, lost) => {
    const command = `flannel-bigip doctor ping -o json | jq -c '[.bigips[0].results[].lost]'`;
    expect(await afterFault(fault, command)).toBe(`${JSON.stringify(lost)}\n(exit code 0)`);
  },
  LIMIT,
);

it(
  'doctor works without root, but for the packet filter',
  async () => {
    const asNobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
    const command = `chmod 755 . .. && chmod -R a+r flannel-bigip.yaml; ${asNobody} flannel-bigip doctor --host --scope etcd --subnet-env node-151.env -o json > out.json; jq -c '[.checks[] | select(.id | startswith("linux")) | select(.status != "pass") | .id]' out.json; jq .ok out.json`;
    expect(await afterFault(null, command)).toBe('["linux-packet-filter"]\ntrue\n(exit code 0)');
  },
  LIMIT,
);

it(
  'doctor says of a bundle, elsewhere, what it said of the live site',
  async () => {
    const doctor = 'flannel-bigip doctor --host --subnet-env node-151.env -o json';
    const command = `${doctor} | jq -c '[.checks[] | [.id, .status, .subject]]' > live.json; flannel-bigip doctor bundle x.tar.gz --host --subnet-env node-151.env > /dev/null; env -u BIGIP_PASSWORD flannel-bigip doctor --from x.tar.gz -o json | jq -c '[.checks[] | [.id, .status, .subject]]' | cmp - live.json && wc -c < live.json; gunzip < x.tar.gz | grep -c "$BIGIP_PASSWORD"`;
    const [size = '', secrets] = (await afterFault('annotation-stale', command)).split('\n');
    expect(Number(size)).toBeGreaterThan(500);
    expect(secrets).toBe('0');
  },
  LIMIT,
);

it(
  'doctor --wait ends when somebody has mended it',
  async () => {
    const mend = '(ip route replace 10.244.100.0/24 via 10.244.100.0 dev flannel.1 onlink) &';
    const command = `${mend} flannel-bigip doctor --host --subnet-env node-151.env --wait 30s -o json | jq .ok`;
    expect(await afterFault('route-missing', command)).toBe('true\n(exit code 0)');
  },
  LIMIT,
);
