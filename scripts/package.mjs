// Makes dist/flannel-bigip, an executable for Linux on x64 that needs no Node, of the bundle in
// dist/, and its bill of materials. Why by Bun and not as a Node SEA: docs/architecture.md.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { bun } from './bun.mjs';
import { root } from './root.mjs';

process.umask(0o022);
const program = 'dist/flannel-bigip';
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

run(
  bun(),
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
  `--outfile=${program}`,
);
run('node', 'scripts/sbom.mjs', `${program}.cdx.json`);
const { size } = statSync(path.join(root, program));
console.log(`${program} (${(size / 2 ** 20).toFixed(0)} MiB)`);
