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

/** When workers start. */
export interface Growth {
  /** Started at once, at most; the rest wait for idle cores. */
  cores: number;
  coreTimes(): CoreTimes;
  everyMs: number;
}

export interface WorkerPoolOptions<Settings> {
  /** The worker's module; its workerData is `Settings & PoolData`, its default export takes a task. */
  filename: string;
  workers: number;
  /** Tasks that a worker is given at the same time. */
  tasksPerWorker: number;
  settings: Settings;
  growth?: Partial<Growth>;
}

export class WorkerPool<Task, Reply, Settings extends object> {
  readonly #options: WorkerPoolOptions<Settings>;
  readonly #channelName = `brickyard-${randomUUID()}`;
  readonly #channel = new BroadcastChannel(this.#channelName);
  /** Its queue is the only one: a task goes to whichever worker has room first. */
  readonly #threads: Piscina<Task, Reply>;
  readonly #browserPids = new Set<number>();
  readonly #growing: NodeJS.Timeout | undefined;
  /** Aborted when the last worker fails to start, with what it says: what is queued would wait for ever. */
  readonly #lost = new AbortController();
  #onAllClosed: (() => void) | undefined;
  /** Told why workers do not draw with the best backend. */
  onRejected: ((note: string) => void) | undefined;
  /** Called when `capacity` has grown. */
  onGrow: (() => void) | undefined;

  constructor(options: WorkerPoolOptions<Settings>) {
    this.#options = options;
    this.#channel.onmessage = (event) => this.#notice((event as MessageEvent<WorkerNotice>).data);
    const growth = { cores: availableParallelism(), coreTimes, everyMs: GROW_EVERY_MS, ...options.growth };
    const atOnce = Math.min(options.workers, growth.cores);
    this.#threads = new Piscina<Task, Reply>({
      filename: options.filename,
      minThreads: atOnce,
      maxThreads: atOnce,
      concurrentTasksPerWorker: options.tasksPerWorker,
      // An idle worker must still hear its browser die and the order to close.
      atomics: 'disabled',
      resourceLimits: THREAD_HEAP,
      workerData: { ...options.settings, channel: this.#channelName, outsideTask: outsideTask() },
    });
    // A worker that dies rejects its own tasks. The event tells of one that had none; unheard, it would end the process.
    this.#threads.on('error', (error) => {
      if (this.#threads.threads.length === 0) this.#lost.abort(error);
    });
    if (atOnce < options.workers) this.#growing = this.#growWhenIdle(growth);
  }

  /** How many tasks are worth having in flight now. */
  get capacity(): number {
    return this.#threads.maxThreads * this.#options.tasksPerWorker;
  }

  /** An aborted `signal` ends the task's worker thread, and with it the tasks beside it. */
  async run(task: Task, signal?: AbortSignal): Promise<Reply> {
    this.#lost.signal.throwIfAborted();
    const lost = Promise.withResolvers<never>();
    const onLost = (): void => lost.reject(this.#lost.signal.reason);
    this.#lost.signal.addEventListener('abort', onLost);
    try {
      const reply = this.#threads.run(task, signal ? { signal } : undefined);
      return await Promise.race([reply, lost.promise]);
    } finally {
      this.#lost.signal.removeEventListener('abort', onLost);
    }
  }

  /** The worker threads, for tests that end one. */
  get threads(): Piscina['threads'] {
    return this.#threads.threads;
  }

  /**
   * One worker more, when cores lie idle. Piscina reads its bounds whenever it looks for a worker: once they are raised it
   * starts a thread for the first task that no other has room for, and keeps it.
   */
  #growWhenIdle({ coreTimes, everyMs }: Growth): NodeJS.Timeout {
    const { options } = this.#threads;
    let last = coreTimes();
    const timer = setInterval(() => {
      const now = coreTimes();
      const isIdle = idleShare(last, now) >= GROW_AT_IDLE_SHARE;
      last = now;
      if (!isIdle) return;
      options.maxThreads++;
      options.minThreads++;
      if (options.maxThreads >= this.#options.workers) clearInterval(timer);
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
    await this.#threads.destroy();
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
