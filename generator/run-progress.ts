/** Follows a run: the live line, the estimate from its first episodes, and the check that the disk will hold it. */
import { statfsSync } from 'node:fs';
import { formatBytes } from '../runtime/figures.ts';
import type { ProgressPrinter } from '../runtime/progress.ts';
import { NegativeResult } from '../sim/errors.ts';
import { describeEstimate, type Estimate, estimateRun, type Sample } from './estimate.ts';
import type { EpisodeReply } from './messages.ts';
import type { RunPlan } from './prepare.ts';

/** Shorter runs are over before an estimate is of use. */
const MIN_EPISODES_FOR_ESTIMATE = 50;

export interface RunProgressOptions {
  plan: RunPlan;
  printer: ProgressPrinter;
  workers: number;
  /** Scenarios of the episodes kept by earlier processes of the same run. */
  keptBefore: readonly string[];
  /** Seconds since the process began. */
  now: () => number;
}

export class RunProgress {
  readonly #options: RunProgressOptions;
  readonly #samples: Sample[] = [];
  readonly #counts: Record<string, number>;
  /** Episodes a scenario that are still to come. */
  readonly #remaining: Record<string, number>;
  /** When the first episode was there: start-up, which does not grow with the run. */
  #firstS = 0;
  #frames = 0;
  #attempts = 0;
  #estimated = false;

  constructor(options: RunProgressOptions) {
    this.#options = options;
    this.#counts = options.plan.counts();
    this.#remaining = { ...this.#counts };
    for (const scenario of options.keptBefore) this.#remaining[scenario]--;
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
    this.#remaining[job.scenario]--;
    this.#show();
    this.#estimateOnce(reply);
  }

  #show(): void {
    const { plan, printer, keptBefore, now } = this.#options;
    const elapsedS = now();
    const framesPerS = this.#frames / elapsedS;
    const ahead = estimateRun(this.#samples, this.#remaining, elapsedS, 0);
    printer.update({
      episodesDone: keptBefore.length + this.#samples.length,
      episodesTotal: plan.jobs.length,
      frames: this.#frames,
      attempts: keptBefore.length + this.#attempts,
      elapsedS,
      framesPerS,
      etaS: ahead.frames / framesPerS,
    });
  }

  /** Once each scenario has ended an episode: the short ones end first and would promise too much. */
  #estimateOnce(reply: EpisodeReply): void {
    const { plan, printer, workers, now } = this.#options;
    if (this.#estimated || plan.jobs.length < MIN_EPISODES_FOR_ESTIMATE) return;
    const seen = new Set(this.#samples.map((sample) => sample.scenario));
    if (this.#samples.length < 4 * workers || seen.size < plan.record.shares.length) return;
    this.#estimated = true;
    const estimate = estimateRun(this.#samples, this.#counts, now(), this.#firstS);
    printer.note(describeEstimate(plan.jobs.length, estimate, reply.stack?.backend ?? ''));
    assertDiskHolds(plan.out, estimateRun(this.#samples, this.#remaining, now(), this.#firstS));
  }
}

/** Room for what has yet to come, and for as much again as is staged at one time. */
const SPARE_BYTES = 200_000_000;

function assertDiskHolds(out: string, ahead: Estimate): void {
  const { bavail, bsize } = statfsSync(out);
  const free = bavail * bsize;
  const needed = ahead.bytes + SPARE_BYTES;
  if (needed <= free) return;
  throw new NegativeResult(
    `the disk of ${out} has ${formatBytes(free)} free, the rest of the run needs about ${formatBytes(needed)}; ` +
      'what is kept so far is safe: free some space and run again with --resume, or ask for fewer episodes in another --out',
  );
}
