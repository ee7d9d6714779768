// Makes everything that is published of a version, in release/: the npm package, an archive and a Debian
// package with the executable, the source maps, a bill of materials, and the checksums of all of them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { releaseTime } from './release-date.mjs';
import { root } from './root.mjs';
import { stage } from './stage.mjs';

const release = path.join(root, 'release');
const { name, version } = packageJson;
const time = releaseTime();
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

/** An archive whose bytes depend on nothing but what is in it. */
function archive(file, folder, ...entries) {
  const tar = `${file}.tar`;
  run(
    'tar',
    ...['--create', '--format=ustar', '--sort=name', `--mtime=@${time}`, '--owner=0', '--group=0'],
    ...['--numeric-owner', '--mode=u=rwX,go=rX', '--file', tar, '--directory', folder, ...entries],
  );
  run('gzip', '--no-name', '--force', tar);
}

rmSync(release, { recursive: true, force: true });
mkdirSync(release);
const folder = mkdtempSync(path.join(tmpdir(), `${name}-release-`));
try {
  run('node', 'scripts/package-deb.mjs');
  run('npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', release);
  const base = `${name}-${version}-linux-x64`;
  await stage(path.join(folder, base), time);
  archive(path.join(release, base), folder, base);
  const maps = readdirSync(path.join(root, 'dist'), { recursive: true }).filter((file) =>
    file.endsWith('.map'),
  );
  archive(
    path.join(release, `${name}-${version}-source-maps`),
    path.join(root, 'dist'),
    ...maps.toSorted(),
  );
  run(
    'node_modules/.bin/cyclonedx-esbuild',
    ...['--mc-type', 'application', '--output-reproducible', '--validate'],
    ...['--output-file', path.join(release, `${name}-${version}.cdx.json`), 'dist/meta.json'],
  );
  const sums = readdirSync(release)
    .toSorted()
    .map((file) => {
      const digest = createHash('sha256')
        .update(readFileSync(path.join(release, file)))
        .digest('hex');
      return `${digest}  ${file}\n`;
    });
  writeFileSync(path.join(release, 'SHA256SUMS'), sums.join(''));
  process.stdout.write(sums.join(''));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
