/** Jobs through a pool of workers: as many at a time as it has room for, more when it grows. */

export interface LanePool {
  /** How many jobs are worth having in flight now; it may grow. */
  readonly capacity: number;
  /** Set while jobs run; the pool calls it when `capacity` has grown. */
  onGrow?: (() => void) | undefined;
}

/**
 * Runs the jobs in order, each lane one after the other. Resolves when all are done or, after `stop`, when what was
 * in flight is. The first failure is thrown once everything in flight has ended; nothing is begun after it.
 */
export async function runInLanes<Job>(
  jobs: readonly Job[],
  pool: LanePool,
  stop: AbortSignal,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed: { error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (next < jobs.length && !stop.aborted && !failed) {
      try {
        await run(jobs[next++]);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  const lanes: Promise<void>[] = [];
  const fill = (): void => {
    while (lanes.length < pool.capacity) lanes.push(lane());
  };
  fill();
  pool.onGrow = fill;
  for (let i = 0; i < lanes.length; i++) await lanes[i]; // more may come while these are waited for
  pool.onGrow = undefined;
  if (failed) throw failed.error;
}

/** What came back from a worker, or why nothing did. */
export type Answer<Reply> = { reply: Reply } | { ended: string; stack?: string };

/**
 * One task through the pool. A worker thread that ends takes its tasks with it, and one that gives no answer in time is
 * ended: neither says anything about the task, so it is for the caller to try again or to give up.
 * @param limitS without a limit the worker may take as long as it wants
 */
export async function answerOf<Task, Reply>(
  pool: { run(task: Task, signal?: AbortSignal): Promise<Reply> },
  task: Task,
  limitS?: number,
): Promise<Answer<Reply>> {
  const limit = limitS === undefined ? undefined : new AbortController();
  const timer = limit && setTimeout(() => limit.abort(), limitS! * 1000);
  try {
    return { reply: await pool.run(task, limit?.signal) };
  } catch (error) {
    if (limit?.signal.aborted) return { ended: `no end within ${limitS} s` };
    const { message, stack } = error as Error;
    return { ended: `worker ended: ${message}`, stack };
  } finally {
    clearTimeout(timer);
  }
}
