// Joins chunks that are loaded together. Splitting cuts what is shared into as many chunks as there are
// sets of lazily loaded parts that share it, and reading each of them costs more than running it.
import path from 'node:path';
import { build } from 'esbuild';

/** What chunks begin with: how a CommonJS package inside an ES module asks for Node's own modules. */
export const REQUIRE = 'const require=process.getBuiltinModule;';

/**
 * Joins, in this order: what every command loads into the file that starts; what the first two of the parts
 * share into `core.js`; and for each part what only it and later ones load, with what several parts that it
 * loads one of have in common. What is left stays a file of
 * its own. Each comes with a source map beside it that leads back to `src/`.
 *
 * @param built esbuild's result, not written yet, each chunk with its source map inline
 * @param start path of the file that starts, relative to the root
 * @param parts lazily loaded files, as their chunks' names begin, each with parts whose common files come with it
 */
export async function joinChunks(root, { metafile, outputFiles }, start, parts) {
  const folder = path.dirname(start);
  const outputs = Object.keys(metafile.outputs);
  const chunkOf = (part) =>
    outputs.find((file) => new RegExp(`^${folder}/chunks/${part}-[A-Z\\d]{8}\\.js$`).test(file));
  const loaded = (part) => staticallyLoaded(metafile, chunkOf(part));
  const common = (some) =>
    some.map(loaded).reduce((all, files) => all.filter((file) => files.includes(file)));
  const names = Object.keys(parts);
  const [first, second] = names.map(loaded);
  const groups = [
    { into: start, files: staticallyLoaded(metafile, start) },
    { into: `${folder}/chunks/core.js`, files: first.filter((file) => second.includes(file)) },
    ...names.map((part) => ({
      into: chunkOf(part),
      files: [...loaded(part), ...(parts[part].length === 0 ? [] : common(parts[part]))],
    })),
    ...outputs.map((file) => ({ into: file, files: [file] })),
  ];
  /** By each chunk's path: the file it goes into, what its exports' names begin with there, and its code. */
  const chunks = new Map();
  for (const { into, files } of groups) {
    const left = files.filter((file) => !chunks.has(path.join(root, file)));
    for (const [index, file] of left.entries()) {
      chunks.set(path.join(root, file), {
        into: path.join(root, into),
        prefix: file === into ? '' : `$${index}_`,
        names: metafile.outputs[file].exports,
      });
    }
  }
  for (const { path: file, text } of outputFiles) chunks.get(file).text = text;
  if (outputFiles.every(({ text }) => compiledAtOnce(text) === text))
    throw new Error('esbuild writes CommonJS modules in another way now');
  for (const into of new Set([...chunks.values()].map((chunk) => chunk.into))) {
    await join(into, chunks);
  }
}

async function join(into, chunks) {
  const contents = [...chunks]
    .filter(([, chunk]) => chunk.into === into)
    .map(([file, { names, prefix }]) => {
      const list = names.map((name) => `${name} as ${prefix}${name}`).join(',');
      return `export {${list}} from ${JSON.stringify(file)};`;
    })
    .join('\n');
  await build({
    stdin: { contents, resolveDir: path.dirname(into), loader: 'js' },
    outfile: into,
    // The chunk of the same path is in memory only.
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    sourcemap: 'external',
    legalComments: 'none',
    plugins: [fromChunks(into, chunks)],
    logLevel: 'error',
  });
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

/** Chunks that go into one file are taken in; every other file stays outside. */
function fromChunks(into, chunks) {
  return {
    name: 'from-chunks',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^[./]/ }, ({ path: wanted, resolveDir, kind }) => {
        const file = path.resolve(resolveDir, wanted);
        const chunk = chunks.get(file);
        if (kind === 'dynamic-import' && chunk.into !== file)
          throw new Error(`${file} is loaded lazily, but has been joined`);
        return chunk?.into === into
          ? { path: file }
          : { path: relative(path.dirname(into), file), external: true };
      });
      onLoad({ filter: /.*/ }, ({ path: file }) => ({
        contents: importingFromJoined(
          compiledAtOnce(withoutIdleRequire(chunks.get(file).text)),
          file,
          into,
          chunks,
        ),
      }));
    },
  };
}

/** Imports what was joined elsewhere from there. No line moves, and the imports' lines hold nothing else. */
function importingFromJoined(code, file, into, chunks) {
  const folder = path.dirname(file);
  const elsewhere = (from) => {
    const chunk = chunks.get(path.resolve(folder, from));
    if (chunk === undefined || chunk.into === into) return undefined;
    return { prefix: chunk.prefix, target: JSON.stringify(relative(folder, chunk.into)) };
  };
  return code
    .replace(/^(import|export) \{([^{}]*)\} from "([^"]+)";$/gm, (all, keyword, list, from) => {
      const found = elsewhere(from);
      if (found === undefined) return all;
      const names = list
        .split(',')
        .map((one) =>
          one.replace(
            /(\S+)( as \S+)?/,
            (_, name, as = ` as ${name}`) => `${found.prefix}${name}${as}`,
          ),
        );
      return `${keyword} {${names}} from ${found.target};`;
    })
    .replace(/^import "([^"]+)";$/gm, (all, from) => {
      const found = elsewhere(from);
      return found === undefined ? all : `import ${found.target};`;
    });
}

/**
 * Puts parentheses round functions that are handed to a call at the top of a file, as every CommonJS module
 * is. V8 takes them for called at once: others it reads twice, first to see where they end, then to compile
 * them. No line moves.
 */
function compiledAtOnce(code) {
  return code.replace(
    /^(var [^=\n]+ = \S+\()\(([^()]*)\) => \{\n((?:.*\n)*?)^\}\);$/gm,
    (_, head, list, body) => `${head}(function(${list}) {\n${body}}));`,
  );
}

const relative = (folder, file) => `./${path.relative(folder, file)}`;

/** Most chunks hold ES modules only and never call the `require` that was made for them. */
function withoutIdleRequire(code) {
  // The line stays, for the source map.
  const lean = code.replace(REQUIRE, '');
  return /\brequire\b/.test(lean) ? code : lean;
}
