// Bundles src/ into dist/: one file to start, one chunk for each lazily loaded part.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { embedProtos } from './embed-protos.mjs';
import './generate.mjs';
import { joinChunks, REQUIRE } from './join-chunks.mjs';
import { withoutGenerators } from './plain-yaml.mjs';
import { root } from './root.mjs';
import { thirdPartyLicences } from './third-party.mjs';

// What is packed is as everybody may read it, whoever builds it.
process.umask(0o022);

/** yargs' layout wants only widths; this package gives them without building a text segmenter. */
const fastWidths = {
  name: 'fast-widths',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^string-width$/ }, ({ kind, resolveDir }) =>
      // CommonJS importers expect a function where this package has a module.
      kind === 'import-statement' ? resolve('fast-string-width', { kind, resolveDir }) : undefined,
    );
  },
};

/** What is called of undici, which otherwise loads fetch, caches, mocks and WebSockets as well. */
const requestsOnly = {
  name: 'requests-only',
  setup({ onResolve, onLoad }) {
    const folder = path.join(root, 'node_modules/undici');
    const contents = `
      // ProxyAgent opens its tunnels with the method connect, which undici's index gives dispatchers.
      Object.assign(require('./lib/dispatcher/dispatcher').prototype, require('./lib/api'));
      exports.Agent = require('./lib/dispatcher/agent');
      exports.ProxyAgent = require('./lib/dispatcher/proxy-agent');
      exports.buildConnector = require('./lib/core/connect');
      exports.request = (url, { dispatcher, ...options }) => {
        const { origin, pathname, search } = new URL(url);
        return dispatcher.request({ method: 'GET', ...options, origin, path: pathname + search });
      };`;
    onResolve({ filter: /^undici$/ }, ({ importer }) =>
      importer.includes('/src/') ? { path: 'undici', namespace: 'requests-only' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'requests-only' }, () => ({ contents, resolveDir: folder }));
  },
};

/**
 * grpc-js is a server too, balances load over many servers and keeps statistics for who asks it over the
 * network, and etcd3 has locks, elections and transactions with retries, of which nothing is asked here.
 */
const clientOnly = {
  name: 'client-only',
  setup({ onResolve, onLoad }) {
    const unused = {
      '@grpc/grpc-js':
        /^(\.\/(server|server-credentials|server-interceptors|orca|admin|channelz|load-balancer-(outlier-detection|round-robin|weighted-round-robin))|@grpc\/proto-loader|zlib)$/,
      etcd3: /^(\.\/(election|lock|stm)|bignumber\.js)$/,
    };
    for (const [name, filter] of Object.entries(unused)) {
      onResolve({ filter }, ({ path: wanted, importer }) =>
        importer.includes(`/node_modules/${name}/`)
          ? { path: wanted, namespace: 'client-only' }
          : undefined,
      );
    }
    const contents = {
      './channelz': `
        class Tracker {}
        for (const method of ['addTrace', 'refChild', 'unrefChild', 'addCallStarted', 'addCallSucceeded', 'addCallFailed'])
          Tracker.prototype[method] = () => {};
        for (const name of ['Trace', 'CallTracker', 'ChildrenTracker'])
          exports['Channelz' + name] = exports['Channelz' + name + 'Stub'] = Tracker;
        for (const kind of ['Channel', 'Subchannel', 'Socket'])
          exports['registerChannelz' + kind] = (name) => ({ kind, id: 0, name });
        exports.unregisterChannelzRef = exports.setup = () => {};`,
      // Loaded when etcd compresses what it sends.
      zlib: `
        for (const name of ['deflate', 'gzip', 'createInflate', 'createGunzip'])
          exports[name] = (...args) => process.getBuiltinModule('zlib')[name](...args);`,
    };
    onLoad({ filter: /.*/, namespace: 'client-only' }, ({ path: name }) => ({
      contents: contents[name] ?? 'exports.setup = () => {};',
    }));
  },
};

/**
 * grpc-js asks of every address whether it is one of IPv6, and Node then compiles a pattern that takes
 * longer than all else in dialling. An address without a colon is none.
 */
const quickAddresses = {
  name: 'quick-addresses',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^net$/ }, ({ importer }) =>
      /grpc-js\/build\/src\/(subchannel-address|load-balancer-pick-first)\.js$/.test(importer)
        ? { path: 'net', namespace: 'quick-addresses' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'quick-addresses' }, () => ({
      contents: `
        const net = process.getBuiltinModule('net');
        exports.isIP = net.isIP;
        exports.isIPv4 = net.isIPv4;
        exports.isIPv6 = (address) => address.includes(':') && net.isIPv6(address);`,
    }));
  },
};

