/** `gen` as a user starts it: a process of its own, the launcher included, its summary read back. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, runProgram } from './child-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface GenRun extends Finished {
  summary: { episodes: number; frames: number; wall_s: number; frames_per_s: number; fingerprint: string };
}

export interface GenRunOptions {
  episodes: number;
  workers: number;
  /** Numbers of the cores it may use, as taskset takes them; all when left out. */
  cores?: string;
  /** Other options of `gen`. */
  more?: readonly string[];
  watch?: { everyS: number; look(pid: number): void };
}

/** Makes a dataset in a temporary folder, hands it to `use`, and removes it. */
export async function runGen(
  options: GenRunOptions,
  use?: (dataset: string) => Promise<void>,
): Promise<GenRun> {
  const folder = mkdtempSync(join(benchFolder(), 'brickyard-bench-'));
  const out = join(folder, 'dataset');
  try {
    const { episodes, workers, cores, more = [], watch } = options;
    const launcher = join(ROOT, 'scripts', 'brickyard.mjs');
    const wanted = ['--episodes', String(episodes), '--workers', String(workers), '--out', out, ...more];
    const args = [launcher, 'gen', ...wanted, '--json', '--quiet'];
    const finished = cores
      ? await runProgram('taskset', ['-c', cores, process.execPath, ...args], { watch })
      : await runProgram(process.execPath, args, { watch });
    const summary = JSON.parse(finished.stdout.trim().split('\n').at(-1)!) as GenRun['summary'];
    await use?.(out);
    return { ...finished, summary };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Datasets are written beside the user's, not to a /tmp that may be memory. */
function benchFolder(): string {
  const datasets = join(ROOT, 'datasets');
  return existsSync(datasets) ? datasets : tmpdir();
}
