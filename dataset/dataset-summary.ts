/** What `dataset info` tells: sizes, ranges of the features, episodes by scenario and source. Pure but for reading. */
import { printableLine } from '../runtime/printable.ts';
import { framesBySource as sourceCounts } from '../sim/engine/trajectory.ts';
import { flatNames } from './camera-shape.ts';
import type { EpisodeRow } from './episode-row.ts';
import type { DatasetWeight } from './metadata.ts';
import { GrowingNumbers, numbersIn } from './number-columns.ts';
import type { DatasetReader } from './reader.ts';

export interface FeatureRange {
  name: string;
  dtype: string;
  shape: number[];
  /** One of each for each dimension; null where stats.json says nothing. */
  dimensions: { name: string; min: number; max: number; mean: number; std: number }[] | null;
}

export interface DatasetSummary {
  path: string;
  robot: string | null;
  episodes: number;
  frames: number;
  fps: number;
  duration_s: number;
  /** The shortest, the middle and the longest episode, in frames. */
  episode_frames: { min: number; median: number; max: number } | null;
  cameras: { name: string; width: number; height: number; codec: string }[];
  tasks: string[];
  features: FeatureRange[];
  /** Null on datasets that others made. */
  by_scenario: Record<string, { episodes: number; frames: number }> | null;
  /** Episodes by the sources that drove them. */
  by_source: Record<string, number> | null;
  /** Frames by the source that drove. */
  frames_by_source: Record<string, number> | null;
  fingerprint: string | null;
  /** Set by `merge --weights`; null where all count the same. */
  weights: DatasetWeight[] | null;
}

export async function summarizeDataset(reader: DatasetReader): Promise<DatasetSummary> {
  const { info } = reader;
  const lengths = new GrowingNumbers();
  const metadata = await reader.metadata();
  const statistics = (await reader.statistics()) ?? {};
  // Maps, because a scenario of a foreign dataset may be called `__proto__`.
  const byScenario = new Map<string, { episodes: number; frames: number }>();
  const bySource = new Map<string, number>();
  const frames = new FramesBySource(reader);
  let isOurs = info.total_episodes > 0;
  let position = 0;
  for await (const row of reader.episodeRows({ provenance: 'brief' })) {
    if (position++ >= info.total_episodes) break;
    const { provenance, length } = row;
    lengths.push(Float64Array.of(length));
    isOurs &&= provenance !== null;
    if (!isOurs || !provenance) continue;
    const share = byScenario.get(provenance.scenario) ?? { episodes: 0, frames: 0 };
    share.episodes++;
    share.frames += length;
    byScenario.set(provenance.scenario, share);
    const source = provenance.sources.join(' + ');
    bySource.set(source, (bySource.get(source) ?? 0) + 1);
    await frames.add(row);
  }
  const sorted = lengths.values().sort();
  return {
    path: reader.root,
    robot: info.robot_type ?? null,
    episodes: info.total_episodes,
    frames: info.total_frames,
    fps: info.fps,
    duration_s: info.total_frames / info.fps,
    episode_frames: sorted.length
      ? { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted[sorted.length - 1] }
      : null,
    cameras: [...reader.cameraKeys, ...reader.imageKeys].map((name) => cameraOf(reader, name)),
    tasks: await reader.tasks(),
    features: Object.entries(info.features)
      .filter(([, feature]) => feature.dtype !== 'video' && feature.dtype !== 'image')
      .map(([name]) => featureRange(reader, name, statistics[name])),
    by_scenario: isOurs ? Object.fromEntries(byScenario) : null,
    by_source: isOurs ? Object.fromEntries(bySource) : null,
    frames_by_source: isOurs ? frames.counts() : null,
    fingerprint: metadata?.fingerprint?.sha256 ?? null,
    weights: ((await reader.anyMetadata())?.dataset_weights as DatasetWeight[] | undefined) ?? null,
  };
}

