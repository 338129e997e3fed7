/** The verdict on two paired rollouts. A is what was there, B is what is new. */
import { holm } from '../statistics/holm.ts';
import {
  mcnemarExact,
  type PairCounts,
  pairedDifferenceInterval,
  smallestDetectableDifference,
} from '../statistics/paired.ts';
import { anytimeInterval, anytimePValue, decide } from '../statistics/sequential.ts';
import { wilson } from '../statistics/wilson.ts';
import { countPairs, type Pair, type Pairing } from './pairing.ts';

export const COMPARE_DEFAULTS = { marginPoints: 5, alpha: 0.05 } as const;

export type Verdict = 'BETTER' | 'WORSE' | 'NO DIFFERENCE SHOWN' | 'UNDERPOWERED';

export interface Rate {
  successes: number;
  success_rate: number;
  wilson: [number, number];
}

export interface ScenarioComparison {
  episodes: number;
  a: Rate;
  b: Rate;
  gained: number;
  lost: number;
  difference: number;
  interval: [number, number];
  /** Exact McNemar, corrected by Holm for the number of scenarios. */
  p_value: number;
}

export interface Comparison {
  verdict: Verdict;
  /** Success rate of B minus that of A, a fraction. */
  difference: number;
  interval: [number, number];
  p_value: number;
  /** Pairs compared. */
  episodes: number;
  /** With 80 % power on this many pairs. */
  smallest_detectable_difference: number;
  /** Fraction. */
  margin: number;
  gained: number;
  lost: number;
  a: Rate;
  b: Rate;
  errors: { a: number; b: number; pairs_left_out: number };
  by_scenario: Record<string, ScenarioComparison>;
  /** Conditions that only A, and only B, solved. */
  conditions: { lost: string[]; gained: string[] };
  notes: string[];
  /** How it was looked at: once, at the end, or after every pair. */
  method: 'fixed' | 'sequential';
  /** Pairs on hand when a sequential comparison stopped. */
  pairs_available: number;
}

/** One look at all pairs. @param marginPoints differences below it do not matter, in percentage points */
export function comparePairs(
  pairing: Pairing,
  marginPoints: number = COMPARE_DEFAULTS.marginPoints,
): Comparison {
  const counts = countPairs(pairing.pairs);
  const margin = marginPoints / 100;
  const p = mcnemarExact(counts.gained, counts.lost);
  const detectable = smallestDetectableDifference(counts);
  const verdict = verdictOf(counts, p, detectable, margin);
  return {
    ...describe(pairing.pairs, pairing, margin),
    verdict,
    interval: pairedDifferenceInterval(counts),
    p_value: p,
    smallest_detectable_difference: detectable,
    notes: errorNotes(pairing, counts, verdict),
    method: 'fixed',
    pairs_available: counts.pairs,
  };
}

/**
 * Looks after every pair and stops at the first that decides, by a test that allows for it. Not decided on the last
 * pair: UNDERPOWERED.
 */
export function compareUntilDecided(
  pairing: Pairing,
  marginPoints: number = COMPARE_DEFAULTS.marginPoints,
): Comparison {
  const margin = marginPoints / 100;
  let used = 0;
  let decision = 'go on';
  const counts: PairCounts = { pairs: 0, gained: 0, lost: 0 };
  for (const pair of pairing.pairs) {
    const one = countPairs([pair]);
    counts.pairs = ++used;
    counts.gained += one.gained;
    counts.lost += one.lost;
    decision = decide(counts, margin);
    if (decision !== 'go on') break;
  }
  const verdicts: Record<string, Verdict> = {
    better: 'BETTER',
    worse: 'WORSE',
    'no difference': 'NO DIFFERENCE SHOWN',
    'go on': 'UNDERPOWERED',
  };
  const verdict = verdicts[decision];
  return {
    ...describe(pairing.pairs.slice(0, used), pairing, margin),
    verdict,
    interval: anytimeInterval(counts),
    p_value: anytimePValue(counts),
    smallest_detectable_difference: smallestDetectableDifference(counts),
    notes: errorNotes(pairing, counts, verdict),
    method: 'sequential',
    pairs_available: pairing.pairs.length,
  };
}

function verdictOf(counts: PairCounts, p: number, detectable: number, margin: number): Verdict {
  if (p <= COMPARE_DEFAULTS.alpha) return counts.gained > counts.lost ? 'BETTER' : 'WORSE';
  return detectable <= margin ? 'NO DIFFERENCE SHOWN' : 'UNDERPOWERED';
}

function describe(pairs: readonly Pair[], { errors }: Pairing, margin: number) {
  const counts = countPairs(pairs);
  const only = (one: 'a' | 'b', other: 'a' | 'b') =>
    pairs
      .filter((pair) => pair[one].status === 'success' && pair[other].status !== 'success')
      .map(({ condition }) => condition)
      .sort();
  return {
    difference: difference(counts),
    episodes: counts.pairs,
    margin,
    gained: counts.gained,
    lost: counts.lost,
    a: rate(pairs, 'a'),
    b: rate(pairs, 'b'),
    errors: {
      a: errors.filter(({ a }) => a.status === 'error').length,
      b: errors.filter(({ b }) => b.status === 'error').length,
      pairs_left_out: errors.length,
    },
    by_scenario: byScenario(pairs),
    conditions: { lost: only('a', 'b'), gained: only('b', 'a') },
  };
}

function byScenario(pairs: readonly Pair[]): Record<string, ScenarioComparison> {
  const names = [...new Set(pairs.map(({ scenario }) => scenario))].sort();
  const groups = names.map((name) => pairs.filter(({ scenario }) => scenario === name));
  const counts = groups.map(countPairs);
  const pValues = holm(counts.map(({ gained, lost }) => mcnemarExact(gained, lost)));
  return Object.fromEntries(
    names.map((name, index) => [
      name,
      {
        episodes: counts[index].pairs,
        a: rate(groups[index], 'a'),
        b: rate(groups[index], 'b'),
        gained: counts[index].gained,
        lost: counts[index].lost,
        difference: difference(counts[index]),
        interval: pairedDifferenceInterval(counts[index]),
        p_value: pValues[index],
      },
    ]),
  );
}

function difference({ pairs, gained, lost }: PairCounts): number {
  return pairs === 0 ? 0 : (gained - lost) / pairs;
}

function rate(pairs: readonly Pair[], side: 'a' | 'b'): Rate {
  const successes = pairs.filter((pair) => pair[side].status === 'success').length;
  return {
    successes,
    success_rate: pairs.length === 0 ? 0 : successes / pairs.length,
    wilson: wilson(successes, pairs.length),
  };
}

/** Errors are no failures; but a verdict that their outcome could turn is not worth much. */
function errorNotes({ errors }: Pairing, counts: PairCounts, verdict: Verdict): string[] {
  if (errors.length === 0) return [];
  const left = `${errors.length} pairs are left out, because an episode of theirs crashed or hung`;
  if (verdict !== 'BETTER' && verdict !== 'WORSE') return [left];
  const against = {
    gained: counts.gained + (verdict === 'WORSE' ? errors.length : 0),
    lost: counts.lost + (verdict === 'BETTER' ? errors.length : 0),
  };
  const stillShown =
    mcnemarExact(against.gained, against.lost) <= COMPARE_DEFAULTS.alpha &&
    against.gained > against.lost === (verdict === 'BETTER');
  return [stillShown ? left : `${left}; had they all gone the other way, ${verdict} would not be shown`];
}
