/** What a pool and its workers tell each other beside the tasks, on a BroadcastChannel. */

import type { OutsideTask } from './outside-task.ts';

/** What a pool adds to its workers' settings. */
export interface PoolData {
  /** Name of the BroadcastChannel for WorkerNotice and WorkerOrder. */
  channel: string;
  outsideTask?: OutsideTask;
}

/** From a worker to everybody: its browser started or ended, or better backends than that one do not draw here. */
export type WorkerNotice =
  | { type: 'browser-opened'; threadId: number; pid: number }
  | { type: 'browser-closed'; threadId: number; pid: number }
  | { type: 'backends-rejected'; backend: string; reasons: readonly string[] };

/** To all workers: close your browser; a `browser-closed` answers. */
export type WorkerOrder = { type: 'close' };
