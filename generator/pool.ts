/** The workers of a run. */
import { fileURLToPath } from 'node:url';
import { WorkerPool } from '../runtime/worker-pool.ts';
import type { EpisodeTask, TaskReply, WorkerSettings } from './messages.ts';

export type EpisodePool = WorkerPool<EpisodeTask, TaskReply, Omit<WorkerSettings, 'channel'>>;

/** Starts them; each opens its browser at once. */
export function openEpisodePool(settings: Omit<WorkerSettings, 'channel'>, workers: number): EpisodePool {
  const filename = fileURLToPath(new URL('./worker.ts', import.meta.url));
  return new WorkerPool({ filename, workers, settings });
}
