// Who may import whom: arrows point down only (docs/architecture.md).
const above = (from, ...to) => ({
  name: `${from}-stays-in-its-layer`,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: `^src/(${to.join('|')})` },
});

const ADAPTERS = ['bigip', 'etcd', 'kubernetes', 'linux', 'files'];
const TOP = ['session/', 'commands/', 'cli', 'start', 'world'];
const folders = (names) => names.map((name) => `${name}/`);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'model-is-pure',
      comment: 'the model knows nothing of the project and does no I/O',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { path: '^src/(?!model/)|^node:', pathNot: [] },
    },
    {
      name: 'model-has-no-builtins',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { dependencyTypes: ['core'] },
    },
    // Adapters never import each other.
    ...ADAPTERS.map((one) =>
      above(one, ...folders(ADAPTERS.filter((other) => other !== one)), 'output/', ...TOP),
    ),
    above('output', ...folders(ADAPTERS), ...TOP),
    above('session', 'commands/', 'cli', 'start'),
    above('commands', 'cli', 'start'),
    {
      name: 'commands-do-not-import-commands',
      severity: 'error',
      from: {
        path: '^src/commands/(?!index|on-etcd|on-copies|on-nodes|on-bigip|on-doctor|bigip-specs|doctor-specs)',
      },
      to: { path: '^src/commands/' },
    },
    {
      name: 'only-output-knows-colour',
      severity: 'error',
      from: { path: '^src/(?!output/)' },
      to: { path: 'node_modules/chalk/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
