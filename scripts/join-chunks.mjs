// Joins the chunks that every command loads into the file that starts. Splitting cuts what is shared into
// as many chunks as there are sets of lazily loaded parts that share it, and reading each of them
// costs more than running it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** What a chunk exports, by the name that others import it by. */
function exportsOf(code) {
  const [, list = ''] = /export\{([^{}]*)\};?\s*$/.exec(code) ?? [];
  return list
    .split(',')
    .filter(Boolean)
    .map((one) => one.split(' as ').at(-1).trim());
}

/**
 * @param metafile of the build that made the chunks
 * @param start path of the file that starts, relative to the root
 */
export async function joinChunks(root, metafile, start) {
  const joined = staticallyLoaded(metafile, start).filter((file) => file !== start);
  const files = joined.map((file, index) => ({
    file: path.join(root, file),
    prefix: `$${index}_`,
    names: exportsOf(readFileSync(path.join(root, file), 'utf8')),
  }));
  const contents = [
    `export * from ${JSON.stringify(path.join(root, start))};`,
    ...files.map(({ file, names, prefix }) => {
      const list = names.map((name) => `${name} as ${prefix}${name}`).join(',');
      return `export {${list}} from ${JSON.stringify(file)};`;
    }),
  ].join('\n');
  const folder = path.dirname(path.join(root, start));
  const inside = new Set([path.join(root, start), ...files.map(({ file }) => file)]);
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    legalComments: 'none',
    plugins: [keepOthersOutside(folder, inside)],
    logLevel: 'warning',
  });
  const prefixOf = new Map(files.map(({ file, prefix }) => [file, prefix]));
  for (const output of Object.keys(metafile.outputs)) {
    const file = path.join(root, output);
    if (inside.has(file) || !file.endsWith('.js')) continue;
    writeFileSync(file, importingFrom(path.join(root, start), file, prefixOf));
  }
  for (const { file } of files) rmSync(file);
  writeFileSync(path.join(root, start), outputFiles[0].contents);
}

/** A lazily loaded chunk that imports what was joined from the file that it was joined into. */
function importingFrom(start, file, prefixOf) {
  const folder = path.dirname(file);
  const joined = (from) => prefixOf.get(path.resolve(folder, from));
  const target = JSON.stringify(path.relative(folder, start).replace(/^(?=[^.])/, './'));
  const code = readFileSync(file, 'utf8')
    .replace(/(import|export)\{([^{}]*)\}from"([^"]+)"/g, (all, keyword, list, from) => {
      const prefix = joined(from);
      if (prefix === undefined) return all;
      const names = list.split(',').map((one) => {
        const [name, local = name] = one.split(' as ').map((word) => word.trim());
        return `${prefix}${name} as ${local}`;
      });
      return `${keyword}{${names.join(',')}}from${target}`;
    })
    // What was joined has run before anything that is loaded lazily.
    .replace(/import"([^"]+)";/g, (all, from) => (joined(from) === undefined ? all : ''));
  const left = [...prefixOf.keys()].find((one) => code.includes(`/${path.basename(one)}"`));
  if (left) throw new Error(`${file} still imports ${left}, which has been joined`);
  return code;
}

/** A file and all that it imports, except lazily. */
function staticallyLoaded({ outputs }, start) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const { path: next, kind, external } of outputs[file].imports) {
      if (kind === 'import-statement' && !external) visit(next);
    }
  };
  visit(start);
  return [...found];
}

/** Every chunk that is loaded lazily stays a file of its own. */
function keepOthersOutside(folder, inside) {
  return {
    name: 'keep-others-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^[./]/ }, ({ path: wanted, resolveDir }) => {
        const file = path.resolve(resolveDir, wanted);
        if (inside.has(file)) return { path: file };
        return { path: `./${path.relative(folder, file)}`, external: true };
      });
    },
  };
}
