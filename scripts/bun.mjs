import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './root.mjs';

/** Bun's program: its package's install script moves it, where npm runs such scripts. */
export function bun() {
  const places = ['@oven/bun-linux-x64/bin/bun', 'bun/bin/bun.exe'].map((place) =>
    path.join(root, 'node_modules', place),
  );
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`bun is at none of ${places.join(', ')}; run: npm ci`);
  return found;
}
