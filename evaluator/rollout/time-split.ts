/** Where a run's time went, over its policy queries: from what its workers' clocks say. Pure. */
import type { WorkerTimes } from '../../rollouts/messages.ts';

/** Milliseconds a query. */
export interface TimeSplit {
  queries: number;
  inference_ms: number;
  physics_ms: number;
  /** Wait for frames; the rollout beside it goes on meanwhile. */
  draw_ms: number;
  /** All time of the workers, start-up excepted, that is neither inference nor physics. */
  rest_ms: number;
  /** Until a worker had its simulator, policy and browser; in the mean. Not in the figures above. */
  startup_s: number;
  /** The same in CPU time, which does not depend on what else the machine does. */
  cpu: {
    inference_ms: number;
    physics_ms: number;
    /** Of the browsers: drawing, and the pixels' way out. */
    browser_ms: number;
    /** Of this process beyond that: messages, labels, files, garbage collection, compilation. */
    rest_ms: number;
    /** Of a worker with its browser; in the mean. */
    startup_s: number;
  };
}

/** Takes in what workers say and adds it up. */
export class TimeLedger {
  /** The latest of each worker; it counts from the worker's start. */
  readonly #workers = new Map<number, WorkerTimes>();
  #queries = 0;

  add(times: WorkerTimes, queries: number): void {
    const before = this.#workers.get(times.worker);
    if (!before || times.workingS >= before.workingS) this.#workers.set(times.worker, times);
    this.#queries += queries;
  }

  /**
   * Null where no policy was asked.
   * @param processCpuS what this process, all its threads, has used while its workers ran
   */
  split(processCpuS: number): TimeSplit | null {
    const workers = [...this.#workers.values()];
    const queries = this.#queries;
    if (queries === 0) return null;
    const sum = (of: (times: WorkerTimes) => number): number =>
      workers.reduce((total, times) => total + of(times), 0);
    const ms = (seconds: number): number => Math.round((100_000 * Math.max(0, seconds)) / queries) / 100;
    const mean = (of: (times: WorkerTimes) => number): number =>
      Math.round((100 * sum(of)) / workers.length) / 100;
    const infer = sum(({ infer }) => infer.wallS);
    const physics = sum(({ physics }) => physics.wallS);
    const inferCpu = sum(({ infer }) => infer.cpuS);
    const physicsCpu = sum(({ physics }) => physics.cpuS);
    return {
      queries,
      inference_ms: ms(infer),
      physics_ms: ms(physics),
      draw_ms: ms(sum(({ drawS }) => drawS)),
      rest_ms: ms(sum(({ workingS }) => workingS) - infer - physics),
      startup_s: mean(({ startupS }) => startupS),
      cpu: {
        inference_ms: ms(inferCpu),
        physics_ms: ms(physicsCpu),
        browser_ms: ms(sum(({ browserCpuS }) => browserCpuS)),
        rest_ms: ms(processCpuS - sum(({ startupCpu }) => startupCpu.threadS) - inferCpu - physicsCpu),
        startup_s: mean(({ startupCpu }) => startupCpu.threadS + startupCpu.browserS),
      },
    };
  }
}
