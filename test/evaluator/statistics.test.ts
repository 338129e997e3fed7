/** The evaluator's statistics against scipy and statsmodels, and their promises in simulation. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialCdf, binomialMass } from '../../evaluator/statistics/binomial.ts';
import { normalQuantile, normalUpperTail } from '../../evaluator/statistics/normal.ts';
import {
  mcnemarExact,
  mcnemarPower,
  type PairCounts,
  pairedDifferenceInterval,
  smallestDetectableDifference,
} from '../../evaluator/statistics/paired.ts';
import {
  anytimeInterval,
  anytimePValue,
  decide,
  logEvidence,
} from '../../evaluator/statistics/sequential.ts';
import { wilson } from '../../evaluator/statistics/wilson.ts';

interface Golden {
  normal_quantile: { p: number; z: number }[];
  normal_upper_tail: { z: number; p: number }[];
  binomial_cdf: { k: number; n: number; rate: number; p: number }[];
  wilson: { successes: number; n: number; confidence: number; interval: [number, number] }[];
  mcnemar: { gained: number; lost: number; p: number }[];
  paired_interval: (PairCounts & { confidence: number; interval: [number, number] })[];
  mcnemar_power: { pairs: number; difference: number; discordance: number; alpha: number; power: number }[];
  robbins_mixture: (PairCounts & { log_evidence: number })[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/statistics.json', import.meta.url), 'utf8'),
);

/** Seeded draws in [0, 1): mulberry32. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Pair after pair, gained and lost at the given rates; `look` may end it by returning true. */
function play(
  random: () => number,
  setting: { pairs: number; gained: number; lost: number },
  look: (counts: PairCounts) => boolean = () => false,
): PairCounts {
  const counts = { pairs: 0, gained: 0, lost: 0 };
  while (counts.pairs < setting.pairs) {
    const u = random();
    counts.pairs++;
    if (u < setting.gained) counts.gained++;
    else if (u < setting.gained + setting.lost) counts.lost++;
    if (look(counts)) break;
  }
  return counts;
}

/** Share of `runs` for which the statement is true. */
function share(runs: number, statement: (run: number) => boolean): number {
  let hits = 0;
  for (let run = 0; run < runs; run++) if (statement(run)) hits++;
  return hits / runs;
}

const anyCounts = fc
  .tuple(fc.nat(60), fc.nat(60), fc.nat(200))
  .map(([gained, lost, alike]) => ({ gained, lost, pairs: gained + lost + alike }));

describe('reference values', () => {
  const near = (found: number, expected: number, relative = 1e-9) =>
    expect(Math.abs(found - expected), `${found} for ${expected}`).toBeLessThanOrEqual(
      Math.abs(expected) * relative + 1e-12,
    );
  it('normal quantiles and tails are those of scipy', () => {
    for (const { p, z } of golden.normal_quantile) near(normalQuantile(p), z);
    for (const { z, p } of golden.normal_upper_tail) near(normalUpperTail(z), p);
  });
  it('binomial sums are those of scipy', () => {
    for (const { k, n, rate, p } of golden.binomial_cdf) near(binomialCdf(k, n, rate), p);
  });
  it('Wilson intervals are those of statsmodels', () => {
    for (const { successes, n, confidence, interval } of golden.wilson)
      wilson(successes, n, confidence).forEach((bound, k) => void near(bound, interval[k]));
  });
  it('exact McNemar p values are those of statsmodels', () => {
    for (const { gained, lost, p } of golden.mcnemar) near(mcnemarExact(gained, lost), p);
  });
  it('paired intervals solve the score equation with the likelihood maximised by scipy', () => {
    for (const { confidence, interval, ...counts } of golden.paired_interval)
      pairedDifferenceInterval(counts, confidence).forEach(
        (bound, k) => void expect(Math.abs(bound - interval[k]), JSON.stringify(counts)).toBeLessThan(1e-7),
      );
  });
  it('the power of the exact test is the sum over all outcomes', () => {
    for (const { pairs, difference, discordance, alpha, power } of golden.mcnemar_power)
      near(mcnemarPower(pairs, alpha)(difference, discordance), power, 1e-6);
  });
  it('the sequential evidence is near the mixture over all bets', () => {
    // A grid that stops at 0.995 of the largest bet loses a little where every pair falls one way.
    for (const { log_evidence, ...counts } of golden.robbins_mixture)
      expect(Math.abs(logEvidence(counts) - log_evidence), JSON.stringify(counts)).toBeLessThan(0.05);
  });
});

