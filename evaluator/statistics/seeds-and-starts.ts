/** Several trainings of each of two recipes, all rolled out on the same starts: how far apart are the recipes? */
import { Rng } from '../../sim/engine/rng.ts';

/** Of one training: whether each start was solved, in an order that all trainings share. */
export type Solved = readonly boolean[];

export interface ResamplingOptions {
  draws: number;
  confidence: number;
  seed: number;
}

export const RESAMPLING_DEFAULTS: ResamplingOptions = { draws: 4000, confidence: 0.95, seed: 0 };

/**
 * Interval of the difference of two mean rates, B minus A, over training seeds and starts: trainings of each side and
 * starts (the same ones for both sides) are drawn again with replacement (A. B. Owen, "The pigeonhole bootstrap",
 * Annals of Applied Statistics 1, 2007: conservative for crossed effects). Of two or three trainings a side it knows
 * little of their spread: read it as a lower bound of the doubt.
 *
 * @returns the difference and [low, high] within [-1, 1]
 * @throws RangeError for a side without trainings, or trainings on different numbers of starts
 */
export function seedsAndStartsInterval(
  a: readonly Solved[],
  b: readonly Solved[],
  options: Partial<ResamplingOptions> = {},
): { difference: number; interval: [low: number, high: number] } {
  const { draws, confidence, seed } = { ...RESAMPLING_DEFAULTS, ...options };
  const starts = a[0]?.length ?? 0;
  if (a.length === 0 || b.length === 0 || starts === 0)
    throw new RangeError('each side needs a training and a start');
  if ([...a, ...b].some((training) => training.length !== starts))
    throw new RangeError(`all trainings must have been rolled out on the same ${starts} starts`);
  const rng = Rng.from('seeds-and-starts', seed);
  const found = Array.from({ length: draws }, () => {
    const chosen = drawn(rng, starts, starts);
    return (
      meanRate(b, drawn(rng, b.length, b.length), chosen) -
      meanRate(a, drawn(rng, a.length, a.length), chosen)
    );
  }).toSorted((one, other) => one - other);
  const tail = (1 - confidence) / 2;
  const everything = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return {
    difference:
      meanRate(b, everything(b.length), everything(starts)) -
      meanRate(a, everything(a.length), everything(starts)),
    interval: [found[Math.floor(tail * draws)], found[Math.ceil((1 - tail) * draws) - 1]],
  };
}

const drawn = (rng: Rng, count: number, from: number): number[] =>
  Array.from({ length: count }, () => Math.floor(rng.unit() * from));

function meanRate(trainings: readonly Solved[], which: readonly number[], starts: readonly number[]): number {
  let solved = 0;
  for (const k of which) for (const start of starts) solved += trainings[k][start] ? 1 : 0;
  return solved / (which.length * starts.length);
}
