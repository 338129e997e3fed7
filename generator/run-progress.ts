/** Follows a run: the live line, the estimate from its first episodes, and the check that the disk will hold it. */
import { statfsSync } from 'node:fs';
import { NegativeResult } from '../sim/errors.ts';
import { describeEstimate, type Estimate, estimateRun, type Sample } from './estimate.ts';
import type { EpisodeReply } from './messages.ts';
import type { RunPlan } from './prepare.ts';
import { formatBytes, type ProgressPrinter } from './progress.ts';

/** Shorter runs are over before an estimate is of use. */
const MIN_EPISODES_FOR_ESTIMATE = 50;

export interface RunProgressOptions {
  plan: RunPlan;
  printer: ProgressPrinter;
  workers: number;
  /** Kept by earlier processes of the same run. */
  keptBefore: number;
  /** Seconds since the process began. */
  now: () => number;
}

export class RunProgress {
  readonly #options: RunProgressOptions;
  readonly #samples: Sample[] = [];
  readonly #counts: Record<string, number>;
  /** When the first episode was there: start-up, which does not grow with the run. */
  #firstS = 0;
  #frames = 0;
  #attempts = 0;
  #estimated = false;

  constructor(options: RunProgressOptions) {
    this.#options = options;
    this.#counts = options.plan.counts();
  }

  /** Frames kept by this process. */
  get frames(): number {
    return this.#frames;
  }

  /** Takes a reply into account. Throws NegativeResult when the estimate does not fit on the disk. */
  add(reply: EpisodeReply): void {
    const { kept, failures, job } = reply;
    this.#attempts += failures.length + (kept ? 1 : 0);
    if (!kept) return;
    if (this.#samples.length === 0) this.#firstS = this.#options.now();
    this.#samples.push({ scenario: job.scenario, frames: kept.frames, bytes: kept.stagedBytes });
    this.#frames += kept.frames;
    this.#show();
    this.#estimateOnce(reply);
  }

  #show(): void {
    const { plan, printer, keptBefore, now } = this.#options;
    const elapsedS = now();
    const remaining = plan.jobs.length - keptBefore - this.#samples.length;
    const meanFrames = this.#frames / this.#samples.length;
    const framesPerS = this.#frames / elapsedS;
    printer.update({
      episodesDone: keptBefore + this.#samples.length,
      episodesTotal: plan.jobs.length,
      frames: this.#frames,
      attempts: keptBefore + this.#attempts,
      elapsedS,
      framesPerS,
      etaS: (remaining * meanFrames) / framesPerS,
    });
  }

  /** Once each scenario had its turn and the workers are warm. */
  #estimateOnce(reply: EpisodeReply): void {
    const { plan, printer, workers, now } = this.#options;
    const enough = Math.max(4 * workers, plan.record.shares.length);
    if (this.#estimated || this.#samples.length < enough || plan.jobs.length < MIN_EPISODES_FOR_ESTIMATE)
      return;
    this.#estimated = true;
    const estimate = estimateRun(this.#samples, this.#counts, now(), this.#firstS);
    printer.note(describeEstimate(plan.jobs.length, estimate, reply.stack?.backend ?? ''));
    assertDiskHolds(plan.out, estimate);
  }
}

/** Room for what has yet to come, and for as much again as is staged at one time. */
const SPARE_BYTES = 200_000_000;

function assertDiskHolds(out: string, estimate: Estimate): void {
  const { bavail, bsize } = statfsSync(out);
  const free = bavail * bsize;
  if (estimate.bytes + SPARE_BYTES <= free) return;
  throw new NegativeResult(
    `the disk of ${out} has ${formatBytes(free)} free, the run needs about ${formatBytes(estimate.bytes + SPARE_BYTES)}; ` +
      'what is kept so far is safe: free some space and run again with --resume, or ask for fewer episodes in another --out',
  );
}
