/** A word as a POSIX shell takes it: quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_./:,@%+=-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
