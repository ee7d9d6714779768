/**
 * Whether a key is below a folder and stays there: the v2 store takes its keys for paths, so that one
 * with `..` in it would be written elsewhere.
 *
 * @param folder with its slash
 */
export function isInside(key: string, folder: string): boolean {
  const rest = key.slice(folder.length);
  return key.startsWith(folder) && !rest.split('/').some((step) => ['', '.', '..'].includes(step));
}
