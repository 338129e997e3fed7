/** The worker threads, each with its own simulator and its own Chromium, behind one `run(task)`. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { EpisodeTask, TaskReply, WorkerNotice, WorkerOrder, WorkerSettings } from './messages.ts';

/**
 * Two tasks a worker: while the browser draws one episode, the thread simulates the next. A third would only wait.
 */
const TASKS_PER_WORKER = 2;
/**
 * Bounds of a thread's JavaScript heap. Left to itself V8 collects late: the command with two workers peaked at
 * 525 MB, with these at 419 MB, as fast. Trajectories and videos lie outside of the heap.
 */
const THREAD_HEAP = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 };
/** How long browsers may take to close before their processes are killed. */
const CLOSE_TIMEOUT_MS = 5000;

export class EpisodePool {
  /** How many tasks are worth having in flight. */
  readonly capacity: number;
  readonly #piscina: Piscina<EpisodeTask, TaskReply>;
  readonly #channel: BroadcastChannel;
  readonly #browserPids = new Set<number>();
  #onAllClosed: (() => void) | undefined;

  constructor(settings: Omit<WorkerSettings, 'channel'>, workers: number) {
    const channel = `brickyard-${randomUUID()}`;
    this.capacity = workers * TASKS_PER_WORKER;
    this.#channel = new BroadcastChannel(channel);
    this.#channel.onmessage = (event) => this.#notice((event as MessageEvent<WorkerNotice>).data);
    this.#piscina = new Piscina({
      filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: TASKS_PER_WORKER,
      // An idle worker must still hear its browser die and the order to close.
      atomics: 'disabled',
      resourceLimits: THREAD_HEAP,
      workerData: { ...settings, channel } satisfies WorkerSettings,
    });
    // A worker that dies rejects its own tasks; without a listener the event would end the process.
    this.#piscina.on('error', () => {});
  }

  run(task: EpisodeTask): Promise<TaskReply> {
    return this.#piscina.run(task);
  }

  /** The worker threads, for tests that end one. */
  get threads(): Piscina['threads'] {
    return this.#piscina.threads;
  }

  /** Closes browsers and threads; what does not close in time is killed. */
  async close(): Promise<void> {
    this.#forgetDead();
    if (this.#browserPids.size > 0) {
      const closed = new Promise<void>((resolve) => {
        this.#onAllClosed = resolve;
      });
      this.#channel.postMessage({ type: 'close' } satisfies WorkerOrder);
      const timer = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref());
      await Promise.race([closed, timer]);
    }
    this.killBrowsers();
    this.#channel.close();
    await this.#piscina.destroy();
  }

  /** Ends every browser at once with its whole process group. Synchronous, for the last moment of a process. */
  killBrowsers(): void {
    for (const pid of this.#browserPids) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // gone already
      }
    }
    this.#browserPids.clear();
  }

  /** A worker that died could not say that its browser went with it. */
  #forgetDead(): void {
    for (const pid of this.#browserPids) {
      try {
        process.kill(pid, 0);
      } catch {
        this.#browserPids.delete(pid);
      }
    }
  }

  #notice(notice: WorkerNotice): void {
    if (notice.type === 'browser-opened') this.#browserPids.add(notice.pid);
    else this.#browserPids.delete(notice.pid);
    if (this.#browserPids.size === 0) this.#onAllClosed?.();
  }
}
