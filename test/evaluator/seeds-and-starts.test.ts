import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seedsAndStartsInterval } from '../../evaluator/statistics/seeds-and-starts.ts';
import { Rng } from '../../sim/engine/rng.ts';

const trainings = (rates: readonly number[], starts: number, seed: number): boolean[][] => {
  const rng = Rng.from('trainings', seed);
  return rates.map((rate) => Array.from({ length: starts }, () => rng.unit() < rate));
};

it('holds the difference, and changes its sign with the sides', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 2, max: 40 }),
      (seed, n, starts) => {
        const [a, b] = [trainings(Array(n).fill(0.3), starts, seed), trainings([0.6, 0.7], starts, seed + 1)];
        const one = seedsAndStartsInterval(a, b, { draws: 200 });
        const other = seedsAndStartsInterval(b, a, { draws: 200 });
        expect(one.interval[0]).toBeLessThanOrEqual(one.difference + 1e-12);
        expect(one.interval[1]).toBeGreaterThanOrEqual(one.difference - 1e-12);
        expect(other.difference).toBeCloseTo(-one.difference, 12);
      },
    ),
    { numRuns: 40 },
  );
});

it('is wider where trainings of one recipe differ among themselves', () => {
  const a = trainings([0.5, 0.5, 0.5], 300, 1);
  const [alike, apart] = [trainings([0.6, 0.6, 0.6], 300, 2), trainings([0.3, 0.6, 0.9], 300, 2)];
  const width = (b: boolean[][]): number => {
    const [low, high] = seedsAndStartsInterval(a, b).interval;
    return high - low;
  };
  expect(width(apart)).toBeGreaterThan(2 * width(alike));
});

it('covers a true difference of 0 about as often as it says: 95 %, here of 200 made-up experiments', () => {
  const covered = Array.from({ length: 200 }, (_, k) => {
    const rng = Rng.from('spread', k);
    const rates = (): number[] => Array.from({ length: 3 }, () => 0.5 + 0.1 * (rng.unit() - 0.5));
    const { interval } = seedsAndStartsInterval(
      trainings(rates(), 60, 2 * k),
      trainings(rates(), 60, 2 * k + 1),
      {
        draws: 200,
      },
    );
    return interval[0] <= 0 && interval[1] >= 0;
  }).filter(Boolean).length;
  expect(covered).toBeGreaterThan(178);
});

it('refuses sides that cannot be compared', () => {
  expect(() => seedsAndStartsInterval([], [[true]])).toThrow(/each side needs a training/);
  expect(() => seedsAndStartsInterval([[true]], [[true, false]])).toThrow(/the same 1 starts/);
});
