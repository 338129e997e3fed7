/** The normal distribution: quantiles and tails. */

/**
 * Upper tail of the standard normal distribution, P(Z > z), to a relative 1e-13 or so.
 * Series of erf near zero, continued fraction of erfc beyond (Abramowitz & Stegun 7.1.6, 7.1.14).
 */
export function normalUpperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const tail = x < 2 ? (1 - erfSeries(x)) / 2 : erfcFraction(x) / 2;
  return z >= 0 ? tail : 1 - tail;
}

/** z with P(Z <= z) = probability. @throws RangeError unless 0 < probability < 1 */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1))
    throw new RangeError(`probability is ${probability}; it must lie between 0 and 1`);
  const tail = Math.min(probability, 1 - probability);
  let z = tailStart(tail);
  // Halley's step on the tail; three from a start good to 4.5e-4 reach the last bits.
  for (let step = 0; step < 3; step++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const shift = (normalUpperTail(z) - tail) / density;
    z += shift / (1 + (z * shift) / 2);
  }
  return probability < 0.5 ? -z : z;
}

/** Abramowitz & Stegun 26.2.23: the upper quantile of a tail of at most 1/2, to 4.5e-4. */
function tailStart(tail: number): number {
  const t = Math.sqrt(-2 * Math.log(tail));
  return (
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  );
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfcFraction(x: number): number {
  let fraction = 0;
  for (let k = 120; k >= 1; k--) fraction = k / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
