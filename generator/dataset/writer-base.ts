/** What a dataset holds before a run adds to it. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../sim/errors.ts';
import { numbersIn } from './episode-row.ts';
import type { DatasetSpec } from './features.ts';
import { EGO_CAMERA_KEY, filePlace, INFO_FILE, publishedFiles } from './layout.ts';
import type { DatasetMetadata, RunProvenance, ScenarioShare } from './metadata.ts';
import { DatasetReader } from './reader.ts';
import type { DatasetStatistics, FeatureStatistics } from './statistics.ts';

export interface WriterBase {
  /** Null before the first run. */
  spec: DatasetSpec | null;
  episodes: number;
  frames: number;
  /** Files of each kind. */
  files: number;
  tasks: string[];
  statistics: DatasetStatistics | null;
  scenarios: Record<string, ScenarioShare>;
  digests: string[];
  runs: RunProvenance[];
  bytes: number;
  /** What `merge` or `split` noted of the episodes so far; those added later count 1. */
  edited?: Pick<DatasetMetadata, 'dataset_weights' | 'derived_from'>;
}

const NOTHING: WriterBase = {
  ...{ spec: null, episodes: 0, frames: 0, files: 0, tasks: [], statistics: null },
  ...{ scenarios: {}, digests: [], runs: [], bytes: 0 },
};

/** Throws InputError when there is a dataset and `append` is not asked for, or the other way round. */
export async function readBase(out: string, append: boolean): Promise<WriterBase> {
  const isDataset = existsSync(join(out, INFO_FILE));
  if (!isDataset && !append) return NOTHING;
  if (isDataset && !append) {
    throw new InputError(`${out} already holds a dataset: give --append to add to it, or another --out`);
  }
  const reader = await DatasetReader.open(out);
  const metadata = await reader.metadata();
  if (!metadata) {
    throw new InputError(
      `${out} was not made by brickyard, so --append cannot add to it; give another --out`,
    );
  }
  const { info } = reader;
  const rows = (await reader.episodes()).slice(0, info.total_episodes);
  const files = rows.reduce(
    (most, row) => Math.max(most, fileNumber(row.dataPlace, info.chunks_size) + 1),
    0,
  );
  const scenarios: Record<string, ScenarioShare> = {};
  for (const [name, counts] of Object.entries(metadata.scenarios)) {
    const { time_limit_s, ...success } = metadata.success_criteria[name];
    scenarios[name] = { ...counts, success, time_limit_s };
  }
  const [heightPx, widthPx] = info.features[EGO_CAMERA_KEY].shape;
  const stateNames = info.features['observation.state'].names as string[];
  return {
    spec: { fps: info.fps, widthPx, heightPx, stateNames },
    episodes: info.total_episodes,
    frames: info.total_frames,
    files,
    tasks: await reader.tasks(),
    statistics: flattened(await reader.statistics()),
    scenarios,
    digests: rows.map((row) => row.provenance!.contentSha256),
    runs: metadata.runs,
    bytes: bytesOf(out, files),
    edited: { dataset_weights: metadata.dataset_weights, derived_from: metadata.derived_from },
  };
}

const fileNumber = ({ chunk, file }: { chunk: number; file: number }, chunksSize: number): number =>
  chunk * chunksSize + file;

function flattened(stored: Record<string, Record<string, unknown>> | null): DatasetStatistics | null {
  if (!stored) return null;
  const features = Object.entries(stored).map(([feature, statistics]) => [
    feature,
    Object.fromEntries(Object.entries(statistics).map(([name, value]) => [name, numbersIn(value)])),
  ]);
  return Object.fromEntries(features) as Record<string, FeatureStatistics>;
}

function bytesOf(out: string, files: number): number {
  let bytes = 0;
  for (let file = 0; file < files; file++) {
    for (const path of Object.values(publishedFiles(out, filePlace(file)))) bytes += statSync(path).size;
  }
  return bytes;
}
