/**
 * A comparison that may be looked at after every pair: the test and the interval stay right whenever one stops.
 *
 * Each pair is worth +1 (only B solved it), -1 (only A did) or 0. For a supposed mean difference m, a gambler who bets
 * a share L on "more" (or on "less") turns 1 into prod(1 + L (x - m)): a martingale if m is true, so by Ville's
 * inequality it ever reaches 1/alpha with probability at most alpha (betting confidence sequences: Waudby-Smith &
 * Ramdas, JRSS B 86, 2024). The wealth here is the mean over a fixed grid of L, which is a martingale as well. At m = 0
 * the grid is a mixture over how a discordant pair falls, the mixture SPRT of Robbins (1970) for p = 1/2; pairs that
 * ended alike neither help nor harm.
 *
 * The pairs must come in an order that does not depend on how they end; `shuffledOrder` in ../compare gives one.
 */
import type { PairCounts } from './paired.ts';

/** Shares of the largest bet that can be lost without debt. 0.995 instead of 1: a single loss must not end the game. */
const BET_SHARES = Array.from({ length: 100 }, (_, k) => ((k + 0.5) / 100) * 0.995);

export const SEQUENTIAL_DEFAULTS = { alpha: 0.05 } as const;

/** ln of the wealth of betting on a mean above m (`up`) or below it, averaged over the grid. */
function logWealth({ pairs, gained, lost }: PairCounts, m: number, up: boolean): number {
  const sign = up ? 1 : -1;
  const largest = 1 / (1 + sign * m);
  const ties = pairs - gained - lost;
  const logs = BET_SHARES.map((share) => {
    const bet = sign * share * largest;
    return (
      weighted(gained, 1 + bet * (1 - m)) + weighted(lost, 1 + bet * (-1 - m)) + weighted(ties, 1 - bet * m)
    );
  });
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / logs.length);
}

function weighted(count: number, factor: number): number {
  return count === 0 ? 0 : count * Math.log(factor);
}

/** The evidence against equal rates so far, as ln of an e-value; both directions share the stake. */
export function logEvidence(counts: PairCounts): number {
  const up = logWealth(counts, 0, true);
  const down = logWealth(counts, 0, false);
  const top = Math.max(up, down);
  return top + Math.log((Math.exp(up - top) + Math.exp(down - top)) / 2);
}

/** A p value that is valid at whatever moment one stops. */
export function anytimePValue(counts: PairCounts): number {
  return Math.min(1, Math.exp(-logEvidence(counts)));
}

/** The differences not yet ruled out, B minus A: covers the true one at all times at once with 1 - alpha. */
export function anytimeInterval(
  counts: PairCounts,
  alpha: number = SEQUENTIAL_DEFAULTS.alpha,
): [low: number, high: number] {
  if (counts.pairs === 0) return [-1, 1];
  const observed = (counts.gained - counts.lost) / counts.pairs;
  const threshold = Math.log(2 / alpha);
  return [
    boundary(observed, -1, (m) => logWealth(counts, m, true) >= threshold),
    boundary(observed, 1, (m) => logWealth(counts, m, false) >= threshold),
  ];
}

/** Walks from `near`, which stands, to `far`; returns the last difference that stands. */
function boundary(near: number, far: number, ruledOut: (m: number) => boolean): number {
  const edge = far * (1 - 1e-9);
  if (!ruledOut(edge)) return far;
  let stands = near;
  let out = edge;
  for (let step = 0; step < 30; step++) {
    const middle = (stands + out) / 2;
    if (ruledOut(middle)) out = middle;
    else stands = middle;
  }
  return out;
}

export type SequentialDecision = 'better' | 'worse' | 'no difference' | 'go on';

/**
 * What may be said now: one is better, they differ by less than the margin, or neither yet.
 *
 * @param margin differences below it do not matter; a fraction
 */
export function decide(
  counts: PairCounts,
  margin: number,
  alpha: number = SEQUENTIAL_DEFAULTS.alpha,
): SequentialDecision {
  if (logEvidence(counts) >= Math.log(1 / alpha)) return counts.gained > counts.lost ? 'better' : 'worse';
  const [low, high] = anytimeInterval(counts, alpha);
  if (low > -margin && high < margin) return 'no difference';
  return 'go on';
}
