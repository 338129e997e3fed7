import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importViolations } from '../../scripts/check-imports.mjs';
import { checkRules, MAX_LINES, sourceFiles } from '../../scripts/rules.ts';
import { codeOnly } from '../../scripts/source-text.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A file that breaks one rule, and what the checker must say about it. */
const PLANTED: { path: string; text: string; says: RegExp }[] = [
  { path: 'sim/a.ts', text: 'const x = 1;\nconst y = Math.sin(x);', says: /sim\/a\.ts:2: Math\.sin differs/ },
  { path: 'scenarios/a.ts', text: 'const y = Math.hypot(1, 2);', says: /Math\.hypot differs/ },
  { path: 'sim/tasks/x/a.ts', text: 'const y = Math.random();', says: /Math\.random is not seeded/ },
  { path: 'sim/a.ts', text: `const t = \`at \${Date.now()}\`;`, says: /reads the clock/ },
  { path: 'sim/a.ts', text: 'const t = new Date();', says: /reads the clock/ },
  { path: 'sim/a.ts', text: 'const t = performance.now();', says: /reads the clock/ },
  { path: 'sim/tasks/x/scene.ts', text: 'document.createElement("a");', says: /needs a browser/ },
  { path: 'examples/tasks/x/a.ts', text: 'const y = Math.cos(1);', says: /Math\.cos differs/ },
  { path: 'examples/tasks/x/world.ts', text: 'const t = Date.now();', says: /reads the clock/ },
  { path: 'sim/engine/a.ts', text: 'const w = window.innerWidth;', says: /needs a browser/ },
  { path: 'sim/a.ts', text: 'const e = process.env.X;', says: /needs Node/ },
  { path: 'generator/utils.ts', text: '', says: /is named for nothing/ },
  { path: 'generator/a.py', text: '', says: /Python lives in trainer/ },
  { path: 'generator/a.ts', text: 'x;\n'.repeat(MAX_LINES + 1), says: /has 401 lines, at most 400/ },
];

/** What looks like a violation and is none. */
const INNOCENT: { path: string; text: string }[] = [
  { path: 'sim/a.ts', text: '// Math.sin(x) would differ\n/* Math.random() */ const a = "Date.now()";' },
  { path: 'sim/a.ts', text: `const quote = /['"\`]/; const b = 1 / 2; // Math.sin(1)` },
  { path: 'sim/a.ts', text: `const u = \`\${\`\${{ a: 1 }.a}\`} Math.sin(1)\`.length;` },
  { path: 'sim/tasks/x/brick-mesh.ts', text: 'const y = Math.sin(1);' },
  { path: 'runtime/a.ts', text: 'performance.now();' },
  { path: 'render/page/a.ts', text: `document.title = '';` },
  { path: 'trainer/train.py', text: 'x = 1\n' },
  { path: 'generator/a.ts', text: 'x;\n'.repeat(MAX_LINES) },
];

describe('the rules of the code', () => {
  test('hold in this checkout', () => {
    const files = sourceFiles(ROOT);
    expect(files.length).toBeGreaterThan(20);
    expect(checkRules(files)).toEqual([]);
  });

  test.each(PLANTED)('are broken by $path: $text', ({ path, text, says }) => {
    const faults = checkRules([{ path, text }]);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(says);
  });

  test.each(INNOCENT)('are kept by $path: $text', (file) => {
    expect(checkRules([file])).toEqual([]);
  });

  test('are checked on code without comments and strings, every line where it was', () => {
    const source = ["a('x'); // y", '/* z', " */ b('q' + c); /['\"]/.test(d)"].join('\n');
    expect(codeOnly(source).split('\n')).toEqual(['a(   );     ', '    ', '    b(    + c);       .test(d)']);
  });
});

/** Files that together break each rule of .dependency-cruiser.mjs once, and what is said of them. */
const IMPORTS: Record<string, string> = {
  'sim/errors.ts': 'export const e = 1;',
  'sim/engine/up.ts': `import { a } from '../tasks/x/a.ts';\nexport const up = a;`,
  'sim/engine/node.ts': `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;`,
  'sim/robots/one/a.ts': `import type { B } from '../two/b.ts';\nexport type A = B;`,
  'sim/robots/two/b.ts': 'export type B = number;',
  'sim/tasks/x/a.ts': `import { e } from '../../errors.ts';\nexport const a = e;`,
  'sim/tasks/y/b.ts': `import { a } from '../x/a.ts';\nexport const b = a;`,
  'examples/tasks/z/c.ts': `import { a } from '../../../sim/tasks/x/a.ts';\nexport const c = a;`,
  'examples/tasks/z/node.ts': `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;`,
  'runtime/a.ts': `import type { U } from '../dataset/c.ts';\nexport type R = U;`,
  'dataset/c.ts': `import type { D } from './d.ts';\nexport type U = D;\nexport type C = 1;`,
  'dataset/d.ts': `import type { C } from './c.ts';\nexport type D = C;`,
  'generator/a.ts': `export const late = () => import('../evaluator/b.ts');`,
  'evaluator/b.ts': `import type { T } from '../test/t.ts';\nexport type B = T;`,
  'test/t.ts': 'export type T = 1;',
};

describe('the imports between modules', () => {
  const folder = mkdtempSync(join(tmpdir(), 'brickyard-imports-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('keep to the rules in this checkout, types and all', async () => {
    expect(await importViolations(ROOT)).toEqual([]);
  });

  test('are found where they break one', async () => {
    for (const [path, text] of Object.entries(IMPORTS)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    expect((await importViolations(folder)).sort()).toEqual([
      'generator-imports: generator/a.ts -> evaluator/b.ts',
      'no-cycles: dataset/c.ts -> dataset/d.ts -> dataset/c.ts',
      'nothing-imports-scripts-or-tests: evaluator/b.ts -> test/t.ts',
      'pure-simulator: examples/tasks/z/node.ts -> fs',
      'pure-simulator: sim/engine/node.ts -> fs',
      'robots-apart: sim/robots/one/a.ts -> sim/robots/two/b.ts',
      'runtime-imports: runtime/a.ts -> dataset/c.ts',
      'sim/engine-imports: sim/engine/up.ts -> sim/tasks/x/a.ts',
      'tasks-apart: examples/tasks/z/c.ts -> sim/tasks/x/a.ts',
      'tasks-apart: sim/tasks/y/b.ts -> sim/tasks/x/a.ts',
    ]);
  });
});
