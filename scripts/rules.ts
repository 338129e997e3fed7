/**
 * The rules between the rooms (docs/architecture.md), checked on the source text: who may import whom, where a
 * library may appear, what pure code may not touch. `node scripts/rules.ts` checks this checkout.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { codeOnly, importsOf } from './source-text.ts';

export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  path: string;
  text: string;
}

/** A room is the longest prefix here that a path begins with; its value lists what it may import from. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'sim/': ['sim/'],
  'sim/scene/': ['sim/', 'sim/scene/'],
  'sim/page/': ['sim/', 'sim/scene/', 'sim/page/'],
  'sim/host/': ['sim/', 'sim/scene/', 'sim/page/', 'sim/host/', 'runtime/'],
  // Below every other room but the pure simulator, of which it uses the error types alone.
  'runtime/': ['runtime/', 'sim/errors.ts'],
  'scenarios/': ['scenarios/', 'sim/', 'runtime/'],
  'generator/': [
    'generator/',
    'scenarios/',
    'sim/',
    'runtime/',
    'evaluator/policy',
    // What a student is and what a rollout leaves behind, for episodes that a policy drives or that its failures aim.
    'evaluator/results.ts',
    'evaluator/rollout/subject.ts',
    'evaluator/rollout/preflight.ts',
    'evaluator/rollout/results-file.ts',
    'evaluator/rollout/trajectory-file.ts',
  ],
  'evaluator/': ['evaluator/', 'scenarios/', 'sim/', 'runtime/', 'generator/dataset/'],
  'trainer/': ['trainer/', 'scenarios/', 'sim/', 'runtime/', 'generator/dataset/', 'evaluator/policy/'],
  'loop/': ['loop/', 'generator/', 'evaluator/', 'trainer/', 'scenarios/', 'sim/', 'runtime/'],
  'cli.ts': ['loop/', 'generator/', 'evaluator/', 'trainer/', 'scenarios/', 'sim/', 'runtime/'],
};

/** Below these `sim/` alone means the pure core, which is what the entries of MAY_IMPORT mean by it, too. */
const SUBROOMS_OF_SIM = ['sim/scene/', 'sim/page/', 'sim/host/'];
/** Rooms with these prefixes may use the Node side of the simulator. */
const USES_HOST = ['scenarios/', 'generator/', 'evaluator/', 'trainer/', 'loop/', 'cli.ts'];

/** The only places that may import a library. */
const LIBRARY_HOMES: Record<string, readonly string[]> = {
  three: ['sim/scene/', 'sim/page/'],
  puppeteer: ['sim/host/'],
  hyparquet: ['generator/dataset/'],
  'hyparquet-writer': ['generator/dataset/'],
  // Elsewhere its telemetry would be on.
  'onnxruntime-node': ['evaluator/policy/onnxruntime.ts'],
};

const INEXACT =
  /\bMath\.(sin|cos|tan|asin|acos|atan|atan2|pow|exp|log|log2|log10|hypot|cbrt|sinh|cosh|tanh)\b/;
