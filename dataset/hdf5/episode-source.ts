/** HDF5 episodes as the source of a LeRobot dataset: rows, statistics, provenance, and their pictures coded as video. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJsonSync } from '../../runtime/regular-file.ts';
import { InputError } from '../../sim/errors.ts';
import { sampleBytesOf, VideoCutter } from '../cuttable-video.ts';
import type { DatasetInfo } from '../dataset-info.ts';
import { episodeDigest } from '../episode-digest.ts';
import { episodeRow } from '../episode-row.ts';
import type { EpisodeSource, SourceEpisode } from '../episode-source.ts';
import { PROVENANCE_COLUMN_NAMES, perChannel } from '../episode-table.ts';
import { EGO_CAMERA_KEY, METADATA_FILE } from '../layout.ts';
import type { DatasetMetadata } from '../metadata.ts';
import { readMp4 } from '../mp4-reader.ts';
import { nested } from '../nested.ts';
import type { TableColumn } from '../parquet-table.ts';
import { type DatasetStatistics, STATISTIC_NAMES, vectorStatistics } from '../statistics.ts';
import { codeCamera } from './camera-frames.ts';
import type { EpisodePlan } from './episode-plan.ts';
import type { Hdf5Reader } from './hdf5-file.ts';
import type { Hdf5Plan } from './plan.ts';
import { MAX_ROW_BYTES } from './structure.ts';
import { numbersOf } from './values.ts';

type Features = DatasetInfo['features'];
type Columns = Record<string, { width: number; values: ArrayLike<number> }>;

interface ReadEpisode {
  frames: number;
  columns: Columns;
  cells: Record<string, unknown>;
}

/** @param work a folder for the coded pictures of the episodes */
export async function readHdf5Source(
  reader: Hdf5Reader,
  plan: Hdf5Plan,
  work: string,
): Promise<EpisodeSource> {
  const { root, info } = plan;
  const tasks: string[] = [];
  const read: ReadEpisode[] = [];
  let open: string | null = null;
  for (const [number, episode] of plan.episodes.entries()) {
    if (open !== episode.file) {
      const { faults } = await reader.open(join(root, episode.file));
      if (faults.length > 0) throw new InputError(`${join(root, episode.file)} changed while it was read`);
      open = episode.file;
    }
    read.push(await readEpisode(reader, episode, { plan, number, tasks, work }));
  }
  const { episodes, columns, allCells } = episodesOf(read, info);
  const metadata = ownMetadata(root);
  return {
    name: basename(root),
    ...{ episodes, tasks, episodeColumns: columns },
    reader: {
      ...{ root, info, cameraKeys: camerasOf(info.features) },
      metadata: async () => metadata,
      statistics: async () => null,
      videoRange: (row, key) => ({
        path: videoPath(work, key, row.episodeIndex),
        ...{ fromS: 0, toS: row.length / info.fps },
      }),
    },
    ...{ dataColumns: new Map(), losses: plan.losses },
    cells: async ({ row }) => allCells[row.episodeIndex],
    frames: async ({ row }) => frameRows(read[row.episodeIndex], info.features),
  };
}

const videoPath = (work: string, key: string, episode: number): string => join(work, key, `${episode}.mp4`);
const camerasOf = (features: Features): string[] =>
  Object.keys(features).filter((key) => features[key].dtype === 'video');

/** metadata.json that `convert --to hdf5` put beside the files; null where it is not ours. */
function ownMetadata(root: string): DatasetMetadata | null {
  const path = join(root, METADATA_FILE);
  if (!existsSync(path)) return null;
  try {
    const value = readJsonSync(path) as DatasetMetadata | null;
    const isOurs = value?.made_by === 'brickyard' && Array.isArray(value.runs) && value.fingerprint?.sha256;
    return isOurs ? value : null;
  } catch (error) {
    throw new InputError(`${path} cannot be read (${(error as Error).message}); restore it or remove it`);
  }
}

