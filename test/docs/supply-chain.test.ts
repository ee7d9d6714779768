import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly hashes?: readonly { content: string }[];
  readonly licenses?: readonly unknown[];
}

const fullName = ({ group, name }: Component) => (group ? `${group}/${name}` : name);

/** Names of the packages of which something is in the bundle. */
function bundled(): Set<string> {
  const metafile = JSON.parse(readFileSync('dist/meta.json', 'utf8')) as {
    outputs: Record<string, { inputs: object }>;
  };
  return new Set(
    Object.values(metafile.outputs)
      .flatMap(({ inputs }) => Object.keys(inputs))
      .flatMap((input) => {
        const [, name] =
          /^node_modules\/(?:.*\/node_modules\/)?((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
        return name ?? [];
      }),
  );
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

  it('is listed in a bill of materials: what is in the bundle, Bun, and nothing else', () => {
    const bom = JSON.parse(readFileSync('dist/flannel-bigip.cdx.json', 'utf8')) as {
      bomFormat: string;
      metadata: { component: { name: string; version: string; 'bom-ref': string } };
      components: Component[];
      dependencies: { ref: string; dependsOn?: string[] }[];
    };
    const { name, version } = manifest;
    const main = bom.metadata.component;
    const runtime = bom.components.find((one) => one.name === 'bun');
    const { integrity = '' } = packages['node_modules/bun'] ?? {};

    expect(bom.bomFormat).toBe('CycloneDX');
    expect(main).toMatchObject({ name, version });
    expect([...new Set(bom.components.map(fullName))].sort()).toEqual(
      [...bundled(), 'bun', '@oven/bun-linux-x64', 'JavaScriptCore'].sort(),
    );
    expect(bom.components.filter(({ licenses }) => !licenses?.length)).toEqual([]);
    expect(runtime?.purl).toBe(`pkg:npm/bun@${packages['node_modules/bun']?.version}`);
    expect(runtime?.hashes?.map(({ content }) => Buffer.from(content, 'hex'))).toEqual([
      Buffer.from(integrity.replace('sha512-', ''), 'base64'),
    ]);
    expect(bom.dependencies.find(({ ref }) => ref === main['bom-ref'])?.dependsOn).toContain(
      `bun@${runtime?.version}`,
    );
  });

  it('goes along with its licences, those of Bun included', () => {
    const text = readFileSync('dist/THIRD-PARTY-LICENSES.txt', 'utf8');
    const named = [...text.matchAll(/^(\S+) \d\S* \([\w.-]+\)$/gm)].map(([, name]) => name);

    expect([...new Set(named)].sort()).toEqual([...bundled()].sort());
    for (const part of [
      // Of a package without a file of its own, and of one with.
      /^tr46 0\.0\.3 \(MIT\)\n\nCopyright \(c\) Sebastian Mayr <npm@smayr.name>\n\nPermission is/m,
      /^yargs 18\S+ \(MIT\)\n\nMIT License\n\nCopyright 2010 James Halliday/m,
      /^Bun 1\.4\.5 \(MIT, /m,
      /^ +GNU LIBRARY GENERAL PUBLIC LICENSE\n +Version 2, June 1991$/m,
      /^ *Apache License\n +Version 2\.0, January 2004$/m,
    ])
      expect(text).toMatch(part);
  });
});
