import { openTerminal, type TerminalOptions } from './terminal.ts';

/** A question as it is shown, and the keys it is answered with. */
export type Exchange = readonly [question: string, keys: string];

export const ENTER = '\r';
export const INTERRUPT = '\u0003';
export const DOWN = '\u001b[B';

/** Runs the executable in a pseudo-terminal and answers its questions as they come. */
export async function converse(
  args: readonly string[],
  folder: string,
  exchanges: readonly Exchange[],
  options?: TerminalOptions,
): Promise<{ readonly code: number | null; readonly screen: string }> {
  const terminal = openTerminal(args, folder, options);
  for (const [question, keys] of exchanges) {
    await terminal.shows(question);
    terminal.types(keys);
  }
  return terminal.ended;
}
