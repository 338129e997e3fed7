/**
 * Which code makes a run's results: a resumed run must not mix two versions. What a kind of run depends on follows
 * from the imports of its entry points, so that no file is forgotten.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Esbuild from 'esbuild';
import { InputError } from '../sim/errors.ts';
import { type OutsideTask, outsideTask } from './outside-task.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

const DRAWING = 'render/page/main.ts';
/** What decides a result of each kind of run. What only reads, checks or shows datasets is not among it. */
const ENTRIES = {
  /** Poses, pixels and bytes of a dataset: its plan, its workers, its shards and its metadata. */
  gen: [
    DRAWING,
    'scenarios/plan.ts',
    'generator/worker.ts',
    'generator/dispatch.ts',
    'generator/shard-keeper.ts',
    'generator/provenance.ts',
    'dataset/shard-builder.ts',
    'dataset/metadata.ts',
    'dataset/statistics.ts',
    'dataset/task-table.ts',
    'dataset/features.ts',
  ],
  /** How rollouts begin and end, and how that is counted. */
  rollout: [
    DRAWING,
    'scenarios/suites/conditions.ts',
    'rollouts/worker.ts',
    'rollouts/dispatch.ts',
    'evaluator/rollout/summary.ts',
  ],
} as const;
export type CodeOf = keyof typeof ENTRIES;
/** What a task's folder is made of. */
const TASK_ENTRIES = ['task.ts', 'scene.ts', 'scenario.ts'];

const made = new Map<string, string>();

/**
 * First 16 hex digits of a SHA-256 over the names and contents of the sources that a kind of run depends on, those of a
 * task outside of the checkout included, wherever it lies.
 * @param root the checkout, for tests
 */
export function codeVersion(of: CodeOf, root = ROOT): string {
  const outside = outsideTask();
  const key = `${of} ${root} ${outside?.folder}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  const add = (name: string, path: string): void =>
    void hash.update(`${name}\0`).update(readFileSync(path)).update('\0');
  for (const name of sourcesOf(of, root)) add(name, join(root, name));
  if (outside) {
    hash.update(`task ${outside.name}\0`);
    for (const { name, path } of sourcesOfTask(outside)) add(name, path);
  }
  const version = hash.digest('hex').slice(0, 16);
  made.set(key, version);
  return version;
}

/** Paths relative to the checkout, sorted: the entry points of a kind of run and all that they import. */
export function sourcesOf(of: CodeOf, root = ROOT): string[] {
  return importedBy(ENTRIES[of], root)
    .filter((name) => existsSync(join(root, name)))
    .sort();
}

/** @throws InputError where they cannot be read */
function sourcesOfTask({ name, folder }: OutsideTask): { name: string; path: string }[] {
  try {
    return taskSources(folder);
  } catch (error) {
    throw new InputError(`task ${name}: its files cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * All that the task in `folder` imports besides libraries, the simulator's files included. Names do not depend on where
 * the folder lies.
 */
export function taskSources(folder: string): { name: string; path: string }[] {
  return importedBy(TASK_ENTRIES, folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path))
    .map((path) => {
      const own = relative(folder, path);
      const isOurs = own.startsWith('..') && !relative(ROOT, path).startsWith('..');
      return { path, name: isOurs ? `brickyard/${relative(ROOT, path)}` : own };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function importedBy(entryPoints: readonly string[], folder: string): string[] {
  // Loaded when asked for: most commands need no version.
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof Esbuild;
  const { metafile } = buildSync({
    absWorkingDir: folder,
    entryPoints: [...entryPoints],
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: { brickyard: ROOT },
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}
