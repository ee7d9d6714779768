import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

const maps = globSync('dist/**/*.map');
const chunks = globSync('dist/**/*.js');

/** Where each long text stands in the sources, if it stands at one place only. */
function textsInSources(): Map<string, string> {
  const places = new Map<string, string[]>();
  for (const file of globSync('src/**/*.ts', { ignore: 'src/model/generated' })) {
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      for (const [, text = ''] of line.matchAll(/'(\w+ [\w ,.;:()-]{15,})'/g)) {
        places.set(text, [...(places.get(text) ?? []), `${file}:${index + 1}`]);
      }
    }
  }
  return new Map(
    [...places].flatMap(([text, [first, ...more]]) =>
      first && more.length === 0 ? [[text, first]] : [],
    ),
  );
}

/** Where the map of a file says that each of these texts stands. */
function textsByMap(file: string, texts: ReadonlyMap<string, string>): [string, string][] {
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/"(\w+ [\w ,.;:()-]{15,})"/g)].flatMap(
        ({ 1: text = '', index: column }) => {
          if (!texts.has(text)) return [];
          const entry = map.findEntry(index, column);
          if (!('originalSource' in entry)) return [[text, 'nowhere'] as [string, string]];
          const source = path.join(path.dirname(file), entry.originalSource);
          return [[text, `${source}:${entry.originalLine + 1}`] as [string, string]];
        },
      ),
    );
}

describe('the source maps', () => {
  it('lead from what is joined and minified to the line of the source', () => {
    const texts = textsInSources();
    const found = chunks.map((file) => [file, textsByMap(file, texts)] as const);

    expect(found.flatMap(([, all]) => all.filter(([text, at]) => texts.get(text) !== at))).toEqual(
      [],
    );
    expect(found.flatMap(([, all]) => all).length).toBeGreaterThan(300);
    for (const name of [/start\.js$/, /core\.js$/, /on-etcd-/, /on-doctor-/, /\/watch-/]) {
      const [, all = []] = found.find(([file]) => name.test(file)) ?? [];
      expect([name, all.length > 0]).toEqual([name, true]);
    }
  });

  it('belong each to a file, which does not name it: Node would read it at every start', () => {
    expect(
      maps.map((file) => file.replace(/\.map$/, '')).filter((file) => !existsSync(file)),
    ).toEqual([]);
    expect(chunks.filter((file) => /sourceMappingURL/.test(readFileSync(file, 'utf8')))).toEqual(
      [],
    );
  });
});
