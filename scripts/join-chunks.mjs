// Joins chunks that are loaded together. Splitting cuts what is shared into as many chunks as there are
// sets of lazily loaded parts that share it, and reading each of them costs more than running it.
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
 * Joins, in this order: what every command loads into the file that starts; what the first two of the parts
 * share into `core.js`; and for each part what only it and later ones load.
 *
 * @param metafile of the build that made the chunks
 * @param start path of the file that starts, relative to the root
 * @param parts names of lazily loaded files, as their chunks' names begin
 */
export async function joinChunks(root, metafile, start, parts) {
  const folder = path.dirname(start);
  const outputs = Object.keys(metafile.outputs).filter((file) => file.endsWith('.js'));
  const chunkOf = (part) => outputs.find((file) => file.startsWith(`${folder}/chunks/${part}-`));
  const loadedBy = parts.map((part) => staticallyLoaded(metafile, chunkOf(part)));
  const [first, second] = loadedBy;
  const groups = [
    { into: start, files: staticallyLoaded(metafile, start) },
    { into: `${folder}/chunks/core.js`, files: first.filter((file) => second.includes(file)) },
    ...parts.map((part, index) => ({ into: chunkOf(part), files: loadedBy[index] })),
  ];
  const joined = new Set();
  for (const { into, files } of groups) {
    const left = files.filter((file) => !joined.has(file));
    for (const file of left) joined.add(file);
    const others = outputs.filter((file) => !joined.has(file));
    await join(root, into, left, others);
  }
}

/** Joins files into one, whose own exports it keeps, and makes the others import from there. */
async function join(root, into, files, others) {
  const members = files
    .filter((file) => file !== into)
    .map((file, index) => ({
      file: path.join(root, file),
      prefix: `$${index}_`,
      names: exportsOf(readFileSync(path.join(root, file), 'utf8')),
    }));
  const target = path.join(root, into);
  const contents = [
    ...(files.includes(into) ? [`export * from ${JSON.stringify(target)};`] : []),
    ...members.map(({ file, names, prefix }) => {
      const list = names.map((name) => `${name} as ${prefix}${name}`).join(',');
      return `export {${list}} from ${JSON.stringify(file)};`;
    }),
  ].join('\n');
  const folder = path.dirname(target);
  const inside = new Set(files.map((file) => path.join(root, file)));
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    legalComments: 'none',
    plugins: [keepOthersOutside(folder, inside), withoutIdleRequire],
    logLevel: 'warning',
  });
  const prefixOf = new Map(members.map(({ file, prefix }) => [file, prefix]));
  for (const other of others) {
    const file = path.join(root, other);
    writeFileSync(file, importingFrom(target, file, prefixOf));
  }
  for (const { file } of members) rmSync(file);
  writeFileSync(target, outputFiles[0].contents);
}

/** A chunk that imports what was joined from the file that it was joined into. */
function importingFrom(into, file, prefixOf) {
  const folder = path.dirname(file);
  const joined = (from) => prefixOf.get(path.resolve(folder, from));
  const target = JSON.stringify(path.relative(folder, into).replace(/^(?=[^.])/, './'));
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
    .replace(/import"([^"]+)";/g, (all, from) =>
      joined(from) === undefined ? all : `import${target};`,
    );
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

/** Most chunks hold ES modules only and never call the `require` that was made for them. */
const withoutIdleRequire = {
  name: 'without-idle-require',
  setup({ onLoad }) {
    const banner =
      /import\{createRequire as __createRequire\}from'node:module';const require=[^;]+;/;
    onLoad({ filter: /\.js$/ }, ({ path: file }) => {
      const contents = readFileSync(file, 'utf8');
      const lean = contents.replace(banner, '');
      return { contents: /\brequire\b/.test(lean) ? contents : lean };
    });
  },
};

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
