/** The stored statistics against the same computed again: what normalises the inputs of every policy. */
import { type EpisodeRow, numbersIn } from '../episode-row.ts';
import type { Findings } from '../findings.ts';
import { aggregateStatistics, type DatasetStatistics, vectorStatistics } from '../statistics.ts';
import type { EpisodeFrames } from './frames.ts';

/** lerobot computes in float32 for float32 columns; its error grows with the values' size. */
const RELATIVE_TOLERANCE = 1e-3;
const EXACT = ['min', 'max', 'mean', 'std', 'count'] as const;

/** Minimum, maximum, mean, std and count of one episode. Quantiles differ between writers by their histograms' bins. */
export function checkEpisodeStatistics(
  { row, columns }: EpisodeFrames,
  findings: Findings,
): DatasetStatistics {
  const computed: DatasetStatistics = {};
  for (const [feature, { width, values }] of Object.entries(columns)) {
    computed[feature] = vectorStatistics(values, width);
    const stored = row.statistics[feature];
    if (!stored) continue;
    for (const name of EXACT)
      compare(row.episodeIndex, feature, name, stored[name], computed[feature][name], findings);
  }
  return computed;
}

/** stats.json against the statistics of all episodes. */
export function checkDatasetStatistics(
  stored: Record<string, Record<string, unknown>>,
  episodes: readonly DatasetStatistics[],
  findings: Findings,
): void {
  const computed = aggregateStatistics(episodes);
  for (const [feature, statistics] of Object.entries(computed)) {
    if (!stored[feature]) {
      findings.fault(null, 'statistics', `stats.json has nothing for ${feature}`);
      continue;
    }
    for (const name of EXACT) {
      compare(null, feature, name, numbersIn(stored[feature][name]), statistics[name], findings);
    }
  }
}

/** Cameras: stats.json must have them (lerobot 0.4 fails without), and they must be those of the episodes. */
export function checkCameraStatistics(
  cameraKey: string,
  stored: Record<string, unknown> | undefined,
  rows: readonly EpisodeRow[],
  findings: Findings,
): void {
  if (!stored) {
    findings.fault(null, 'statistics', `stats.json has nothing for ${cameraKey}`);
    return;
  }
  warnOfCameraStd(cameraKey, stored, findings);
  const parts = rows.map((row) => row.statistics[cameraKey]).filter((part) => part?.count?.length > 0);
  if (parts.length !== rows.length) return;
  const computed = aggregateStatistics(
    parts.map((part) => ({ camera: part as DatasetStatistics[string] })),
  ).camera;
  for (const name of ['min', 'max', 'mean'] as const) {
    compare(null, cameraKey, name, numbersIn(stored[name]), computed[name], findings);
  }
}

/**
 * lerobot up to 0.5.1 squares pictures as uint8, which overflows, so its std is 0 or nearly. A warning: nothing that
 * could be recorded anew is at fault. A tenth of the values lies at or below q10 and a tenth at or above q90, which
 * bounds the std from below; half of that bound, because q10 and q90 are means over episodes.
 */
function warnOfCameraStd(cameraKey: string, stored: Record<string, unknown>, findings: Findings): void {
  const [mean, std, q10, q90] = ['mean', 'std', 'q10', 'q90'].map((name) => numbersIn(stored[name]));
  const isImpossible = std.some((value, i) => {
    const least = Math.sqrt(0.1 * ((mean[i] - q10[i]) ** 2 + (q90[i] - mean[i]) ** 2));
    return !(value > 0) || value < 0.5 * least || value > Math.sqrt(mean[i] * (1 - mean[i])) + 1e-3;
  });
  if (!isImpossible) return;
  const found = std.map((value) => value.toFixed(4)).join(', ');
  findings.warn(
    null,
    'camera-std',
    `${cameraKey}: std ${found} cannot be right: lerobot up to 0.5.1 computes it with an overflow; train with use_imagenet_stats (the default) or mend stats.json`,
  );
}

function compare(
  episode: number | null,
  feature: string,
  name: string,
  stored: readonly number[] | undefined,
  computed: readonly number[],
  findings: Findings,
): void {
  const scale = Math.max(1, ...computed.map(Math.abs));
  const agrees =
    stored?.length === computed.length &&
    stored.every((value, i) => Math.abs(value - computed[i]) <= RELATIVE_TOLERANCE * scale);
  // NaN in the data is found by its own check.
  if (agrees || computed.some(Number.isNaN)) return;
  const text = (values: readonly number[] | undefined): string =>
    values === undefined ? 'missing' : values.map((value) => Number(value.toPrecision(6))).join(', ');
  findings.fault(
    episode,
    'statistics',
    `${name} of ${feature} is stored as ${text(stored)}, computed ${text(computed)}`,
  );
}
