/** Binomial probabilities by logarithms, so that thousands of trials neither overflow nor vanish. */

const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let k = logFactorials.length; k <= n; k++) logFactorials.push(logFactorials[k - 1] + Math.log(k));
  return logFactorials[n];
}

/** ln of the number of ways to choose k of n. */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** P(X = k) of n trials with the given rate. */
export function binomialMass(k: number, n: number, rate: number): number {
  if (rate <= 0) return k === 0 ? 1 : 0;
  if (rate >= 1) return k === n ? 1 : 0;
  return Math.exp(logChoose(n, k) + k * Math.log(rate) + (n - k) * Math.log1p(-rate));
}

/** P(X <= k) of n trials with the given rate. */
export function binomialCdf(k: number, n: number, rate: number): number {
  if (k >= n) return 1;
  let sum = 0;
  for (let i = 0; i <= k; i++) sum += binomialMass(i, n, rate);
  return Math.min(1, sum);
}
