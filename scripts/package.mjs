// Makes dist/flannel-bigip, an executable for Linux on x64 that needs no Node, of the bundle in
// dist/. Why by Bun and not as a Node SEA: docs/architecture.md.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = new URL('..', import.meta.url).pathname;

/** Bun's program: its package's install script moves it, where npm runs such scripts. */
function bun() {
  const places = ['@oven/bun-linux-x64/bin/bun', 'bun/bin/bun.exe'].map((place) =>
    path.join(root, 'node_modules', place),
  );
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`bun is at none of ${places.join(', ')}; run: npm ci`);
  return found;
}

const { status } = spawnSync(
  bun(),
  [
    'build',
    '--compile',
    '--bytecode',
    '--format=esm',
    '--target=bun-linux-x64',
    // What lies in the folder it is started in must not steer a program that holds secrets.
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    // Nor what BUN_OPTIONS says: it comes behind this end of the runtime's own options.
    '--compile-exec-argv=--',
    'bin/flannel-bigip.js',
    '--outfile=dist/flannel-bigip',
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);
if (status !== 0) process.exit(status ?? 1);
