// Puts what a package installs into a folder, laid out as below `/`.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import packageJson from '../package.json' with { type: 'json' };
import { manPages } from './man-pages.mjs';
import { root } from './root.mjs';

const executable = path.join(root, 'dist/flannel-bigip');

const COMPLETIONS = {
  bash: 'usr/share/bash-completion/completions/flannel-bigip',
  zsh: 'usr/share/zsh/vendor-completions/_flannel-bigip',
  fish: 'usr/share/fish/vendor_completions.d/flannel-bigip.fish',
};

/** What the reader of an offline host wants, and what it links to. */
const DOCUMENTATION = [
  ...packageJson.files.filter((name) => !/^!|^(?:bin|dist)$/.test(name)),
  ...['README.md', 'CONTRIBUTING.md', 'action.yml'],
];

function completion(shell) {
  const { status, stdout, error } = spawnSync(executable, ['completion', shell], {
    encoding: 'utf8',
    env: {},
  });
  if (status !== 0) throw error ?? new Error(`completion ${shell} ended with ${status}`);
  return stdout;
}

/**
 * @param target folder to fill
 * @param time seconds since 1970, of the release
 */
export async function stage(target, time) {
  const write = (name, content, mode = 0o644) => {
    const file = path.join(target, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, content, { mode });
  };
  const copy = (from, to) => write(to, readFileSync(path.join(root, from)));
  mkdirSync(path.join(target, 'usr/bin'), { recursive: true });
  cpSync(executable, path.join(target, 'usr/bin/flannel-bigip'));
  const date = new Date(time * 1000).toISOString().slice(0, 10);
  for (const [name, text] of await manPages(date)) {
    write(`usr/share/man/man1/${name}.gz`, gzipSync(text, { level: 9 }));
  }
  for (const [shell, name] of Object.entries(COMPLETIONS)) write(name, completion(shell));
  copy('deploy/flannel-bigip-watch.service', 'usr/lib/systemd/system/flannel-bigip-watch.service');
  const doc = 'usr/share/doc/flannel-bigip';
  write(
    `${doc}/changelog.gz`,
    gzipSync(readFileSync(path.join(root, 'CHANGELOG.md')), { level: 9 }),
  );
  for (const file of DOCUMENTATION.flatMap(filesOf)) copy(file, `${doc}/${file}`);
  write(`${doc}/copyright`, copyright());
  copy('dist/THIRD-PARTY-LICENSES.txt', `${doc}/THIRD-PARTY-LICENSES.txt`);
  copy('dist/flannel-bigip.cdx.json', `${doc}/flannel-bigip.cdx.json`);
}

/** A file, or all files below a folder, as paths from the project's folder. */
function filesOf(name) {
  if (!statSync(path.join(root, name)).isDirectory()) return [name];
  return readdirSync(path.join(root, name), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

/** In Debian's machine-readable form (DEP-5). */
function copyright() {
  const [, , ...licence] = readFileSync(path.join(root, 'LICENSE'), 'utf8').split('\n');
  const body = licence.map((line) => ` ${line.trim() === '' ? '.' : line}`).join('\n');
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ${packageJson.name}
Source: ${packageJson.homepage}
Comment: The executable carries Bun (MIT, with JavaScriptCore under LGPL-2.0-or-later and TinyCC under
 LGPL-2.1; /usr/share/common-licenses/LGPL-2 and LGPL-2.1 on Debian) and packages under MIT, ISC, BSD
 and Apache-2.0. All of them, each with its text, are in THIRD-PARTY-LICENSES.txt beside this file, and
 in the bill of materials flannel-bigip.cdx.json (CycloneDX).

Files: *
Copyright: ${packageJson.name} contributors
License: MIT
${body.trimEnd()}
`;
}

/** Gives every file and folder below one the same time. */
export function setTimes(folder, time) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    utimesSync(path.join(entry.parentPath, entry.name), time, time);
  }
  utimesSync(folder, time, time);
}
