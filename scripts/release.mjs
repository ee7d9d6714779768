// Makes everything that is published of a version, in release/: the npm package, an archive and a Debian
// package with the executable, the source maps, a bill of materials, and the checksums of all of them.
// node scripts/release.mjs [FOLDER], which must not be there yet; release/ if none is named
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { releaseTime } from './release-date.mjs';
import { root } from './root.mjs';
import { stage } from './stage.mjs';

const release = path.resolve(process.argv[2] ?? path.join(root, 'release'));
const { name, version } = packageJson;
const time = releaseTime();
const run = (command, ...args) =>
  execFileSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: String(time) },
  });

const INSTALL = `The executable needs nothing else of what is here:

    install -m 755 usr/bin/${name} /usr/local/bin/

With man pages, completions of shells and the systemd unit, as root:

    cp -r usr /

The unit's own lines say how to set it up. THIRD-PARTY-LICENSES.txt in usr/share/doc/${name} has the
licences of what is inside.
`;

/** What the README links to lies with the documentation. */
const readme = () =>
  readFileSync(path.join(root, 'README.md'), 'utf8').replace(
    /\]\((?![a-z]+:|#)([^)]+)\)/g,
    `](usr/share/doc/${name}/$1)`,
  );

/** An archive whose bytes depend on nothing but what is in it. */
function archive(file, folder, ...entries) {
  const tar = path.join(work, 'archive.tar');
  run(
    'tar',
    ...['--create', '--format=ustar', '--sort=name', `--mtime=@${time}`, '--owner=0', '--group=0'],
    ...['--numeric-owner', '--mode=u=rwX,go=rX', '--file', tar, '--directory', folder, ...entries],
  );
  run('gzip', '--no-name', '--force', tar);
  cpSync(`${tar}.gz`, path.join(release, file));
}

/** npm chooses the files, but packs them with the rights that the clone gives them. */
function npmPackage() {
  const file = run(
    'npm',
    'pack',
    '--ignore-scripts',
    '--silent',
    '--pack-destination',
    work,
  ).trim();
  const folder = path.join(work, 'npm');
  mkdirSync(folder);
  run('tar', '--extract', '--file', path.join(work, file), '--directory', folder);
  archive(file, folder, 'package');
}

async function linuxArchive() {
  const base = `${name}-${version}-linux-x64`;
  const folder = path.join(work, base);
  await stage(folder, time);
  writeFileSync(path.join(folder, 'README.md'), readme());
  writeFileSync(path.join(folder, 'INSTALL'), INSTALL);
  cpSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  archive(`${base}.tar.gz`, work, base);
}

function sourceMaps() {
  const dist = path.join(root, 'dist');
  const maps = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.map'));
  archive(`${name}-${version}-source-maps.tar.gz`, dist, ...maps.toSorted());
}

process.umask(0o022);
if (process.argv[2] === undefined) rmSync(release, { recursive: true, force: true });
mkdirSync(release);
const work = mkdtempSync(path.join(tmpdir(), `${name}-release-`));
try {
  run('node', 'scripts/package-deb.mjs', release);
  npmPackage();
  await linuxArchive();
  sourceMaps();
  cpSync(
    path.join(root, 'dist/flannel-bigip.cdx.json'),
    path.join(release, `${name}-${version}.cdx.json`),
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
  rmSync(work, { recursive: true, force: true });
}
