// Writes a bill of materials (CycloneDX) of the executable: what is in the bundle, and Bun, which runs it.
// node scripts/sbom.mjs FILE
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bun } from './bun.mjs';
import { root } from './root.mjs';

const file = path.resolve(process.argv[2]);
execFileSync(
  'node_modules/.bin/cyclonedx-esbuild',
  [
    ...['--mc-type', 'application', '--output-reproducible', '--validate'],
    ...['--output-file', file, 'dist/meta.json'],
  ],
  // It says at length what it does; an error has that as well.
  { cwd: root, stdio: 'pipe' },
);
const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));

/** A package that is no part of the bundle, as the lock file has it. */
function locked(name) {
  const { version, integrity, license } = packages[`node_modules/${name}`];
  const [group, base] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return {
    type: 'library',
    ...(group ? { group } : {}),
    name: base,
    version,
    'bom-ref': `${name}@${version}`,
    scope: 'required',
    hashes: [
      {
        alg: 'SHA-512',
        content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
      },
    ],
    licenses: [{ license: { id: license, acknowledgement: 'declared' } }],
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  };
}

const webkit = execFileSync(bun(), ['--print', 'process.versions.webkit'], { encoding: 'utf8' });
const engine = {
  type: 'library',
  name: 'JavaScriptCore',
  version: webkit.trim(),
  'bom-ref': `JavaScriptCore@${webkit.trim()}`,
  scope: 'required',
  licenses: [{ expression: 'LGPL-2.0-or-later AND BSD-2-Clause' }],
  purl: `pkg:github/oven-sh/webkit@${webkit.trim()}`,
};
const [runtime, program] = [locked('bun'), locked('@oven/bun-linux-x64')];

const bom = JSON.parse(readFileSync(file, 'utf8'));
const main = bom.metadata.component['bom-ref'];
bom.components.push(runtime, program, engine);
bom.dependencies.find(({ ref }) => ref === main).dependsOn.push(runtime['bom-ref']);
bom.dependencies.push(
  { ref: runtime['bom-ref'], dependsOn: [program['bom-ref']] },
  { ref: program['bom-ref'], dependsOn: [engine['bom-ref']] },
  { ref: engine['bom-ref'] },
);
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