interface EpisodeContext {
  plan: Hdf5Plan;
  number: number;
  /** Texts so far; grows. */
  tasks: string[];
  work: string;
}

async function readEpisode(
  reader: Hdf5Reader,
  episode: EpisodePlan,
  { plan, number, tasks, work }: EpisodeContext,
): Promise<ReadEpisode> {
  const { info } = plan;
  const { frames } = episode;
  const path = join(plan.root, episode.file);
  const columns: Columns = {};
  for (const column of episode.columns)
    columns[column.feature] = await readColumn(reader, column, frames, path);
  const frameTasks = await readFrameTasks(reader, episode, path, plan.defaultTask);
  for (const text of frameTasks) if (!tasks.includes(text)) tasks.push(text);
  const counting = Float64Array.from({ length: frames }, (_, frame) => frame);
  const derived = (values: ArrayLike<number>) => ({ width: 1, values });
  Object.assign(columns, {
    timestamp: derived(Float32Array.from(counting, (frame) => frame / info.fps)),
    frame_index: derived(counting),
    ...{ index: derived(counting), episode_index: derived(new Float64Array(frames)) },
    task_index: derived(Float64Array.from(frameTasks, (text) => tasks.indexOf(text))),
  });
  const statistics: DatasetStatistics = {};
  for (const [name, { values, width }] of Object.entries(columns)) {
    statistics[name] = vectorStatistics(values, width);
  }
  for (const camera of episode.cameras) {
    const video = videoPath(work, camera.feature, number);
    statistics[camera.feature] = await codeCamera(reader, camera, { path: video, file: path, fps: info.fps });
  }
  const { provenance } = episode;
  const texts = [...new Set(frameTasks)];
  const cells: Record<string, unknown> = { tasks: texts, length: frames, ...provenance };
  if (provenance) {
    cells.content_sha256 = await digestOf(cells, columns, {
      ...{ task: texts[0], fps: info.fps },
      path: videoPath(work, EGO_CAMERA_KEY, number),
    });
  }
  for (const [feature, values] of Object.entries(statistics)) {
    for (const name of STATISTIC_NAMES) {
      const shaped = info.features[feature].dtype === 'video' && name !== 'count';
      cells[`stats/${feature}/${name}`] = shaped ? perChannel(values[name]) : values[name];
    }
  }
  return { frames, columns, cells };
}

/** The parts of a column side by side, rounded to what its type can hold. */
async function readColumn(
  reader: Hdf5Reader,
  { parts, dtype }: EpisodePlan['columns'][number],
  frames: number,
  path: string,
): Promise<Columns[string]> {
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const values = dtype === 'float32' ? new Float32Array(frames * width) : new Float64Array(frames * width);
  let before = 0;
  for (const { dataset, width: own } of parts) {
    const atOnce = Math.max(1, Math.floor(MAX_ROW_BYTES / 8 / (own * dataset.type.size)));
    for (let from = 0; from < frames; from += atOnce) {
      const to = Math.min(frames, from + atOnce);
      const bytes = await reader.rows(dataset.path, from, to);
      const numbers = numbersOf(bytes, dataset.type, `${path}: /${dataset.path}`);
      for (let i = 0; i < numbers.length; i++) {
        const row = from + Math.floor(i / own);
        values[row * width + before + (i % own)] = numbers[i];
      }
    }
    before += own;
  }
  return { width, values };
}

async function readFrameTasks(
  reader: Hdf5Reader,
  { frames, frameTasks, task }: EpisodePlan,
  path: string,
  defaultTask: string,
): Promise<string[]> {
  if (!frameTasks) return new Array(frames).fill(task ?? defaultTask);
  const { dataset, texts } = frameTasks;
  const indices = numbersOf(await reader.rows(dataset.path, 0, frames), dataset.type, dataset.path);
  return Array.from(indices, (index) => {
    if (texts[index] !== undefined) return texts[index];
    throw new InputError(`${path}: /${dataset.path} has ${index}, but there are ${texts.length} tasks`);
  });
}

