/** An escaped character, a quoted piece (which may not be closed yet), blanks, or a character. */
const PIECE = /\\(.?)|'([^']*)'?|"((?:[^"\\]+|\\.)*)"?|(\s+)|([^\\'"\s]+)/gs;

/**
 * Splits a command line that ends at the cursor as a POSIX shell would: quotes and backslashes are
 * taken off, nothing is expanded. The last word is the one that is being typed, '' behind a blank.
 */
export function splitShellWords(line: string): string[] {
  const words = [''];
  for (const [, escaped, single, double, blank, plain] of line.trimStart().matchAll(PIECE)) {
    if (blank !== undefined) words.push('');
    else {
      const text = escaped ?? single ?? double?.replace(/\\(.)/gs, '$1') ?? plain ?? '';
      words.push(`${words.pop() ?? ''}${text}`);
    }
  }
  return words;
}
