/** A word as a POSIX shell takes it: quoted where it has to be. */
export function shellWord(text: string): string {
  // Letters of every script take long to look for.
  const isPlain = /^[\w./:,@%+=-]+$/.test(text) || /^[\p{L}\p{N}_./:,@%+=-]+$/u.test(text);
  return isPlain ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
