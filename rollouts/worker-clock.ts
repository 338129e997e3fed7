/** A worker's clock: what its thread and its browser have done since it started. */
import { performance } from 'node:perf_hooks';
import { threadId } from 'node:worker_threads';
import { groupCpuS } from '../render/measure.ts';
import { threadTime } from '../runtime/thread-time.ts';
import type { WorkerTimes } from './messages.ts';

export class WorkerClock {
  readonly physics = { wallS: 0, cpuS: 0 };
  drawS = 0;
  readonly #infer: () => WorkerTimes['infer'];
  readonly #browserPid: () => number | undefined;
  #readyS = 0;
  #startup: Pick<WorkerTimes, 'startupS' | 'startupCpu'> | undefined;

  /** @param infer what inference has taken @param browserPid of the browser that is open now */
  constructor(infer: () => WorkerTimes['infer'], browserPid: () => number | undefined) {
    this.#infer = infer;
    this.#browserPid = browserPid;
  }

  /** The worker can begin. Counts once. */
  ready(): void {
    const { wallS, cpuS } = threadTime();
    if (this.#startup) return;
    this.#readyS = wallS;
    // The clock of a thread is that of its process; when its own environment was made is in its timing.
    const startupS = wallS - performance.nodeTiming.environment / 1000;
    this.#startup = { startupS, startupCpu: { threadS: cpuS, browserS: this.#browserS() } };
  }

  times(): WorkerTimes {
    const startup = this.#startup!;
    return {
      worker: threadId,
      ...startup,
      workingS: threadTime().wallS - this.#readyS,
      physics: { ...this.physics },
      infer: { ...this.#infer() },
      drawS: this.drawS,
      // One that replaced another began anew.
      browserCpuS: Math.max(0, this.#browserS() - startup.startupCpu.browserS),
    };
  }

  #browserS(): number {
    const pid = this.#browserPid();
    return pid === undefined ? 0 : groupCpuS(pid);
  }
}