/** What yargs loads for what is never asked of it here: each start would pay for it. */
const leanYargs = {
  name: 'lean-yargs',
  setup({ onResolve, onLoad }) {
    const contents = {
      // It looks for the package.json of whoever calls it in every folder up from the working directory.
      'escalade/sync': 'export default () => { throw null; };',
      // It compares the names of its own methods' arguments.
      assert:
        'const equal = () => undefined; export { equal as strictEqual, equal as notStrictEqual };',
      // It loads what a config file names.
      'node:module': 'export const createRequire = () => undefined;',
    };
    onResolve({ filter: /^(escalade\/sync|assert|node:module)$/ }, ({ path: name, importer }) =>
      /\/yargs\/lib\/platform-shims\/|\/yargs-parser\//.test(importer)
        ? { path: name, namespace: 'lean' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'lean' }, ({ path: name }) => ({ contents: contents[name] }));
  },
};

/** chalk is told how many colours there are, and need not find out. */
const toldColours = {
  name: 'told-colours',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#supports-color$/ }, () => ({ path: 'none', namespace: 'colours' }));
    onLoad({ filter: /.*/, namespace: 'colours' }, () => ({ contents: 'export default {};' }));
  },
};

/**
 * An `import` of these two reads every property that they have, which opens standard input and loads what
 * nobody asked for; the module itself does not.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const contents = {
      process: 'export default globalThis.process;',
      util: "export const { format, inspect } = process.getBuiltinModule('util');",
    };
    onResolve({ filter: /^node:process$|^util$/ }, ({ path: name, kind }) =>
      kind === 'import-statement'
        ? { path: name.replace('node:', ''), namespace: 'lazy' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path: name }) => ({ contents: contents[name] }));
  },
};

/** Reads YAML in two thirds of the time (scripts/plain-yaml.mjs). */
const plainYaml = {
  name: 'plain-yaml',
  setup({ onLoad }) {
    onLoad({ filter: /\/yaml\/browser\/dist\/parse\/(lexer|parser)\.js$/ }, ({ path: file }) => ({
      contents: withoutGenerators(readFileSync(file, 'utf8')),
    }));
  },
};

/** Only kubeconfigs are read with this package; it does not say that its API's models may stay out. */
const withoutModels = {
  name: 'without-models',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^@kubernetes\/client-node$|^\./ }, async (asked) => {
      if (asked.pluginData === withoutModels) return undefined;
      if (asked.path[0] === '.' && !/@kubernetes\/client-node\/dist/.test(asked.importer))
        return undefined;
      const { kind, resolveDir, importer } = asked;
      const found = await resolve(asked.path, {
        kind,
        resolveDir,
        importer,
        pluginData: withoutModels,
      });
      return { ...found, sideEffects: false };
    });
  },
};

// The executable stays what it is until it is made anew (scripts/package.mjs).
for (const name of ['chunks', 'start.js', 'start.js.map']) {
  rmSync(path.join(root, 'dist', name), { recursive: true, force: true });
}
const built = await build({
  absWorkingDir: root,
  entryPoints: ['src/start.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  mainFields: ['module', 'main'],
  // Whitespace goes when chunks are joined: until then an import has its lines for itself.
  minifySyntax: true,
  minifyIdentifiers: true,
  // What is joined below takes its own source map from it.
  sourcemap: 'inline',
  write: false,
  metafile: true,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  plugins: [
    embedProtos,
    fastWidths,
    clientOnly,
    quickAddresses,
    requestsOnly,
    leanYargs,
    toldColours,
    plainYaml,
    lazyBuiltins,
    withoutModels,
  ],
  inject: ['scripts/commonjs-names.mjs'],
  // The same as ES modules, which are joined without a wrapper round each file.
  alias: { yaml: path.join(root, 'node_modules/yaml/browser/dist/index.js') },
  // CommonJS packages inside an ES module still ask for Node's own modules as CommonJS does.
  banner: { js: REQUIRE },
  logLevel: 'warning',
});
// These are asked for where it does not matter whether they are there.
const dispensable = ['encoding', 'node:sqlite'];
for (const { imports } of Object.values(built.metafile.outputs)) {
  const lacking = imports.find(
    ({ path: name, external }) => external && !isBuiltin(name) && !dispensable.includes(name),
  );
  if (lacking) throw new Error(`${lacking.path} is neither bundled nor Node's own`);
}
const parts = {
  validate: [],
  'on-etcd': ['v2', 'v3'],
  'on-copies': [],
  'on-nodes': [],
  'on-bigip': [],
  'on-doctor': [],
  v3: [],
};
await joinChunks(root, built, 'dist/start.js', parts);

// What went into the bundle, of which `npm run sbom` makes a bill of materials. What this script put in
// the place of a module is in a namespace and belongs to no package.
for (const { inputs } of Object.values(built.metafile.outputs)) {
  for (const input of Object.keys(inputs)) {
    if (/^[a-z-]+:/.test(input)) delete inputs[input];
  }
}
// Some of its paths are absolute.
const inClone = (_, value) => (typeof value === 'string' ? value.replace(root, '') : value);
writeFileSync(path.join(root, 'dist/meta.json'), JSON.stringify(built.metafile, inClone));
writeFileSync(path.join(root, 'dist/THIRD-PARTY-LICENSES.txt'), thirdPartyLicences(built.metafile));
