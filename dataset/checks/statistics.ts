/** The stored statistics against the same computed again: what normalises the inputs of every policy. */
import type { DatasetInfo } from '../dataset-info.ts';
import type { EpisodeRow } from '../episode-row.ts';
import type { Findings } from '../findings.ts';
import { numbersIn } from '../number-columns.ts';
import { type ExactStatistics, RunningStatistics, vectorStatistics } from '../statistics.ts';
import { type EpisodeFrames, INDEX_COLUMNS } from './frames.ts';

/** lerobot computes in float32 for float32 columns; its error grows with the values' size. */
const RELATIVE_TOLERANCE = 1e-3;
const EXACT = ['min', 'max', 'mean', 'std', 'count'] as const;

export interface StatisticsOf {
  features: DatasetInfo['features'];
  cameraKeys: readonly string[];
  isMadeHere: boolean;
}

/** Episode by episode, then stats.json against all of them. */
export class StatisticsCheck {
  readonly #features: DatasetInfo['features'];
  readonly #cameraKeys: readonly string[];
  readonly #findings: Findings;
  readonly #rows = new RunningStatistics();
  readonly #cameras = new RunningStatistics();
  /** Episodes in which a camera has no statistics of its own. */
  readonly #without = new Map<string, number>();
  /** Episodes in which the statistics of an index column are not what they should be. */
  readonly #stale = new Map<string, number>();

  readonly #isMadeHere: boolean;

  constructor({ features, cameraKeys, isMadeHere }: StatisticsOf, findings: Findings) {
    this.#features = features;
    this.#cameraKeys = cameraKeys;
    this.#isMadeHere = isMadeHere;
    this.#findings = findings;
  }

  /** Minimum, maximum, mean, std and count. Quantiles differ between writers by their histograms' bins. */
  addFrames({ row, columns }: EpisodeFrames): void {
    for (const [feature, { width, values }] of Object.entries(columns)) {
      if (values.length === 0) continue;
      const computed = vectorStatistics(values, width);
      this.#rows.add(feature, computed);
      const stored = row.statistics[feature];
      if (stored) this.#compare(row.episodeIndex, feature, stored, computed);
    }
  }

  /** The statistics of cameras are taken as the episode has them: computing them again means decoding all. */
  addCameras(row: EpisodeRow): void {
    for (const key of this.#cameraKeys) {
      const part = row.statistics[key] as ExactStatistics | undefined;
      const isWhole = EXACT.every(
        (name) => part?.[name]?.length === (name === 'count' ? 1 : part?.mean?.length),
      );
      if (part && isWhole) this.#cameras.add(key, part);
      else this.#without.set(key, (this.#without.get(key) ?? 0) + 1);
    }
  }

