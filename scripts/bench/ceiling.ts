/**
 * The ceiling: simulating, drawing and encoding the very episodes that `gen` would make, in its own layout of worker
 * threads and browsers, without a dataset. The browsers' start is not counted.
 */
import { fileURLToPath } from 'node:url';
import { WorkerPool } from '../../runtime/worker-pool.ts';
import { type Job, planEpisodes } from '../../scenarios/plan.ts';
import { listScenarios } from '../../scenarios/registry.ts';
import type { CeilingSettings } from './ceiling-worker.ts';

const TASKS_PER_WORKER = 2;

/** Frames a second over `episodes` episodes of all scenarios, and their frames. */
export async function measureCeiling(options: {
  episodes: number;
  workers: number;
}): Promise<{ framesPerS: number; frames: number }> {
  const scenarios = listScenarios();
  const settings: CeilingSettings = {
    scenarios: Object.fromEntries(scenarios.map((scenario) => [scenario.name, scenario])),
    seed: 0,
    fps: 10,
    widthPx: 320,
    heightPx: 240,
  };
  const { workers, episodes } = options;
  const pool = new WorkerPool<Job, number, CeilingSettings>({
    filename: fileURLToPath(new URL('./ceiling-worker.ts', import.meta.url)),
    workers,
    tasksPerWorker: TASKS_PER_WORKER,
    settings,
    growth: { cores: workers },
  });
  try {
    const shares = scenarios.map(({ name }) => ({ name, weight: 1 }));
    const jobs = planEpisodes({ shares, episodes });
    await Promise.all(Array.from({ length: pool.capacity }, (_, i) => pool.run(jobs[i % jobs.length])));
    const from = performance.now();
    const frames = await runAll(jobs, pool.capacity, (job) => pool.run(job));
    return { framesPerS: (1000 * frames) / (performance.now() - from), frames };
  } finally {
    await pool.close();
  }
}

/** Runs the jobs in order, so many at a time, and adds up what they return. */
async function runAll<J>(
  jobs: readonly J[],
  lanes: number,
  run: (job: J) => Promise<number>,
): Promise<number> {
  let next = 0;
  let sum = 0;
  const lane = async () => {
    while (next < jobs.length) {
      const result = await run(jobs[next++]); // not `sum += await`, which reads the sum before it waits
      sum += result;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return sum;
}