describe('Wilson interval', () => {
  it('holds the rate, lies in [0, 1], mirrors, and grows with confidence', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, part) => {
          const k = Math.round(part * n);
          const [low, high] = wilson(k, n);
          const [otherLow, otherHigh] = wilson(n - k, n);
          const [wideLow, wideHigh] = wilson(k, n, 0.99);
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(k / n);
          expect(high).toBeGreaterThanOrEqual(k / n);
          expect(otherLow).toBeCloseTo(1 - high, 12);
          expect(otherHigh).toBeCloseTo(1 - low, 12);
          expect(wideLow).toBeLessThanOrEqual(low);
          expect(wideHigh).toBeGreaterThanOrEqual(high);
        },
      ),
      { seed: 1 },
    );
  });
  it('says nothing of no tries and refuses what is no count', () => {
    expect(wilson(0, 0)).toEqual([0, 1]);
    expect(() => wilson(3, 2)).toThrow(/3 successes of 2/);
    expect(() => wilson(0.5, 2)).toThrow(/counts/);
    expect(() => wilson(1, 2, 1)).toThrow(/confidence is 1/);
  });
  /** Of 100 tries: the chance that the interval holds the rate, summed over all outcomes. */
  const exactCoverage = (rate: number) => {
    let sum = 0;
    for (let k = 0; k <= 100; k++) {
      const [low, high] = wilson(k, 100);
      if (low <= rate && rate <= high) sum += binomialMass(k, 100, rate);
    }
    return sum;
  };
  it('covers 95 of 100 on average over all rates, and never fewer than 83', () => {
    // 0.8376 near the ends is the known worst case of this interval (Brown, Cai, DasGupta 2001, section 3.1.1).
    const coverage = Array.from({ length: 999 }, (_, k) => exactCoverage((k + 1) / 1000));
    expect(coverage.reduce((sum, one) => sum + one, 0) / 999).toBeCloseTo(0.95, 2);
    expect(Math.min(...coverage)).toBeGreaterThan(0.83);
  });
  it.each([0.02, 0.5, 0.85, 0.99])('covers a rate of %d in simulation as often as it must', (rate) => {
    const random = draws(11);
    const covered = share(4000, () => {
      const { gained } = play(random, { pairs: 100, gained: rate, lost: 0 });
      const [low, high] = wilson(gained, 100);
      return low <= rate && rate <= high;
    });
    expect(Math.abs(covered - exactCoverage(rate))).toBeLessThan(0.013);
  });
});

const SETTINGS = [
  { gained: 0.1, lost: 0.1 },
  { gained: 0.02, lost: 0.02 },
  { gained: 0.3, lost: 0.1 },
  { gained: 0.01, lost: 0.15 },
] as const;

