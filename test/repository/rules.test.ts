import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { checkRules, MAX_LINES, sourceFiles } from '../../scripts/rules.ts';
import { codeOnly, importsOf } from '../../scripts/source-text.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A file that breaks one rule, and what the checker must say about it. */
const PLANTED: { path: string; text: string; says: RegExp }[] = [
  {
    path: 'sim/a.ts',
    text: `import { x } from '../scenarios/b.ts';`,
    says: /may not import scenarios\/b\.ts/,
  },
  { path: 'sim/a.ts', text: `export * from './host/b.ts';`, says: /may not import sim\/host\/b\.ts/ },
  { path: 'sim/a.ts', text: `import { x } from './scene/b.ts';`, says: /may not import sim\/scene\/b\.ts/ },
  {
    path: 'sim/page/a.ts',
    text: `import { x } from '../host/b.ts';`,
    says: /may not import sim\/host\/b\.ts/,
  },
  { path: 'sim/a.ts', text: `import type { X } from '../generator/b.ts';`, says: /may not import generator/ },
  {
    path: 'scenarios/a.ts',
    text: `const b = await import('../generator/b.ts');`,
    says: /may not import generator/,
  },
  {
    path: 'generator/a.ts',
    text: `import {\n  x,\n  y,\n} from '../evaluator/report.ts';`,
    says: /evaluator\/report/,
  },
  { path: 'evaluator/a.ts', text: `import { x } from '../generator/plan.ts';`, says: /generator\/plan\.ts/ },
  { path: 'generator/a.ts', text: `import { x } from '../loop/b.ts';`, says: /may not import loop/ },
  { path: 'generator/a.ts', text: `import { x } from '../cli.ts';`, says: /may not import cli\.ts/ },
  {
    path: 'generator/a.ts',
    text: `new URL('../scripts/w.ts', import.meta.url);`,
    says: /may not import scripts/,
  },
  { path: 'sim/a.ts', text: `import { readFileSync } from 'node:fs';`, says: /may not import node:fs/ },
  { path: 'sim/scene/a.ts', text: `import 'fs';`, says: /may not import fs/ },
  { path: 'generator/a.ts', text: `import * as THREE from 'three';`, says: /may not import three/ },
  {
    path: 'generator/a.ts',
    text: `import { parquetRead } from 'hyparquet';`,
    says: /may not import hyparquet/,
  },
  { path: 'sim/a.ts', text: 'const x = 1;\nconst y = Math.sin(x);', says: /sim\/a\.ts:2: Math\.sin differs/ },
  { path: 'scenarios/a.ts', text: 'const y = Math.hypot(1, 2);', says: /Math\.hypot differs/ },
  { path: 'sim/expert/a.ts', text: 'const y = Math.random();', says: /Math\.random is not seeded/ },
  { path: 'sim/a.ts', text: `const t = \`at \${Date.now()}\`;`, says: /reads the clock/ },
  { path: 'sim/a.ts', text: 'const t = new Date();', says: /reads the clock/ },
  { path: 'sim/a.ts', text: 'const t = performance.now();', says: /reads the clock/ },
  { path: 'sim/scene/a.ts', text: 'document.createElement("a");', says: /needs a browser/ },
  { path: 'sim/scene/a.ts', text: 'const w = window.innerWidth;', says: /needs a browser/ },
  { path: 'sim/a.ts', text: 'const e = process.env.X;', says: /needs Node/ },
  { path: 'generator/utils.ts', text: '', says: /is named for nothing/ },
  { path: 'generator/a.py', text: '', says: /Python lives in trainer/ },
  { path: 'generator/a.ts', text: 'x;\n'.repeat(MAX_LINES + 1), says: /has 401 lines, at most 400/ },
];

/** What looks like a violation and is none. */
const INNOCENT: { path: string; text: string }[] = [
  { path: 'sim/a.ts', text: '// Math.sin(x) would differ\n/* Math.random() */ const a = "Date.now()";' },
  { path: 'sim/a.ts', text: `const quote = /['"\`]/; const b = 1 / 2; // import x from '../cli.ts'` },
  { path: 'sim/a.ts', text: `const u = \`\${\`\${{ a: 1 }.a}\`} Math.sin(1) import("../cli.ts")\`.length;` },
  { path: 'sim/host/a.ts', text: `import { readFileSync } from 'node:fs'; performance.now();` },
  { path: 'sim/page/a.ts', text: `import { x } from '../scene/b.ts'; document.title = '';` },
  {
    path: 'generator/a.ts',
    text: `import { x } from '../evaluator/policy.ts'; import { y } from '../sim/host/b.ts';`,
  },
  { path: 'evaluator/a.ts', text: `import { x } from '../generator/dataset/b.ts';` },
  { path: 'trainer/train.py', text: 'x = 1\n' },
  { path: 'generator/a.ts', text: 'x;\n'.repeat(MAX_LINES) },
];

describe('the rules between the rooms', () => {
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

  test('allow fluent-ffmpeg in one file only', () => {
    const text = `import ffmpeg from 'fluent-ffmpeg';`;
    const one = { path: 'generator/dataset/a.ts', text };
    expect(checkRules([one])).toEqual([]);
    expect(checkRules([one, { path: 'generator/b.ts', text }])).toEqual([
      'fluent-ffmpeg is imported by generator/dataset/a.ts and generator/b.ts; one file only',
    ]);
  });

  test('name an import cycle once, and none made of types', () => {
    const a = { path: 'sim/a.ts', text: `import { b } from './b.ts';` };
    const c = { path: 'sim/c.ts', text: `import { a } from './a.ts';` };
    const b = { path: 'sim/b.ts', text: `import { c } from './c.ts';` };
    expect(checkRules([a, b, c])).toEqual(['import cycle: sim/a.ts -> sim/b.ts -> sim/c.ts -> sim/a.ts']);
    expect(checkRules([a, { ...b, text: `import type { C } from './c.ts';` }, c])).toEqual([]);
  });
});

describe('reading the source', () => {
  test('finds in every file the imports that esbuild finds', () => {
    const others = sourceFiles(ROOT).filter(
      ({ path }) => path.endsWith('.ts') && !path.startsWith('test/repository'),
    );
    for (const { path, text } of others) {
      const options = {
        loader: 'ts',
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      } as const;
      const { code } = transformSync(text, options);
      const statements = code.matchAll(/^(?:import|export)\b(?:[^'"();=]*?\sfrom)?\s*["']([^'"\n]+)["'];$/gm);
      const expected = [...statements].map((match) => match[1]);
      expect(
        importsOf(text).map(({ from }) => from),
        path,
      ).toEqual(expect.arrayContaining(expected));
    }
  });

  test('blanks comments and strings and keeps every line where it was', () => {
    const source = ["a('x'); // y", '/* z', " */ b('q' + c); /['\"]/.test(d)"].join('\n');
    expect(codeOnly(source).split('\n')).toEqual(['a(   );     ', '    ', '    b(    + c);       .test(d)']);
  });
});