  /**
   * stats.json against the statistics of all episodes. lerobot 0.4 loads a dataset without them, so their absence is
   * a fault only of our own, whose writer cannot have left them out.
   */
  finish(stored: Record<string, Record<string, unknown>>): void {
    const missing = (feature: string): void => {
      const isFault = this.#isMadeHere && !INDEX_COLUMNS.has(feature);
      const report = (isFault ? this.#findings.fault : this.#findings.warn).bind(this.#findings);
      report(null, 'statistics', `stats.json has nothing for ${feature}`);
    };
    for (const [feature, computed] of this.#rows.results()) {
      if (stored[feature]) this.#compare(null, feature, numbersOfEach(stored[feature]), computed);
      else missing(feature);
    }
    for (const [feature, episodes] of this.#stale) {
      this.#findings.warn(
        null,
        'statistics',
        `${feature}: the statistics that ${episodes === 1 ? '1 episode keeps' : `${episodes} episodes keep`} are not those of its rows; editors leave index columns so, and nothing is normalised by them`,
      );
    }
    const computed = new Map(this.#cameras.results());
    for (const key of this.#cameraKeys) {
      if (!stored[key]) {
        missing(key);
        continue;
      }
      warnOfCameraStd(key, stored[key], this.#findings);
      const whole = computed.get(key);
      if (!whole || this.#without.has(key)) continue;
      for (const name of ['min', 'max', 'mean'] as const) {
        this.#fault(null, key, name, numbersIn(stored[key][name]), whole[name]);
      }
    }
  }

  #compare(
    episode: number | null,
    feature: string,
    stored: Partial<Record<string, readonly number[]>>,
    computed: ExactStatistics,
  ): void {
    const expected = pooledLike(stored, computed, this.#features[feature]?.shape ?? []);
    if (!INDEX_COLUMNS.has(feature)) {
      for (const name of EXACT) this.#fault(episode, feature, name, stored[name], expected[name]);
      return;
    }
    if (EXACT.every((name) => agree(stored[name], expected[name]))) return;
    if (episode !== null) this.#stale.set(feature, (this.#stale.get(feature) ?? 0) + 1);
    else {
      this.#findings.warn(
        null,
        'statistics',
        `${feature}: the statistics in stats.json are not those of its rows; editors leave index columns so, and nothing is normalised by them`,
      );
    }
  }

  #fault(
    episode: number | null,
    feature: string,
    name: string,
    stored: readonly number[] | undefined,
    computed: readonly number[],
  ): void {
    if (agree(stored, computed)) return;
    const excuse = this.#excuse(feature, name, stored);
    const report = (excuse ? this.#findings.warn : this.#findings.fault).bind(this.#findings);
    report(
      episode,
      'statistics',
      `${name} of ${feature} is stored as ${shown(stored)}, computed ${shown(computed)}${excuse ?? ''}`,
    );
  }

  /** Why a difference is not the dataset's fault; undefined when it is. */
  #excuse(feature: string, name: string, stored: readonly number[] | undefined): string | undefined {
    const { dtype = '' } = this.#features[feature] ?? {};
    if (name === 'std' && OVERFLOWING.has(dtype))
      return `: lerobot squares numbers of ${dtype} with an overflow; compute the statistics again if a policy reads it`;
    if (!this.#isMadeHere && stored?.some((value) => !Number.isFinite(value)))
      return ': numbers that are not finite; compute the statistics again if a policy reads it';
    return undefined;
  }
}

/** lerobot squares these in their own type. */
const OVERFLOWING = new Set(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32']);

const numbersOfEach = (stored: Record<string, unknown>): Partial<Record<string, number[]>> =>
  Object.fromEntries(EXACT.map((name) => [name, numbersIn(stored[name])]));

/**
 * lerobot 0.4.4 and later pool a feature of two and more axes over all but the last; before, and for an episode of one
 * frame, each number has its own statistics. Whichever was stored is computed.
 */
function pooledLike(
  stored: Partial<Record<string, readonly number[]>>,
  computed: ExactStatistics,
  shape: readonly number[],
): ExactStatistics {
  const width = computed.mean.length;
  const last = shape.at(-1) ?? width;
  if (shape.length < 2 || stored.mean?.length === width || last === 0 || width % last !== 0) return computed;
  const result: ExactStatistics = { min: [], max: [], mean: [], std: [], count: computed.count };
  for (let d = 0; d < last; d++) {
    const all = new RunningStatistics();
    for (let i = d; i < width; i += last) {
      const one = (name: 'min' | 'max' | 'mean' | 'std'): number[] => [computed[name][i]];
      all.add('', {
        ...{ min: one('min'), max: one('max'), mean: one('mean'), std: one('std'), count: computed.count },
      });
    }
    const [[, pooled]] = all.results();
    for (const name of ['min', 'max', 'mean', 'std'] as const) result[name].push(pooled[name][0]);
  }
  return result;
}

/** NaN in the data is found by its own check. */
function agree(stored: readonly number[] | undefined, computed: readonly number[]): boolean {
  if (computed.some(Number.isNaN)) return true;
  const scale = computed.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return (
    stored?.length === computed.length &&
    stored.every((value, i) => Math.abs(value - computed[i]) <= RELATIVE_TOLERANCE * scale)
  );
}

const SHOWN = 12;

function shown(values: readonly number[] | undefined): string {
  if (values === undefined) return 'missing';
  const numbers = values.slice(0, SHOWN).map((value) => Number(value.toPrecision(6)));
  return numbers.join(', ') + (values.length > SHOWN ? `, … (${values.length} numbers)` : '');
}

/**
 * lerobot up to 0.5.1 squares pictures as uint8, which overflows, so its std is 0 or nearly. A warning: nothing that
 * could be recorded anew is at fault. A tenth of the values lies at or below q10 and a tenth at or above q90, which
 * bounds the std from below; half of that bound, because q10 and q90 are means over episodes. A channel whose min is its
 * max, as of a single-coloured or a grey-in-RGB depth picture, has std 0 rightly: min and max never overflowed.
 */
function warnOfCameraStd(cameraKey: string, stored: Record<string, unknown>, findings: Findings): void {
  const [min, max, mean, std, q10, q90] = ['min', 'max', 'mean', 'std', 'q10', 'q90'].map((name) =>
    numbersIn(stored[name]),
  );
  const isImpossible = std.some((value, i) => {
    if (min[i] === max[i] && min[i] !== undefined) return !(Math.abs(value) <= LARGEST_CONSTANT_STD);
    const least = Math.sqrt(0.1 * ((mean[i] - q10[i]) ** 2 + (q90[i] - mean[i]) ** 2));
    return !(value > 0) || value < 0.5 * least || value > Math.sqrt(mean[i] * (1 - mean[i])) + 1e-3;
  });
  if (!isImpossible) return;
  const found = std.map((value) => value.toFixed(4)).join(', ');
  findings.warn(
    null,
    'camera-std',
    `${cameraKey}: std ${found} cannot be right: lerobot up to 0.5.1 computes it with an overflow; train with use_imagenet_stats (the default) or compute stats.json again`,
  );
}

/** What rounding leaves of 0 where it is the root of a difference of squares. */
const LARGEST_CONSTANT_STD = 1e-3;
