/**
 * Which module may import which, type imports included: docs/architecture.md as data. `npm run check` holds the checkout
 * to it. A module is a folder; inside `sim/`, the engine, each robot and each task are modules of their own.
 */

/**
 * What each module may import besides itself. The pure simulator imports no other module.
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {
  'sim/errors.ts': [],
  'sim/engine': ['sim/errors.ts'],
  'sim/robots': ['sim/errors.ts', 'sim/engine'],
  'sim/tasks': ['sim/errors.ts', 'sim/engine', 'sim/robots'],
  runtime: ['sim/errors.ts'],
  scenarios: ['sim', 'runtime'],
  render: ['sim', 'runtime'],
  dataset: ['render', 'sim', 'runtime'],
  policy: ['dataset', 'render', 'sim', 'runtime'],
  rollouts: ['policy', 'dataset', 'render', 'scenarios', 'sim', 'runtime'],
  generator: ['rollouts', 'policy', 'dataset', 'render', 'scenarios', 'sim', 'runtime'],
  evaluator: ['rollouts', 'policy', 'dataset', 'render', 'scenarios', 'sim', 'runtime'],
  trainer: ['policy', 'dataset', 'scenarios', 'sim', 'runtime'],
  loop: ['trainer', 'evaluator', 'generator', 'rollouts', 'policy', 'dataset', 'scenarios', 'sim', 'runtime'],
  // What users write: tasks and robots of their own, which see the simulator alone.
  examples: ['sim'],
  'cli.ts': ['loop', 'trainer', 'evaluator', 'generator', 'dataset', 'scenarios', 'sim', 'runtime'],
};

/** The only places that may import a library at run time. */
const LIBRARY_HOMES = {
  three: ['sim/engine/scene/', 'sim/robots/', 'sim/tasks/', 'examples/tasks/', 'render/page/'],
  puppeteer: ['render/'],
  hyparquet: ['dataset/'],
  'hyparquet-writer': ['dataset/'],
  h5wasm: ['dataset/'],
  // The one file that talks to it, so that it can be replaced (CONTRIBUTING.md).
  'fluent-ffmpeg': ['dataset/ffmpeg.ts'],
  // The file that turns its telemetry off first.
  'onnxruntime-node': ['policy/onnxruntime.ts'],
  piscina: ['runtime/worker-pool.ts'],
};

export const MODULES = Object.keys(MAY_IMPORT);
/** @param {string} name */
const pattern = (name) => (name.endsWith('.ts') ? `^${name.replace('.', '\\.')}$` : `^${name}/`);

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const modules = MODULES.map((name) => {
  const allowed = [name, ...MAY_IMPORT[name]];
  return {
    name: `${name}-imports`,
    comment: `${name} may import ${MAY_IMPORT[name].join(', ') || 'nothing else'}`,
    severity: 'error',
    from: { path: pattern(name) },
    to: { path: MODULES.map(pattern), pathNot: allowed.map(pattern) },
  };
});

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const libraries = Object.entries(LIBRARY_HOMES).map(([library, homes]) => ({
  name: `${library}-home`,
  comment: `only ${homes.join(', ')} may import ${library}`,
  severity: 'error',
  from: { path: MODULES.map(pattern), pathNot: homes.map((home) => `^${home.replace('.', '\\.')}`) },
  to: { path: `node_modules/${library}/`, dependencyTypesNot: ['type-only'] },
}));

/** @type {import('dependency-cruiser').IConfiguration & { forbidden: import('dependency-cruiser').IForbiddenRuleType[] }} */
export default {
  forbidden: [
    ...modules,
    ...libraries,
    {
      name: 'no-cycles',
      comment: 'files that import each other, types included, cannot be understood apart',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'robots-apart',
      comment: 'a robot knows no other robot',
      severity: 'error',
      from: { path: '^sim/robots/([^/]+)/' },
      to: { path: '^sim/robots/', pathNot: '^sim/robots/$1/' },
    },
    {
      name: 'tasks-apart',
      comment: 'a task knows no other task',
      severity: 'error',
      from: { path: '^(?:sim|examples)/tasks/([^/]+)/' },
      to: { path: '^(?:sim|examples)/tasks/[^/]+/', pathNot: '^(?:sim|examples)/tasks/$1/' },
    },
    {
      name: 'entries-are-started',
      comment: 'the file of a process does its work as soon as it is loaded',
      severity: 'error',
      from: { path: MODULES.map(pattern) },
      to: { path: '-entry\\.ts$' },
    },
    {
      name: 'pure-simulator',
      comment: 'simulator and tasks run in a browser too: no Node modules',
      severity: 'error',
      from: { path: '^(sim|examples/tasks)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-scripts-or-tests',
      severity: 'error',
      from: { pathNot: '^(scripts|test)/' },
      to: { path: '^(scripts|test)/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'] },
  },
};
