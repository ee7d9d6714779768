// Makes release/flannel-bigip_VERSION_amd64.deb: executable, docs, man pages, completions, systemd unit.
import { spawnSync } from 'node:child_process';
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
import packageJson from '../package.json' with { type: 'json' };
import { releaseTime } from './release-date.mjs';
import { root } from './root.mjs';
import { setTimes, stage } from './stage.mjs';

const { name, version, description, homepage } = packageJson;
const target = path.join(root, 'release', `${name}_${version}_amd64.deb`);
const time = releaseTime();

/** Kibibytes that the files take once they are installed. */
function installedSize(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => Math.ceil(statSync(path.join(entry.parentPath, entry.name)).size / 1024))
    .reduce((sum, size) => sum + size, 0);
}

const control = (folder) => `Package: ${name}
Version: ${version}
Section: net
Priority: optional
Architecture: amd64
Maintainer: ${name} maintainers <${name}@users.noreply.github.com>
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

// The unit is not started by being installed: it wants a site file first.
const SCRIPTS = {
  prerm: `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -z "$DPKG_ROOT" ] && [ -d /run/systemd/system ]; then
  systemctl --no-reload disable --now flannel-bigip-watch.service >/dev/null 2>&1 || true
fi
`,
  postrm: `#!/bin/sh
set -e
if [ -z "$DPKG_ROOT" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload >/dev/null 2>&1 || true
fi
`,
};

const folder = mkdtempSync(path.join(tmpdir(), `${name}-deb-`));
try {
  const tree = path.join(folder, 'tree');
  process.umask(0o022);
  await stage(tree, time);
  const debian = path.join(tree, 'DEBIAN');
  const text = control(tree);
  mkdirSync(debian);
  writeFileSync(path.join(debian, 'control'), text);
  for (const [script, lines] of Object.entries(SCRIPTS)) {
    writeFileSync(path.join(debian, script), lines, { mode: 0o755 });
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