/** Frames by who drove. The rows are read only where an episode has several sources: else its length tells. */
class FramesBySource {
  readonly #reader: DatasetReader;
  readonly #counts = new Map<string, number>();
  /** Of the file that was read last. */
  #file: { path: string; sources: Float64Array; firstIndex: number } = {
    ...{ path: '', sources: new Float64Array(0), firstIndex: 0 },
  };

  constructor(reader: DatasetReader) {
    this.#reader = reader;
  }

  async add(row: EpisodeRow): Promise<void> {
    const { sources } = row.provenance!;
    if (sources.length === 1) this.#count(sources[0], row.length);
    else for (const [source, frames] of await this.#countRows(row)) this.#count(source, frames);
  }

  /** Most frames first. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([, a], [, b]) => b - a));
  }

  #count(source: string, frames: number): void {
    this.#counts.set(source, (this.#counts.get(source) ?? 0) + frames);
  }

  async #countRows(row: EpisodeRow): Promise<[string, number][]> {
    const path = this.#reader.dataPath(row.dataPlace);
    if (this.#file.path !== path) {
      const sources = await this.#reader.scalars(path, 'source');
      const [firstIndex] = await this.#reader.scalars(path, 'index');
      this.#file = { path, sources, firstIndex };
    }
    const from = row.fromIndex - this.#file.firstIndex;
    return Object.entries(sourceCounts(this.#file.sources.subarray(from, from + row.length)));
  }
}

function cameraOf(reader: DatasetReader, name: string): DatasetSummary['cameras'][number] {
  const { dtype, info } = reader.info.features[name];
  const { widthPx, heightPx } = reader.cameraSize(name);
  if (dtype === 'image') return { name, width: widthPx, height: heightPx, codec: 'pictures in the rows' };
  const codec = (info as Record<string, unknown> | undefined)?.['video.codec'];
  return { name, width: widthPx, height: heightPx, codec: String(codec ?? 'unknown') };
}

function featureRange(
  reader: DatasetReader,
  name: string,
  statistics: Record<string, unknown> | undefined,
): FeatureRange {
  const { dtype, shape, names } = reader.info.features[name];
  if (!statistics || typeof statistics !== 'object') return { name, dtype, shape, dimensions: null };
  const [min, max, mean, std] = ['min', 'max', 'mean', 'std'].map((key) => numbersIn(statistics[key]));
  const flat = flatNames(names);
  const labels = flat?.length === min.length ? flat : null;
  const dimensions = min.map((_, d) => ({
    name: labels?.[d] ?? (min.length > 1 ? String(d) : ''),
    min: min[d],
    max: max[d],
    mean: mean[d],
    std: std[d],
  }));
  return { name, dtype, shape, dimensions };
}

/** For people. */
export function summaryTable(summary: DatasetSummary): string {
  const { episodes, frames, fps, duration_s, episode_frames: lengths } = summary;
  const lines = [
    printableLine(summary.path),
    `${episodes} episodes, ${frames} frames at ${fps} fps (${(duration_s / 60).toFixed(1)} min)${summary.robot ? `, ${printableLine(summary.robot)}` : ''}`,
  ];
  if (lengths)
    lines.push(
      `an episode has ${lengths.min} to ${lengths.max} frames, half of them at most ${lengths.median}`,
    );
  for (const camera of summary.cameras) {
    lines.push(
      `${printableLine(camera.name)}: ${camera.width}x${camera.height}, ${printableLine(camera.codec)}`,
    );
  }
  for (const task of summary.tasks) lines.push(`task: ${printableLine(task)}`);
  lines.push(
    '',
    ...alignedRows([
      ['feature', 'type', 'min', 'max', 'mean', 'std'],
      ...summary.features.flatMap(featureRows),
    ]),
  );
  if (summary.by_scenario) {
    const rows = Object.entries(summary.by_scenario).sort(([a], [b]) => a.localeCompare(b));
    lines.push(
      '',
      ...alignedRows([
        ['scenario', 'episodes', 'frames'],
        ...rows.map(([name, share]) => [name, String(share.episodes), String(share.frames)]),
      ]),
    );
  }
  if (summary.by_source) {
    const rows = Object.entries(summary.by_source);
    lines.push(
      '',
      ...alignedRows([['source', 'episodes'], ...rows.map(([name, count]) => [name, String(count)])]),
    );
  }
  if (summary.frames_by_source && Object.keys(summary.frames_by_source).length > 1) {
    const rows = Object.entries(summary.frames_by_source);
    const percent = (count: number): string => ((100 * count) / frames).toFixed(1);
    lines.push(
      '',
      ...alignedRows([
        ['driven by', 'frames', '%'],
        ...rows.map(([name, count]) => [name, String(count), percent(count)]),
      ]),
    );
  }
  if (summary.weights) {
    const rows = summary.weights.map(({ name, weight, episodes: [from, to] }) => [
      ...[name, String(weight), `${from}..${to - 1}`],
    ]);
    lines.push('', ...alignedRows([['from', 'weight', 'episodes'], ...rows]));
  }
  if (summary.fingerprint) lines.push('', `fingerprint ${summary.fingerprint}`);
  return lines.join('\n');
}

function featureRows({ name, dtype, dimensions }: FeatureRange): string[][] {
  if (!dimensions) return [[name, dtype, '-', '-', '-', '-']];
  return dimensions.map((dimension, d) => [
    dimension.name === '' ? name : `${d === 0 ? name : ' '.repeat(name.length)} ${dimension.name}`,
    d === 0 ? dtype : '',
    ...[dimension.min, dimension.max, dimension.mean, dimension.std].map(shortNumber),
  ]);
}

const shortNumber = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(3));

/** Columns of equal width; numbers stand to the right. */
function alignedRows(cells: string[][]): string[] {
  const rows = cells.map((row) => row.map(printableLine));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const isNumeric = rows[0].map((_, column) => rows.slice(1).every((row) => /^[-\d.]*$/.test(row[column])));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  );
}
