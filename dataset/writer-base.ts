/** What a dataset holds before a run adds to it. */

import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { namesIn } from '../runtime/disk.ts';
import type { SuccessCriteria } from '../sim/engine/episode-start.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
import { flatNames } from './camera-shape.ts';
import { datasetFingerprint } from './episode-digest.ts';
import { numbersIn } from './episode-row.ts';
import type { DatasetSpec } from './features.ts';
import { CHUNKS_SIZE, EGO_CAMERA_KEY, filePlace, INFO_FILE, publishedFiles } from './layout.ts';
import { type DatasetMetadata, phaseNames, type RunProvenance, type ScenarioShare } from './metadata.ts';
import { DatasetReader } from './reader.ts';
import type { DatasetStatistics, FeatureStatistics } from './statistics.ts';

/** What a dataset says of itself: one by someone else's hand may leave something out. */
type StoredSpec = Pick<DatasetSpec, 'fps' | 'widthPx' | 'heightPx' | 'stateNames'> &
  Partial<Pick<DatasetSpec, 'actionNames' | 'phases'>>;

export interface WriterBase {
  /** Null before the first run. */
  spec: StoredSpec | null;
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
  /** Files of an earlier append that was lost; relative to the dataset, in the order in which they are to go. */
  stale?: string[];
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
  try {
    return await readDataset(out);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`--append to ${out}: ${(error as Error).message}; ${VALIDATE_HINT(out)}`);
  }
}

const VALIDATE_HINT = (out: string): string => `\`brickyard dataset validate ${out}\` checks all of it`;

async function readDataset(out: string): Promise<WriterBase> {
  const reader = await DatasetReader.open(out);
  const metadata = await reader.metadata();
  if (!metadata) {
    throw new InputError(
      `${out} was not made by brickyard, so --append cannot add to it; give another --out`,
    );
  }
  const { info } = reader;
  const digests: string[] = [];
  let rows = 0;
  let files = 0;
  for await (const { dataPlace, provenance } of reader.episodeRows({ provenance: 'brief' })) {
    if (rows === info.total_episodes) break;
    rows++;
    if (provenance) digests.push(provenance.contentSha256);
    files = Math.max(files, fileNumber(dataPlace, info.chunks_size) + 1);
  }
  const camera = info.features[EGO_CAMERA_KEY];
  const stateNames = info.features['observation.state']?.names;
  const faults: string[] = [];
  if (rows < info.total_episodes)
    faults.push(`meta/episodes has ${rows} of the ${info.total_episodes} episodes that info.json counts`);
  if (digests.length < rows) faults.push('meta/episodes has rows without provenance columns');
  if (!camera || !Array.isArray(stateNames))
    faults.push(`info.json lacks the features ${EGO_CAMERA_KEY} and observation.state with names`);
  // Each file has an episode, so a larger number is damage, and would be counted through for ever.
  if (files <= rows) faults.push(...missingFiles(out, files).map((path) => `${path} is missing`));
  else faults.push(`meta/episodes names a data file number ${files - 1} for ${rows} episodes`);
  throwFaults(
    `--append to ${out}`,
    faults.map((fault) => `${fault}; ${VALIDATE_HINT(out)}`),
  );
  const scenarios: Record<string, ScenarioShare> = {};
  for (const [name, counts] of Object.entries(metadata.scenarios)) {
    const { time_limit_s, ...success } = metadata.success_criteria[name];
    scenarios[name] = {
      ...counts,
      success: success as SuccessCriteria,
      time_limit_s: time_limit_s as [number, number],
    };
  }
  const [heightPx, widthPx] = camera.shape;
  const spec = {
    ...{ fps: info.fps, widthPx, heightPx, stateNames: stateNames as string[] },
    actionNames: flatNames(info.features.action?.names) ?? undefined,
    phases: phaseNames(metadata),
  };
  const stale = await staleFiles(reader, files);
  if (stale.length > 0 && datasetFingerprint(spec, digests) !== metadata.fingerprint.sha256)
    throw new InputError(
      `--append to ${out}: an earlier append replaced its metadata and was lost before it counted; take its ${info.total_episodes} episodes into another folder with \`brickyard dataset split\``,
    );
  return {
    spec,
    episodes: info.total_episodes,
    frames: info.total_frames,
    files,
    tasks: (await reader.tasks()).slice(0, info.total_tasks),
    statistics: flattened(await reader.statistics()),
    scenarios,
    digests,
    runs: metadata.runs,
    bytes: bytesOf(out, files),
    ...(stale.length > 0 ? { stale } : {}),
    edited: { dataset_weights: metadata.dataset_weights, derived_from: metadata.derived_from },
  };
}

/** The last first, episode rows before data, so that what is left of them never has a gap; videos after both. */
async function staleFiles(reader: DatasetReader, files: number): Promise<string[]> {
  const isStale = (path: string): boolean => {
    const place = /chunk-(\d+)\/file-(\d+)\.(parquet|mp4)$/.exec(path);
    return place !== null && Number(place[1]) * CHUNKS_SIZE + Number(place[2]) >= files;
  };
  const kinds = [
    await reader.allFiles('meta/episodes'),
    await reader.allFiles('data'),
    await videoFiles(reader.root),
  ];
  return kinds.flatMap((paths) => paths.filter(isStale).reverse());
}

async function videoFiles(root: string): Promise<string[]> {
  const folder = `videos/${EGO_CAMERA_KEY}`;
  const chunks = await namesIn(join(root, folder));
  const names = chunks.map(async (chunk) =>
    (await namesIn(join(root, folder, chunk))).map((name) => `${folder}/${chunk}/${name}`),
  );
  return (await Promise.all(names)).flat().sort();
}

/** Relative paths. */
function missingFiles(out: string, files: number): string[] {
  const paths = Array.from({ length: files }, (_, file) =>
    Object.values(publishedFiles(out, filePlace(file))),
  );
  return paths
    .flat()
    .filter((path) => !existsSync(path))
    .map((path) => relative(out, path));
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
