import { readFile } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import { run } from './run.ts';

/** What runs on this host, as far as it matters to a support case; null for what is not there. */
export async function versionsOfHost(): Promise<Record<string, string | null>> {
  const first = async (program: string, ...args: readonly string[]) => {
    const { error, stdout, stderr } = await run(program, args);
    return error ? null : ((stdout || stderr).trim().split('\n')[0] ?? null);
  };
  const [iproute2, iptables, flanneld] = await Promise.all([
    first('ip', '-V'),
    first('iptables', '--version'),
    first('flanneld', '--version'),
  ]);
  return {
    hostname: hostname(),
    kernel: release(),
    system: await systemName(),
    iproute2,
    iptables,
    flanneld,
  };
}

/** What the distribution calls itself (os-release(5)). */
async function systemName(): Promise<string | null> {
  try {
    const text = await readFile('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}