/** The pictures were coded anew, so the episode's digest is another. */
async function digestOf(
  cells: Record<string, unknown>,
  columns: Columns,
  { task, path, fps }: { task: string; path: string; fps: number },
): Promise<string> {
  const video = await readMp4(path);
  const cut = await new VideoCutter().cut(path, {
    ...{ fromS: 0, frames: video.sampleBytes.length, fps },
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of sampleBytesOf([cut])) pieces.push(piece);
  const floats = (name: string) => Float32Array.from(columns[name].values);
  const bytes = (name: string) => Uint8Array.from(columns[name].values);
  return episodeDigest({
    ...{ key: String(cells.key), scenario: String(cells.scenario), task, start: String(cells.start) },
    finalStateHash: String(cells.final_state_hash),
    ...{ states: floats('observation.state'), actions: floats('action') },
    executedActions: floats('executed_action'),
    ...{ sources: bytes('source'), labelValid: bytes('label_valid'), phases: bytes('phase') },
    video: { avcC: video.avcC!, sampleBytes: video.sampleBytes, data: Buffer.concat(pieces) },
  });
}

/** As a reader of the data files would give them. */
function frameRows({ frames, columns }: ReadEpisode, features: Features): Record<string, unknown>[] {
  return Array.from({ length: frames }, (_, frame) => {
    const row: Record<string, unknown> = {};
    for (const [name, { width, values }] of Object.entries(columns)) {
      const { dtype, shape } = features[name];
      const cell = Array.from({ length: width }, (_, d) => {
        const value = values[frame * width + d];
        return dtype === 'bool' ? value !== 0 : value;
      });
      row[name] = shape.length === 1 && shape[0] === 1 ? cell[0] : nested(cell, shape);
    }
    return row;
  });
}

function episodesOf(read: readonly ReadEpisode[], info: DatasetInfo) {
  const cameraKeys = camerasOf(info.features);
  const allCells = read.map(({ cells, frames }, number) => {
    const places: Record<string, unknown> = {
      episode_index: number,
      dataset_from_index: 0,
      dataset_to_index: frames,
    };
    const prefixes = ['data', 'meta/episodes', ...cameraKeys.map((key) => `videos/${key}`)];
    for (const prefix of prefixes)
      Object.assign(places, { [`${prefix}/chunk_index`]: 0, [`${prefix}/file_index`]: 0 });
    for (const key of cameraKeys) {
      Object.assign(places, { [`videos/${key}/from_timestamp`]: 0, [`videos/${key}/to_timestamp`]: 0 });
    }
    return { ...places, ...cells };
  });
  const episodes: SourceEpisode[] = allCells.map((cells, position) => ({
    row: episodeRow(cells, cameraKeys),
    position,
  }));
  const columns = Object.keys(allCells[0]).map((name) => columnOf(name, cameraKeys));
  return { episodes, columns, allCells };
}

const WHOLE = ['length', 'seed', 'slot', 'attempt', 'episode_index'];
const LISTS_OF_TEXT = ['tasks', 'sources'];

function columnOf(name: string, cameraKeys: readonly string[]): TableColumn {
  if (LISTS_OF_TEXT.includes(name)) return { name, leaf: 'string', depth: 1 };
  if (PROVENANCE_COLUMN_NAMES.includes(name) && !WHOLE.includes(name)) return { name, leaf: 'string' };
  if (name.endsWith('_timestamp')) return { name, leaf: 'double' };
  if (!name.startsWith('stats/')) return { name, leaf: 'int64' };
  const isCount = name.endsWith('/count');
  const isCamera = cameraKeys.some((key) => name.startsWith(`stats/${key}/`));
  return { name, leaf: isCount ? 'int64' : 'double', depth: isCamera && !isCount ? 3 : 1 };
}
