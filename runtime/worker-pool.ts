/** Worker threads, each with its own simulator and its own Chromium, behind one `run(task)`. */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { type CoreTimes, coreTimes, idleShare } from './idle-cores.ts';
import { outsideTask } from './outside-task.ts';
import { isAlive } from './process-stat.ts';
import type { WorkerNotice, WorkerOrder } from './worker-channel.ts';

/** Workers that a command may ask for. */
export const MAX_WORKERS = 64;

/**
 * Two tasks a worker: while the browser draws for one episode, the thread simulates the other. A third would only
 * wait.
 */
const TASKS_PER_WORKER = 2;
/**
 * Bounds of a thread's JavaScript heap. Left to itself V8 collects late: the command with two workers peaked at
 * 525 MB, with these at 419 MB, as fast. Trajectories and videos lie outside of the heap.
 */
const THREAD_HEAP = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 };
/** How long browsers may take to close before their processes are killed. */
const CLOSE_TIMEOUT_MS = 5000;

/**
 * Workers beyond the number of cores start one at a time, each when this share of the cores lay idle for so long (a
 * GPU draws while threads wait, say). A start costs about 7 CPU seconds (imports, WASM and GL code compiled anew): eight
 * workers at once on two cores made 100 episodes at 0.78 of the rate of two.
 */
const GROW_AT_IDLE_SHARE = 0.15;
const GROW_EVERY_MS = 3000;

/** When workers start; for tests. */
export interface Growth {
  /** Started at once, at most; the rest wait for idle cores. */
  cores: number;
  coreTimes(): CoreTimes;
  everyMs: number;
}

export interface WorkerPoolOptions<Settings> {
  /** The worker's module; it takes `Settings & { channel }` as piscina's workerData. */
  filename: string;
  workers: number;
  settings: Settings;
  growth?: Growth;
}

export class WorkerPool<Task, Reply, Settings extends object> {
  readonly #options: WorkerPoolOptions<Settings>;
  readonly #channelName = `brickyard-${randomUUID()}`;
  readonly #channel = new BroadcastChannel(this.#channelName);
  /** One thread each, so that another can be added at a moment of our choosing. */
  readonly #started: { thread: Piscina<Task, Reply>; tasks: number }[] = [];
  readonly #browserPids = new Set<number>();
  readonly #growing: NodeJS.Timeout | undefined;
  #onAllClosed: (() => void) | undefined;
  /** Told why workers do not draw with the best backend. */
  onRejected: ((note: string) => void) | undefined;
  /** Called when `capacity` has grown. */
  onGrow: (() => void) | undefined;

  constructor(options: WorkerPoolOptions<Settings>) {
    this.#options = options;
    this.#channel.onmessage = (event) => this.#notice((event as MessageEvent<WorkerNotice>).data);
    const growth = options.growth ?? {
      cores: availableParallelism(),
      coreTimes,
      everyMs: GROW_EVERY_MS,
    };
    while (this.#started.length < Math.min(options.workers, growth.cores)) this.#start();
    if (this.#started.length < options.workers) this.#growing = this.#growWhenIdle(growth);
  }

  /** How many tasks are worth having in flight now. */
  get capacity(): number {
    return this.#started.length * TASKS_PER_WORKER;
  }

  /** An aborted `signal` ends the task's worker thread, and with it the tasks beside it. */
  async run(task: Task, signal?: AbortSignal): Promise<Reply> {
    const worker = this.#started.reduce((least, other) => (other.tasks < least.tasks ? other : least));
    worker.tasks++;
    try {
      return await worker.thread.run(task, signal ? { signal } : undefined);
    } finally {
      worker.tasks--;
    }
  }

  /** The worker threads, for tests that end one. */
  get threads(): Piscina['threads'] {
    return this.#started.flatMap(({ thread }) => thread.threads);
  }

  #start(): void {
    const { filename, settings } = this.#options;
    const thread = new Piscina<Task, Reply>({
      filename,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: TASKS_PER_WORKER,
      // An idle worker must still hear its browser die and the order to close.
      atomics: 'disabled',
      resourceLimits: THREAD_HEAP,
      workerData: { ...settings, channel: this.#channelName, outsideTask: outsideTask() },
    });
    // A worker that dies rejects its own tasks; without a listener the event would end the process.
    thread.on('error', () => {});
    this.#started.push({ thread, tasks: 0 });
  }

  #growWhenIdle({ coreTimes, everyMs }: Growth): NodeJS.Timeout {
    let last = coreTimes();
    const timer = setInterval(() => {
      const now = coreTimes();
      const isIdle = idleShare(last, now) >= GROW_AT_IDLE_SHARE;
      last = now;
      if (!isIdle) return;
      this.#start();
      if (this.#started.length >= this.#options.workers) clearInterval(timer);
      this.onGrow?.();
    }, everyMs);
    return timer.unref();
  }

  /** Closes browsers and threads; what does not close in time is killed. */
  async close(): Promise<void> {
    clearInterval(this.#growing);
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
    await Promise.all(this.#started.map(({ thread }) => thread.destroy()));
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
    for (const pid of this.#browserPids) if (!isAlive(pid)) this.#browserPids.delete(pid);
  }

  #notice(notice: WorkerNotice): void {
    if (notice.type === 'backends-rejected') {
      this.onRejected?.(
        `drawn with ${notice.backend}; better backends do not draw here: ${notice.reasons.join('; ')}`,
      );
      return;
    }
    if (notice.type === 'browser-opened') this.#browserPids.add(notice.pid);
    else this.#browserPids.delete(notice.pid);
    if (this.#browserPids.size === 0) this.#onAllClosed?.();
  }
}