describe('paired comparison', () => {
  it.each(SETTINGS)('the interval covers the true difference, %o', (setting) => {
    const random = draws(5);
    const truth = setting.gained - setting.lost;
    const covered = share(1500, () => {
      const [low, high] = pairedDifferenceInterval(play(random, { pairs: 100, ...setting }));
      return low <= truth && truth <= high;
    });
    expect(covered).toBeGreaterThan(0.935);
  });
  it('the exact test errs in at most 5 of 100 runs when nothing differs', () => {
    const random = draws(6);
    const wrong = share(4000, () => {
      const { gained, lost } = play(random, { pairs: 150, gained: 0.15, lost: 0.15 });
      return mcnemarExact(gained, lost) <= 0.05;
    });
    expect(wrong).toBeLessThanOrEqual(0.055);
    expect(wrong).toBeGreaterThan(0.01);
  });
  it('a smallest detectable difference is found about four times in five', () => {
    const counts = { pairs: 200, gained: 20, lost: 20 };
    const detectable = smallestDetectableDifference(counts);
    const discordance = 41 / 201;
    const random = draws(7);
    const found = share(3000, () => {
      const { gained, lost } = play(random, {
        pairs: 200,
        gained: (discordance + detectable) / 2,
        lost: (discordance - detectable) / 2,
      });
      return gained > lost && mcnemarExact(gained, lost) <= 0.05;
    });
    expect(found).toBeGreaterThan(0.77);
    expect(found).toBeLessThan(0.83);
  });
  it('more pairs detect smaller differences; too few detect none', () => {
    const at = (pairs: number) =>
      smallestDetectableDifference({ pairs, gained: pairs / 10, lost: pairs / 10 });
    expect(at(400)).toBeLessThan(at(100));
    expect(at(100)).toBeLessThan(at(20));
    expect(smallestDetectableDifference({ pairs: 5, gained: 0, lost: 0 })).toBe(1);
    expect(smallestDetectableDifference({ pairs: 0, gained: 0, lost: 0 })).toBe(1);
  });
  it('swapping the policies mirrors everything', () => {
    fc.assert(
      fc.property(anyCounts, ({ pairs, gained, lost }) => {
        const [low, high] = pairedDifferenceInterval({ pairs, gained, lost });
        const [otherLow, otherHigh] = pairedDifferenceInterval({ pairs, gained: lost, lost: gained });
        expect(otherLow).toBeCloseTo(-high, 8);
        expect(otherHigh).toBeCloseTo(-low, 8);
        expect(mcnemarExact(gained, lost)).toBe(mcnemarExact(lost, gained));
        if (pairs > 0) expect(low).toBeLessThanOrEqual((gained - lost) / pairs);
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});

describe('sequential test', () => {
  it.each([0.02, 0.15, 0.5])(
    'looked at after every pair, errs in at most 5 of 100 runs (rate %d)',
    (rate) => {
      const random = draws(8);
      const wrong = share(1000, () => {
        let rejected = false;
        play(random, { pairs: 300, gained: rate, lost: rate }, ({ pairs, gained, lost }) => {
          rejected ||= logEvidence({ pairs, gained, lost }) >= Math.log(20);
          return rejected;
        });
        return rejected;
      });
      expect(wrong).toBeLessThanOrEqual(0.05);
    },
    60_000,
  );
  it('where the exact test, looked at after every pair, errs far more often', () => {
    const random = draws(8);
    const wrong = share(300, () => {
      let rejected = false;
      play(random, { pairs: 300, gained: 0.15, lost: 0.15 }, ({ gained, lost }) => {
        rejected ||= mcnemarExact(gained, lost) <= 0.05;
        return rejected;
      });
      return rejected;
    });
    expect(wrong).toBeGreaterThan(0.1);
  });
  it.each(SETTINGS)(
    'its interval holds the true difference at every look, %o',
    (setting) => {
      const random = draws(9);
      const truth = setting.gained - setting.lost;
      const missed = share(120, () => {
        let outside = false;
        play(random, { pairs: 300, ...setting }, (counts) => {
          if (counts.pairs % 10 > 0) return false;
          const [low, high] = anytimeInterval(counts);
          outside = truth < low || truth > high;
          return outside;
        });
        return outside;
      });
      expect(missed).toBeLessThanOrEqual(0.06);
    },
    60_000,
  );
  it('stops early on a large difference, and on none within a wide margin', () => {
    const until = (setting: { gained: number; lost: number }, margin: number) => {
      let decision = 'go on';
      const { pairs } = play(draws(10), { pairs: 1000, ...setting }, (counts) => {
        if (counts.pairs % 5 === 0) decision = decide(counts, margin);
        return decision !== 'go on';
      });
      return { decision, pairs };
    };
    const better = until({ gained: 0.35, lost: 0.05 }, 0.05);
    expect(better.decision).toBe('better');
    expect(better.pairs).toBeLessThan(100);
    expect(until({ gained: 0.05, lost: 0.35 }, 0.05).decision).toBe('worse');
    expect(until({ gained: 0.01, lost: 0.01 }, 0.1).decision).toBe('no difference');
  });
  it('its p value follows the evidence and is 1 before anything is seen', () => {
    expect(anytimePValue({ pairs: 0, gained: 0, lost: 0 })).toBe(1);
    expect(anytimePValue({ pairs: 20, gained: 12, lost: 0 })).toBeLessThan(0.01);
    expect(anytimeInterval({ pairs: 0, gained: 0, lost: 0 })).toEqual([-1, 1]);
  });
});
