import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked>;
};
const locked = Object.entries(packages).filter(([folder]) => folder !== '');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

describe('what the program is made of', () => {
  it('is bundled: who installs it installs nothing else', () => {
    expect(Object.keys(manifest)).toEqual(
      expect.not.arrayContaining(['dependencies', 'peerDependencies', 'optionalDependencies']),
    );
  });

  it('is locked, each package with its checksum', () => {
    const without = locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));
    expect(without).toEqual([]);
  });

  it('comes from registries alone', () => {
    const strange = locked.filter(([, { resolved }]) => resolved && !/^https:\/\//.test(resolved));
    expect(strange).toEqual([]);
  });

  it('needs no install script', () => {
    const scripted = locked.filter(([, one]) => one.hasInstallScript && !one.optional);
    // protobufjs only looks at version ranges; the programs of Bun and esbuild come as packages.
    expect(scripted.map(([folder]) => folder)).toEqual([
      'node_modules/bun',
      'node_modules/esbuild',
      'node_modules/protobufjs',
    ]);
    expect(existsSync(`node_modules/@esbuild/${process.platform}-${process.arch}`)).toBe(true);
  });

  it('is listed in a bill of materials, with all that is in the bundle and nothing else', () => {
    const metafile = JSON.parse(readFileSync('dist/meta.json', 'utf8')) as {
      outputs: Record<string, { inputs: object }>;
    };
    const bundled = new Set(
      Object.values(metafile.outputs)
        .flatMap(({ inputs }) => Object.keys(inputs))
        .flatMap((input) => {
          const [, name] =
            /^node_modules\/(?:.*\/node_modules\/)?((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
          return name ?? [];
        }),
    );
    const text = execFileSync(
      'node_modules/.bin/cyclonedx-esbuild',
      ['--mc-type', 'application', '--output-reproducible', '--validate', 'dist/meta.json'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const bom = JSON.parse(text) as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: { group?: string; name: string }[];
    };
    const { name, version } = manifest;

    expect(bom.bomFormat).toBe('CycloneDX');
    expect(bom.metadata.component).toMatchObject({ name, version });
    expect(
      [
        ...new Set(bom.components.map((one) => (one.group ? `${one.group}/` : '') + one.name)),
      ].sort(),
    ).toEqual([...bundled].sort());
  });
});
