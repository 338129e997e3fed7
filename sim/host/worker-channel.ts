/** What a pool and its workers tell each other beside the tasks, on a BroadcastChannel. */

/** From a worker to everybody: its browser started or ended. */
export type WorkerNotice =
  | { type: 'browser-opened'; threadId: number; pid: number }
  | { type: 'browser-closed'; threadId: number; pid: number };

/** To all workers: close your browser; a `browser-closed` answers. */
export type WorkerOrder = { type: 'close' };
