/**
 * Whether a key lies in a folder, its slash included, whichever store it is in: the v2 store takes
 * keys for paths, where `..` leads out again.
 */
export function isInside(key: string, folder: string): boolean {
  const rest = key.slice(folder.length);
  return key.startsWith(folder) && !rest.split('/').some((step) => ['', '.', '..'].includes(step));
}