const CLOCK = /\b(Date\s*[.(]|performance\s*\.|process\s*\.\s*hrtime)/;

/** What code under a prefix may not contain. */
const FORBIDDEN: readonly {
  under: readonly string[];
  except: readonly string[];
  pattern: RegExp;
  why: string;
}[] = [
  {
    under: ['sim/', 'scenarios/'],
    except: ['sim/host/', 'sim/page/', 'sim/scene/'],
    pattern: INEXACT,
    why: 'differs between engines; use sim/math.ts',
  },
  {
    under: ['sim/', 'scenarios/'],
    except: ['sim/host/'],
    pattern: /\bMath\.random\b|\bcrypto\s*\.\s*(getRandomValues|randomUUID)/,
    why: 'is not seeded; use sim/rng.ts',
  },
  {
    under: ['sim/'],
    except: ['sim/host/', 'sim/page/'],
    pattern: CLOCK,
    why: 'reads the clock, which the world does not know',
  },
  {
    under: ['sim/'],
    except: ['sim/host/', 'sim/page/'],
    pattern: /\b(document|window)\s*[.[]/,
    why: 'needs a browser; only sim/page runs in one',
  },
  {
    under: ['sim/'],
    except: ['sim/host/'],
    pattern: /\b(process|Buffer)\s*\./,
    why: 'needs Node; only sim/host runs in it alone',
  },
];

export const MAX_LINES = 400;
const CODE = /\.(ts|mjs|py)$/;

/** All violations, each a line that names the file, what it does and why not. */
export function checkRules(files: readonly SourceFile[]): string[] {
  return [
    ...files.flatMap(checkFile),
    ...checkOneHome(files, 'fluent-ffmpeg'),
    ...checkCycles(files.filter(({ path }) => path.endsWith('.ts'))),
  ];
}

function checkFile(file: SourceFile): string[] {
  const faults: string[] = [];
  const { path, text } = file;
  const lines = text.split('\n').length - 1;
  if (CODE.test(path) && lines > MAX_LINES) faults.push(`${path}: has ${lines} lines, at most ${MAX_LINES}`);
  if (/(^|\/)(utils?|helpers?|misc|common)\.(ts|mjs|py)$/.test(path))
    faults.push(`${path}: is named for nothing; name it for its job`);
  if (path.endsWith('.py') && !path.startsWith('trainer/') && !path.startsWith('scripts/peers/'))
    faults.push(`${path}: Python lives in trainer/ only`);
  if (path.endsWith('.ts')) faults.push(...checkImports(file), ...checkForbidden(file));
  return faults;
}

function checkImports({ path, text }: SourceFile): string[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  const faults: string[] = [];
  for (const { from, typeOnly } of importsOf(text)) {
    if (from.startsWith('.')) {
      const target = posix.join(posix.dirname(path), from);
      if (!mayImport(room, target)) faults.push(`${path}: may not import ${target}`);
    } else if (isNodeModule(from)) {
      if (room.startsWith('sim/') && room !== 'sim/host/') faults.push(`${path}: may not import ${from}`);
    } else {
      const name = packageName(from);
      const homes = LIBRARY_HOMES[name];
      if (homes && !typeOnly && !homes.some((home) => path.startsWith(home)))
        faults.push(`${path}: may not import ${name}, which only ${homes.join(', ')} may`);
    }
  }
  return faults;
}

function checkForbidden({ path, text }: SourceFile): string[] {
  const code = codeOnly(text);
  return FORBIDDEN.flatMap(({ under, except, pattern, why }) => {
    if (!under.some((prefix) => path.startsWith(prefix))) return [];
    if (except.some((prefix) => path.startsWith(prefix))) return [];
    const found = pattern.exec(code);
    if (!found) return [];
    const line = code.slice(0, found.index).split('\n').length;
    return [`${path}:${line}: ${found[0].trim()} ${why}`];
  });
}

function checkOneHome(files: readonly SourceFile[], library: string): string[] {
  const users = files.filter(
    ({ path, text }) =>
      path.endsWith('.ts') && importsOf(text).some(({ from }) => packageName(from) === library),
  );
  if (users.length <= 1) return [];
  return [`${library} is imported by ${users.map(({ path }) => path).join(' and ')}; one file only`];
}

/** Import cycles between files, each named once, by its members. Types alone make no cycle. */
function checkCycles(files: readonly SourceFile[]): string[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles = new Map<string, string>();
  const visit = (path: string, trail: string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const members = trail.slice(start);
      cycles.set([...members].sort().join(), `import cycle: ${[...members, path].join(' -> ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const { from, typeOnly } of importsOf(known.get(path)!.text)) {
      const target = posix.join(posix.dirname(path), from);
      if (from.startsWith('.') && !typeOnly && known.has(target)) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return [...cycles.values()];
}

function roomOf(path: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((prefix) => path.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0];
}

function mayImport(room: string, target: string): boolean {
  if (target === 'package.json') return true;
  const subroom = SUBROOMS_OF_SIM.find((prefix) => target.startsWith(prefix));
  if (subroom === 'sim/host/' && USES_HOST.includes(room)) return true;
  if (subroom) return MAY_IMPORT[room].includes(subroom);
  return MAY_IMPORT[room].some((prefix) => target.startsWith(prefix));
}

function isNodeModule(from: string): boolean {
  return from.startsWith('node:') || ['fs', 'path', 'os', 'child_process', 'worker_threads'].includes(from);
}

function packageName(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The checkout's own files: tracked, or new and not ignored. */
export function sourceFiles(root: string): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((path) => CODE.test(path) && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

if (import.meta.main) {
  const faults = checkRules(sourceFiles(join(import.meta.dirname, '..')));
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
