/** Two policies on the same conditions: does one succeed more often, by how much, and what could have been seen? */
import { binomialCdf, binomialMass } from './binomial.ts';
import { normalQuantile } from './normal.ts';

/** Of n pairs: how many only B solved, how many only A solved. The rest ended alike. */
export interface PairCounts {
  pairs: number;
  gained: number;
  lost: number;
}

/**
 * Exact McNemar test, two-sided: under no difference each discordant pair falls either way with probability 1/2
 * (statsmodels `mcnemar(exact=True)`).
 *
 * @returns p value; 1 when no pair is discordant
 */
export function mcnemarExact(gained: number, lost: number): number {
  const discordant = gained + lost;
  if (discordant === 0) return 1;
  return Math.min(1, 2 * binomialCdf(Math.min(gained, lost), discordant, 0.5));
}

/**
 * Score interval of the difference of two paired rates, B minus A (Tango, Statistics in Medicine 17, 1998, 891-908).
 * Its coverage holds for few pairs and for rates at 0 or 1, where the Wald interval collapses to a point.
 *
 * @returns [low, high] within [-1, 1]; all of it when there are no pairs
 */
export function pairedDifferenceInterval(counts: PairCounts, confidence = 0.95): [low: number, high: number] {
  if (counts.pairs === 0) return [-1, 1];
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const observed = (counts.gained - counts.lost) / counts.pairs;
  return [
    crossing(observed, -1, (difference) => tangoScore(counts, difference) - z),
    crossing(observed, 1, (difference) => tangoScore(counts, difference) + z),
  ];
}

/** Standardised distance of what was seen from a supposed difference; falls as the supposed one grows. */
function tangoScore({ pairs, gained, lost }: PairCounts, difference: number): number {
  const a = 2 * pairs;
  const b = -gained - lost + (2 * pairs - gained + lost) * difference;
  const c = -lost * difference * (1 - difference);
  const lostRate = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
  const variance = pairs * (2 * lostRate + difference * (1 - difference));
  const distance = gained - lost - pairs * difference;
  if (variance <= 0) return distance === 0 ? 0 : Math.sign(distance) * Number.POSITIVE_INFINITY;
  return distance / Math.sqrt(variance);
}

/** Where the function changes its sign between `from`, where it has the one of `inside`, and the bound. */
function crossing(from: number, bound: number, value: (at: number) => number): number {
  const inside = Math.sign(value(from));
  if (Math.sign(value(bound)) === inside) return bound;
  let near = from;
  let far = bound;
  for (let step = 0; step < 60; step++) {
    const middle = (near + far) / 2;
    if (Math.sign(value(middle)) === inside) near = middle;
    else far = middle;
  }
  return (near + far) / 2;
}

export const DETECTION_DEFAULTS = { alpha: 0.05, power: 0.8 } as const;

/**
 * The smallest true difference that the exact McNemar test finds with the given power on this many pairs.
 * A pair is discordant at the observed rate (one pseudo pair added, so that none seen is not taken for none possible),
 * or at the difference itself where that is larger.
 *
 * @returns within (0, 1]; 1 also when no difference can be found on so few pairs
 */
export function smallestDetectableDifference(
  { pairs, gained, lost }: PairCounts,
  options: { alpha?: number; power?: number } = {},
): number {
  const { alpha, power } = { ...DETECTION_DEFAULTS, ...options };
  if (pairs === 0) return 1;
  const discordance = Math.min(1, (gained + lost + 1) / (pairs + 1));
  const powerAt = mcnemarPower(pairs, alpha);
  if (powerAt(1, 1) < power) return 1;
  let low = 0;
  let high = 1;
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (powerAt(middle, Math.max(middle, discordance)) >= power) high = middle;
    else low = middle;
  }
  return high;
}

/** Power of the two-sided exact test against a difference at a rate of discordant pairs, counting the right side only. */
export function mcnemarPower(
  pairs: number,
  alpha: number,
): (difference: number, discordance: number) => number {
  const critical = Array.from({ length: pairs + 1 }, (_, discordant) => criticalCount(discordant, alpha));
  return (difference, discordance) => {
    const towardsLoss = (1 - difference / discordance) / 2;
    let sum = 0;
    for (let discordant = 0; discordant <= pairs; discordant++) {
      const weight = binomialMass(discordant, pairs, discordance);
      if (weight > 1e-12 && critical[discordant] >= 0)
        sum += weight * binomialCdf(critical[discordant], discordant, towardsLoss);
    }
    return sum;
  };
}

/** The most discordant pairs against the winner that are still significant; -1 when not even none is. */
function criticalCount(discordant: number, alpha: number): number {
  let sum = 0;
  for (let k = 0; k <= discordant; k++) {
    sum += binomialMass(k, discordant, 0.5);
    if (2 * sum > alpha) return k - 1;
  }
  return discordant;
}
