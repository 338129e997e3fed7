/** The interval of a success rate. */
import { normalQuantile } from './normal.ts';

/**
 * Wilson's score interval of a binomial rate (Wilson 1927; recommended for small n by Brown, Cai, DasGupta 2001).
 *
 * @returns [low, high] within [0, 1]; [0, 1] when nothing was tried
 * @throws RangeError when the counts are no counts or the confidence is not between 0 and 1
 */
export function wilson(successes: number, n: number, confidence = 0.95): [low: number, high: number] {
  if (!(Number.isInteger(successes) && Number.isInteger(n) && successes >= 0 && successes <= n))
    throw new RangeError(`${successes} successes of ${n}; both must be counts, the first at most the second`);
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`confidence is ${confidence}; it must lie between 0 and 1`);
  if (n === 0) return [0, 1];
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const rate = successes / n;
  const centre = rate + (z * z) / (2 * n);
  const half = z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  // At the ends the bound is exact; rounding must not leave 1e-17 behind.
  return [
    successes === 0 ? 0 : Math.max(0, (centre - half) / scale),
    successes === n ? 1 : Math.min(1, (centre + half) / scale),
  ];
}
