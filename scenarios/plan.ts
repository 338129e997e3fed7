/** Seeds to jobs: which episodes a run makes, decided before anything runs. Pure. */

/** One episode to make: the `slot`-th of its scenario. Its attempts draw from (seed, scenario, slot, attempt). */
export interface Job {
  /** Place in the dataset, counted from the run's first episode. */
  index: number;
  scenario: string;
  slot: number;
}

export interface PlanOptions {
  /** Scenario names with their weights, in the order asked for. */
  shares: readonly { name: string; weight: number }[];
  episodes: number;
  /** First slot a scenario may use, where earlier runs into the same dataset used some. */
  firstSlots?: Readonly<Record<string, number>>;
}

/**
 * Whole numbers in proportion to the weights that add up to `total`: largest remainder, ties to the earlier one.
 * Equal weights that divide the total get exactly equal counts.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const counts = exact.map(Math.floor);
  let left = total - counts.reduce((a, b) => a + b, 0);
  const order = exact
    .map((value, i) => ({ i, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i } of order) {
    if (left-- <= 0) break;
    counts[i]++;
  }
  return counts;
}

/** The jobs in the order of the dataset, scenarios evenly interleaved so that every stretch holds them all. */
export function planEpisodes({ shares, episodes, firstSlots = {} }: PlanOptions): Job[] {
  const counts = apportion(
    episodes,
    shares.map((share) => share.weight),
  );
  const placed = shares.flatMap((share, order) =>
    Array.from({ length: counts[order] }, (_, i) => ({
      scenario: share.name,
      slot: (firstSlots[share.name] ?? 0) + i,
      at: (i + 0.5) / counts[order],
      order,
    })),
  );
  placed.sort((a, b) => a.at - b.at || a.order - b.order);
  return placed.map(({ scenario, slot }, index) => ({ index, scenario, slot }));
}
