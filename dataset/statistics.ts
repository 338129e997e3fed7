/**
 * The statistics that LeRobot keeps for each feature, of one episode and of many.
 *
 * Population standard deviation. An episode's quantiles are exact: the smallest value that at least the share q of
 * the values does not exceed (numpy's `inverted_cdf`; lerobot approximates the same with 5000 bins). Of many
 * episodes: minimum, maximum, count-weighted mean, pooled variance and, like lerobot 0.4.4's aggregate_stats, the
 * count-weighted mean of the episodes' quantiles, which is no quantile of the whole but can be appended to.
 */
export const QUANTILES = { q01: 0.01, q10: 0.1, q50: 0.5, q90: 0.9, q99: 0.99 } as const;
export type QuantileName = keyof typeof QUANTILES;
export const QUANTILE_NAMES = Object.keys(QUANTILES) as QuantileName[];
export const STATISTIC_NAMES = ['min', 'max', 'mean', 'std', 'count', ...QUANTILE_NAMES] as const;

/** One number a dimension, but `count`, which is one number: the values behind each of the others. */
export type FeatureStatistics = Record<(typeof STATISTIC_NAMES)[number], number[]>;
export type DatasetStatistics = Record<string, FeatureStatistics>;

/** Statistics of `values`, rows of `width` numbers. At least one row. */
export function vectorStatistics(values: ArrayLike<number>, width = 1): FeatureStatistics {
  const count = values.length / width;
  const result = emptyStatistics(count);
  const column = new Float64Array(count);
  for (let d = 0; d < width; d++) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      column[i] = values[i * width + d];
      sum += column[i];
    }
    const mean = sum / count;
    let squares = 0;
    for (let i = 0; i < count; i++) squares += (column[i] - mean) * (column[i] - mean);
    column.sort();
    result.min.push(column[0]);
    result.max.push(column[count - 1]);
    result.mean.push(mean);
    result.std.push(Math.sqrt(squares / count));
    for (const name of QUANTILE_NAMES) result[name].push(column[rankOf(QUANTILES[name], count)]);
  }
  return result;
}

const LEVELS = 256;

/**
 * Statistics of a camera from counts of its 256 levels, R then G then B, scaled to [0, 1].
 * @param frames how many frames were counted: lerobot's `count`
 */
export function cameraStatistics(histogram: Uint32Array, frames: number): FeatureStatistics {
  const result = emptyStatistics(frames);
  for (let channel = 0; channel < 3; channel++) {
    const levels = histogram.subarray(channel * LEVELS, (channel + 1) * LEVELS);
    let pixels = 0;
    let sum = 0;
    for (let level = 0; level < LEVELS; level++) {
      pixels += levels[level];
      sum += levels[level] * level;
    }
    const mean = sum / pixels;
    let squares = 0;
    for (let level = 0; level < LEVELS; level++) squares += levels[level] * (level - mean) * (level - mean);
    result.min.push(levelAtRank(levels, 0) / 255);
    result.max.push(levelAtRank(levels, pixels - 1) / 255);
    result.mean.push(mean / 255);
    result.std.push(Math.sqrt(squares / pixels) / 255);
    for (const name of QUANTILE_NAMES) {
      result[name].push(levelAtRank(levels, rankOf(QUANTILES[name], pixels)) / 255);
    }
  }
  return result;
}

/** Statistics of all, in the order given: the same parts in the same order give the same bits. */
export function aggregateStatistics(parts: readonly DatasetStatistics[]): DatasetStatistics {
  const result: DatasetStatistics = {};
  for (const feature of Object.keys(parts[0] ?? {})) {
    result[feature] = aggregateFeature(parts.map((part) => part[feature]));
  }
  return result;
}

function aggregateFeature(parts: readonly FeatureStatistics[]): FeatureStatistics {
  const counts = parts.map((part) => part.count[0]);
  const total = counts.reduce((a, b) => a + b, 0);
  const weighted = (pick: (part: FeatureStatistics) => number): number =>
    parts.reduce((sum, part, i) => sum + pick(part) * counts[i], 0) / total;
  const result = emptyStatistics(total);
  // Older versions of lerobot kept no quantiles.
  const quantiles = QUANTILE_NAMES.filter((name) => parts.every((part) => part[name] !== undefined));
  for (let d = 0; d < parts[0].mean.length; d++) {
    const mean = weighted((part) => part.mean[d]);
    result.min.push(parts.reduce((least, part) => Math.min(least, part.min[d]), Infinity));
    result.max.push(parts.reduce((most, part) => Math.max(most, part.max[d]), -Infinity));
    result.mean.push(mean);
    result.std.push(Math.sqrt(weighted((part) => part.std[d] ** 2 + (part.mean[d] - mean) ** 2)));
    for (const name of quantiles) result[name].push(weighted((part) => part[name][d]));
  }
  for (const name of QUANTILE_NAMES)
    if (!quantiles.includes(name)) delete (result as Partial<typeof result>)[name];
  return result;
}

/** What can be added up of many episodes without keeping them: all but the quantiles. */
export type ExactStatistics = Pick<FeatureStatistics, 'min' | 'max' | 'mean' | 'std' | 'count'>;

/** Statistics of a dataset, an episode at a time: a million episodes take no more memory than one. */
export class RunningStatistics {
  readonly #features = new Map<string, ExactStatistics & { squares: number[] }>();

  add(feature: string, part: ExactStatistics): void {
    const count = part.count[0];
    const squares = part.std.map((std) => std * std * count);
    const known = this.#features.get(feature);
    if (!known) {
      const { min, max, mean } = part;
      this.#features.set(feature, {
        ...{ min: [...min], max: [...max], mean: [...mean], std: [], count: [count], squares },
      });
      return;
    }
    const total = known.count[0] + count;
    for (let d = 0; d < known.mean.length; d++) {
      // Chan, Golub and LeVeque: two parts' sums of squared differences from their own means.
      const difference = part.mean[d] - known.mean[d];
      known.squares[d] += squares[d] + (difference * difference * known.count[0] * count) / total;
      known.mean[d] += (difference * count) / total;
      known.min[d] = Math.min(known.min[d], part.min[d]);
      known.max[d] = Math.max(known.max[d], part.max[d]);
    }
    known.count[0] = total;
  }

  /** By feature, in the order in which they came. */
  *results(): Generator<[string, ExactStatistics]> {
    for (const [feature, { squares, ...sums }] of this.#features) {
      yield [feature, { ...sums, std: squares.map((sum) => Math.sqrt(sum / sums.count[0])) }];
    }
  }
}

function emptyStatistics(count: number): FeatureStatistics {
  return { min: [], max: [], mean: [], std: [], count: [count], q01: [], q10: [], q50: [], q90: [], q99: [] };
}

/** Position among `count` sorted values; the tolerance keeps 0.9 * 10 from becoming the tenth of ten. */
function rankOf(quantile: number, count: number): number {
  return Math.max(0, Math.ceil(quantile * count - 1e-9) - 1);
}

function levelAtRank(levels: Uint32Array, rank: number): number {
  let passed = 0;
  for (let level = 0; level < LEVELS; level++) {
    passed += levels[level];
    if (passed > rank) return level;
  }
  return LEVELS - 1;
}
