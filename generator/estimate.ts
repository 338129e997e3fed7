/** How long a run will take and how large it will be, from the episodes it has made so far. Pure. */
import { formatBytes, formatCount, formatDuration } from '../runtime/figures.ts';

/** One finished episode, as far as an estimate needs it. */
export interface Sample {
  scenario: string;
  frames: number;
  bytes: number;
}

export interface Estimate {
  frames: number;
  bytes: number;
  durationS: number;
}

/**
 * Extrapolates to `counts` episodes a scenario. A scenario without a sample counts with the mean of the others.
 * `elapsedS` is the time the samples took, all workers together; `warmUpS` of it, the start-up, does not grow.
 */
export function estimateRun(
  samples: readonly Sample[],
  counts: Readonly<Record<string, number>>,
  elapsedS: number,
  warmUpS: number,
): Estimate {
  const overall = mean(samples);
  let frames = 0;
  let bytes = 0;
  for (const [scenario, count] of Object.entries(counts)) {
    const own = samples.filter((sample) => sample.scenario === scenario);
    const { meanFrames, meanBytes } = own.length > 0 ? mean(own) : overall;
    frames += count * meanFrames;
    bytes += count * meanBytes;
  }
  const sampledFrames = samples.reduce((sum, sample) => sum + sample.frames, 0);
  const framesPerS = sampledFrames / Math.max(elapsedS - warmUpS, 1e-3);
  return { frames: Math.round(frames), bytes: Math.round(bytes), durationS: warmUpS + frames / framesPerS };
}

function mean(samples: readonly Sample[]): { meanFrames: number; meanBytes: number } {
  const n = Math.max(samples.length, 1);
  return {
    meanFrames: samples.reduce((sum, sample) => sum + sample.frames, 0) / n,
    meanBytes: samples.reduce((sum, sample) => sum + sample.bytes, 0) / n,
  };
}

export interface Rates {
  samples: readonly Sample[];
  counts: Readonly<Record<string, number>>;
  simulateSAFrame: number;
  drawSAFrame: number;
  workers: number;
  cores: number;
  startUpS: number;
}

/**
 * The same from the cost of a frame, for a run that has not begun: a worker simulates one episode while its browser
 * draws another, so it is as fast as the slower of the two, and all workers share the cores.
 */
export function estimateFromRates(rates: Rates): Estimate {
  const { samples, counts, simulateSAFrame, drawSAFrame, workers, cores, startUpS } = rates;
  const secondsAFrame = Math.max(
    (simulateSAFrame + drawSAFrame) / cores,
    Math.max(simulateSAFrame, drawSAFrame) / workers,
  );
  const framesPerS = 1 / Math.max(secondsAFrame, 1e-6);
  const sampled = samples.reduce((sum, sample) => sum + sample.frames, 0);
  return estimateRun(samples, counts, startUpS + sampled / framesPerS, startUpS);
}

/** One line for people. */
export function describeEstimate(episodes: number, estimate: Estimate, backend: string): string {
  const { frames, bytes, durationS } = estimate;
  return (
    `estimate: ${formatCount(episodes)} episodes, about ${formatCount(frames)} frames, ${formatBytes(bytes)}, ` +
    `${formatDuration(durationS)} (${backend})`
  );
}
