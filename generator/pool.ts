/** The workers of a run. */
import { fileURLToPath } from 'node:url';
import type { PoolData } from '../runtime/worker-channel.ts';
import { WorkerPool } from '../runtime/worker-pool.ts';
import type { EpisodeTask, TaskReply, WorkerSettings } from './messages.ts';

/**
 * While the browser draws for one episode, the thread simulates the other. A third would only wait.
 */
const TASKS_PER_WORKER = 2;

export type EpisodePool = WorkerPool<EpisodeTask, TaskReply, Omit<WorkerSettings, keyof PoolData>>;

/** Starts them; each opens its browser at once. */
export function openEpisodePool(
  settings: Omit<WorkerSettings, keyof PoolData>,
  workers: number,
): EpisodePool {
  const filename = fileURLToPath(new URL('./worker.ts', import.meta.url));
  return new WorkerPool({ filename, workers, tasksPerWorker: TASKS_PER_WORKER, settings });
}
