// Makes flannel-bigip_VERSION_amd64.deb: executable, docs, man pages, completions, systemd unit.
// node scripts/package-deb.mjs [FOLDER], release/ if none is named
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import packageJson from '../package.json' with { type: 'json' };
import { debianVersion } from './debian-version.mjs';
import { releaseTime } from './release-date.mjs';
import { root } from './root.mjs';
import { setTimes, stage } from './stage.mjs';

const { name, version, description, homepage } = packageJson;
const maintainer = `${name} maintainers <${name}@users.noreply.github.com>`;
const time = releaseTime();
const revision = debianVersion(version);
const target = path.resolve(
  process.argv[2] ?? path.join(root, 'release'),
  `${name}_${revision}_amd64.deb`,
);

const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();

/** Kibibytes that the files take once they are installed. */
function installedSize(folder) {
  return filesBelow(folder)
    .map((file) => Math.ceil(statSync(file).size / 1024))
    .reduce((sum, size) => sum + size, 0);
}

/** What `dpkg --verify` compares. */
const sums = (folder) =>
  filesBelow(folder)
    .map((file) => {
      const digest = createHash('md5').update(readFileSync(file)).digest('hex');
      return `${digest}  ${path.relative(folder, file)}\n`;
    })
    .join('');

/** Of the package, which says no more than of which release it is. */
const changelog = `${name} (${revision}) unstable; urgency=medium

  * Release ${version}; changelog.gz says what is new.

 -- ${maintainer}  ${new Date(time * 1000).toUTCString().replace('GMT', '+0000')}
`;

const control = (folder) => `Package: ${name}
Version: ${revision}
Section: net
Priority: optional
Architecture: amd64
Maintainer: ${maintainer}
Installed-Size: ${installedSize(folder)}
Depends: libc6 (>= 2.17)
Recommends: iproute2
Suggests: etcd-client, iptables, iputils-ping
Homepage: ${homepage}
Description: ${description[0].toLowerCase()}${description.slice(1)}
 One site file says what a flannel network on etcd and the VXLAN tunnel of an F5
 BIG-IP must agree on. This program checks it by flannel's own rules, shows the
 difference to what is live, applies it with guarded writes, keeps Nodes and
 BIG-IPs in step, and explains what is wrong when traffic does not flow.
`;

process.umask(0o022);
const folder = mkdtempSync(path.join(tmpdir(), `${name}-deb-`));
try {
  const tree = path.join(folder, 'tree');
  await stage(tree, time);
  const sources = path.join(root, 'debian');
  writeFileSync(
    path.join(tree, `usr/share/doc/${name}/changelog.Debian.gz`),
    gzipSync(changelog, { level: 9 }),
  );
  mkdirSync(path.join(tree, 'usr/share/lintian/overrides'), { recursive: true });
  writeFileSync(
    path.join(tree, 'usr/share/lintian/overrides', name),
    readFileSync(path.join(sources, 'lintian-overrides')),
  );
  const debian = path.join(tree, 'DEBIAN');
  const text = control(tree);
  const md5sums = sums(tree);
  mkdirSync(debian);
  writeFileSync(path.join(debian, 'control'), text);
  writeFileSync(path.join(debian, 'md5sums'), md5sums);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    writeFileSync(path.join(debian, script), readFileSync(path.join(sources, script)), {
      mode: 0o755,
    });
  }
  setTimes(tree, time);
  mkdirSync(path.dirname(target), { recursive: true });
  // gzip: older releases of dpkg know no zstd, and xz takes half a minute.
  const { status, error } = spawnSync(
    'dpkg-deb',
    ['--root-owner-group', '-Zgzip', '-z6', '--build', tree, target],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(time) },
    },
  );
  if (status !== 0) throw error ?? new Error(`dpkg-deb ended with ${status}`);
  const size = (readFileSync(target).length / 2 ** 20).toFixed(0);
  console.log(`${path.relative(process.cwd(), target)} (${size} MiB)`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
