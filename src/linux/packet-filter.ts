import { type ExecFileException, execFile } from 'node:child_process';
import type { FilterText } from '../model/host/state.ts';

/** Both kinds that a host may have at once: each drops what the other has let pass. */
const TOOLS = ['iptables', 'iptables-legacy'];

/** The rules of every packet filter of this host; a text says why they could not be read. */
export async function readFilters(): Promise<readonly FilterText[] | string> {
  const found: FilterText[] = [];
  let why = 'there is no iptables to ask';
  for (const tool of TOOLS) {
    const { error, stdout, stderr } = await run(tool, ['-w', '5', '-S']);
    if (error?.code === 'ENOENT') continue;
    if (error) why = `${tool} -S: ${stderr.trim().split('\n').at(-1) || error.message}`;
    else if (!found.some(({ text }) => text === stdout)) found.push({ tool, text: stdout });
  }
  return found.length > 0 ? found : why;
}

/** Runs a program to its end; one that fails is an answer. */
export function run(
  program: string,
  args: readonly string[],
): Promise<{ error: ExecFileException | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const env = { ...process.env, LC_ALL: 'C' };
    const options = { env, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, args, options, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
}
