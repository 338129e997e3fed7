/** Which round is the best so far, and whether more rounds are worth their time. Pure. */
import { mcnemarExact, type PairCounts } from '../evaluator/statistics/paired.ts';
import { anytimeInterval } from '../evaluator/statistics/sequential.ts';
import type { RolloutFacts } from './stages.ts';

/** A round's rollouts on the held-out conditions. */
export interface JudgedRound {
  round: number;
  facts: RolloutFacts;
}

/** Rounds that must have come after the best before "no improvement" may be said. */
const ROUNDS_SINCE_BEST = 2;
/** Of the test that a round is worse than the best, which sends the next training back to the best. */
const WORSE_ALPHA = 0.05;

/** The most successes; of equals the earliest, which cost the least. */
export function bestOf<T extends JudgedRound>(judged: readonly T[]): T | undefined {
  return judged.reduce<T | undefined>(
    (best, each) => (best === undefined || each.facts.successes > best.facts.successes ? each : best),
    undefined,
  );
}

/** Pairs by place; one that crashed or hung on either side is left out. */
export function countPairs(before: string, after: string): PairCounts {
  const counts: PairCounts = { pairs: 0, gained: 0, lost: 0 };
  for (let i = 0; i < Math.min(before.length, after.length); i++) {
    if (before[i] === 'e' || after[i] === 'e') continue;
    counts.pairs++;
    if (before[i] === '0' && after[i] === '1') counts.gained++;
    if (before[i] === '1' && after[i] === '0') counts.lost++;
  }
  return counts;
}

/**
 * All rounds since the best against it, as one stream of pairs: what is asked is whether going on brings anything, not
 * whether one round did. The best was chosen on these conditions, so the answer leans towards stopping; a margin and
 * an interval that holds at every look keep it from doing so early.
 */
export function gainSinceBest(judged: readonly JudgedRound[]): { counts: PairCounts; rounds: number } {
  const best = bestOf(judged);
  const counts: PairCounts = { pairs: 0, gained: 0, lost: 0 };
  const since = judged.filter(({ round }) => best !== undefined && round > best.round);
  for (const { facts } of since) {
    const { pairs, gained, lost } = countPairs(best!.facts.outcomes, facts.outcomes);
    counts.pairs += pairs;
    counts.gained += gained;
    counts.lost += lost;
  }
  return { counts, rounds: since.length };
}

/** The largest gain per round that is not ruled out, as a share, when it is below the margin; else undefined. */
export function ruledOutGain(judged: readonly JudgedRound[], marginPoints: number): number | undefined {
  const { counts, rounds } = gainSinceBest(judged);
  if (rounds < ROUNDS_SINCE_BEST) return undefined;
  const [, high] = anytimeInterval(counts);
  return high < marginPoints / 100 ? high : undefined;
}

/**
 * The round that the next training starts from: the latest, which has seen the most data, unless it is shown to be
 * worse than the best.
 */
export function warmRound<T extends JudgedRound>(judged: readonly T[]): T | undefined {
  const last = judged.at(-1);
  const best = bestOf(judged);
  if (!last || !best) return undefined;
  const { gained, lost } = countPairs(best.facts.outcomes, last.facts.outcomes);
  return lost > gained && mcnemarExact(gained, lost) <= WORSE_ALPHA ? best : last;
}
