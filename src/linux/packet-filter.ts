import { readFile } from 'node:fs/promises';
import type { FilterText } from '../model/host/state.ts';
import { run } from './run.ts';

/** Both kinds that a host may have at once: each drops what the other has let pass. */
const TOOLS = ['iptables', 'iptables-legacy'];

/** The rules of every packet filter of this host; a text says why they could not be read. */
export async function readFilters(): Promise<readonly FilterText[] | string> {
  const found: FilterText[] = [];
  let why = 'there is no iptables to ask';
  const answers = await Promise.all(TOOLS.map(readFilter));
  for (const [index, tool] of TOOLS.entries()) {
    const answer = answers[index] ?? null;
    if (answer === null) continue;
    if ('why' in answer) why = answer.why;
    else if (!found.some(({ text }) => text === answer.text)) found.push({ tool, ...answer });
  }
  return found.length > 0 ? found : why;
}

/** The rules that one program tells; null when it is not there. */
async function readFilter(tool: string): Promise<{ text: string } | { why: string } | null> {
  const version = await run(tool, ['--version']);
  if (version.error?.code === 'ENOENT') return null;
  // The older kind makes its table in the kernel when it is asked for it.
  if (version.stdout.includes('legacy') && !(await hasOldTable())) return { text: '' };
  const { error, stdout, stderr } = await run(tool, ['-w', '5', '-S']);
  if (error === null) return { text: stdout };
  return { why: `${tool} -S: ${stderr.trim().split('\n').at(-1) || error.message}` };
}

async function hasOldTable(): Promise<boolean> {
  try {
    return (await readFile('/proc/net/ip_tables_names', 'utf8')).split('\n').includes('filter');
  } catch {
    // Only root may read it; the program then says so itself.
    return process.getuid?.() !== 0;
  }
}
