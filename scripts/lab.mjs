// Brings up a whole site in network namespaces, breaks one thing, and shows what doctor says of it. Everything
// happens in namespaces of its own, which are gone when this ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './root.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-lab-'));
const outfile = path.join(folder, 'lab.mjs');
try {
  await build({
    entryPoints: [path.join(root, 'test/lab/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  // With the first process of a PID namespace all others of it go: etcd and the forwarders too.
  const own = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const words = [...own, process.execPath, outfile, '--root', root];
  const child = spawn('unshare', [...words, ...process.argv.slice(2)], {
    stdio: 'inherit',
    // What is left lying when it is interrupted goes with the folder.
    env: { ...process.env, TMPDIR: folder },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done(code ?? 1));
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
