// Brings up a whole site in network namespaces, breaks one thing, and shows what doctor says of it. Everything
// happens in namespaces of its own, which are gone when this ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './root.mjs';

// To be told what there is takes no namespaces.
const asks = ['--help', '--list'].some((flag) => process.argv.includes(flag));
if (!asks && process.getuid?.() !== 0) {
  console.error('npm run lab makes network namespaces, which only root may: run it as root');
  process.exit(1);
}

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
  const isolated = asks ? [] : ['unshare', ...own];
  const script = [process.execPath, outfile, '--root', root, ...process.argv.slice(2)];
  const [program, ...words] = [...isolated, ...script];
  const child = spawn(program, words, {
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
