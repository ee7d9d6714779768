// Who may import whom: arrows point down only (docs/architecture.md).
const above = (from, ...to) => ({
  name: `${from}-stays-in-its-layer`,
  severity: 'error',
  from: { path: `^src/${from}/` },
  to: { path: `^src/(${to.join('|')})` },
});

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
    above('etcd', 'kubernetes/', 'files/', 'output/', 'session/', 'commands/', 'cli', 'start', 'world'),
    above('kubernetes', 'etcd/', 'files/', 'output/', 'session/', 'commands/', 'cli', 'start', 'world'),
    above('linux', 'etcd/', 'kubernetes/', 'files/', 'output/', 'session/', 'commands/', 'cli', 'start', 'world'),
    above('files', 'kubernetes/', 'etcd/', 'output/', 'session/', 'commands/', 'cli', 'start', 'world'),
    above('output', 'kubernetes/', 'etcd/', 'files/', 'session/', 'commands/', 'cli', 'start', 'world'),
    above('session', 'commands/', 'cli', 'start'),
    above('commands', 'cli', 'start'),
    {
      name: 'commands-do-not-import-commands',
      severity: 'error',
      from: { path: '^src/commands/(?!index)' },
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
