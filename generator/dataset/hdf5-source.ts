/** HDF5 episodes as the source of a LeRobot dataset: rows, statistics, provenance, and their pictures coded as video. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import h5wasm, { Dataset, type File, Group } from 'h5wasm/node';
import { InputError } from '../../sim/errors.ts';
import { sampleBytesOf, VideoCutter } from './cuttable-video.ts';
import type { DatasetInfo } from './dataset-info.ts';
import { episodeDigest } from './episode-digest.ts';
import { episodeRow } from './episode-row.ts';
import type { EpisodeSource, SourceEpisode } from './episode-source.ts';
import { PROVENANCE_COLUMN_NAMES, perChannel } from './episode-table.ts';
import { encodeVideo } from './ffmpeg.ts';
import type { FromHdf5Options } from './from-hdf5.ts';
import {
  columnFeatures,
  columnPath,
  DERIVED_COLUMNS,
  FEATURES_ATTRIBUTE,
  imagePath,
  PROVENANCE_ATTRIBUTE,
  ROBOT_ATTRIBUTE,
} from './hdf5-layout.ts';
import { CODEBASE_VERSION, DATA_PATH, EGO_CAMERA_KEY, METADATA_FILE, VIDEO_PATH } from './layout.ts';
import type { DatasetMetadata } from './metadata.ts';
import { readMp4 } from './mp4-reader.ts';
import type { TableColumn } from './parquet-table.ts';
import { statFrameIndices, statStride } from './stat-frames.ts';
import { cameraStatistics, type DatasetStatistics, STATISTIC_NAMES, vectorStatistics } from './statistics.ts';

type Features = DatasetInfo['features'];
type Columns = Record<string, { width: number; values: ArrayLike<number> }>;

interface ReadEpisode {
  frames: number;
  columns: Columns;
  cells: Record<string, unknown>;
}

/** @param work a folder for the coded pictures of the episodes */
export async function readHdf5Source(
  options: FromHdf5Options,
  names: readonly string[],
  work: string,
): Promise<EpisodeSource> {
  const { root } = options;
  const tasks: string[] = [];
  const read: ReadEpisode[] = [];
  let info: DatasetInfo | null = null;
  for (const [number, name] of names.entries()) {
    const file = new h5wasm.File(join(root, name), 'r');
    try {
      const found = infoOf(file, name, options);
      info ??= found;
      if (JSON.stringify([found.fps, found.features]) !== JSON.stringify([info.fps, info.features])) {
        throw new InputError(`${root}: ${name} has other features or another rate than ${names[0]}`);
      }
      const task = textOf(file, 'task') ?? options.task ?? 'unknown';
      if (!tasks.includes(task)) tasks.push(task);
      read.push(await readEpisode(file, { info, number, task, taskIndex: tasks.indexOf(task), work }));
    } finally {
      file.close();
    }
  }
  const { episodes, columns } = episodesOf(read, info!);
  const path = join(root, METADATA_FILE);
  const metadata = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as DatasetMetadata) : null;
  const cameraKeys = camerasOf(info!.features);
  return {
    name: basename(root),
    ...{ episodes, tasks, episodeColumns: columns },
    reader: {
      ...{ root, info: info!, cameraKeys },
      metadata: async () => (metadata?.made_by === 'brickyard' ? metadata : null),
      statistics: async () => null,
      videoRange: (row, key) => ({
        path: videoPath(work, key, row.episodeIndex),
        ...{ fromS: 0, toS: row.length / info!.fps },
      }),
    },
    frames: async ({ row }) => frameRows(read[row.episodeIndex], info!.features),
  };
}

const videoPath = (work: string, key: string, episode: number): string => join(work, key, `${episode}.mp4`);
const camerasOf = (features: Features): string[] =>
  Object.keys(features).filter((key) => features[key].dtype === 'video');

function textOf(file: File, name: string): string | null {
  const value = file.attrs[name]?.value;
  return typeof value === 'string' && value !== '' ? value : null;
}

function infoOf(file: File, name: string, options: FromHdf5Options): DatasetInfo {
  const given = file.attrs.fps?.value;
  const fps = given === undefined || given === null ? options.fps : Number(given);
  if (!fps) throw new InputError(`${options.root}: ${name} does not say its frame rate: give --fps`);
  const text = textOf(file, FEATURES_ATTRIBUTE);
  const features = text ? (JSON.parse(text) as Features) : actFeatures(file, fps);
  return {
    ...{ codebase_version: CODEBASE_VERSION, robot_type: textOf(file, ROBOT_ATTRIBUTE) },
    ...{ total_episodes: 0, total_frames: 0, total_tasks: 0, chunks_size: 1000 },
    ...{ data_files_size_in_mb: 100, video_files_size_in_mb: 200 },
    ...{ fps, data_path: DATA_PATH, video_path: VIDEO_PATH, features },
  } as DatasetInfo;
}

/** What ACT's own files hold; `qvel` and `effort` where there are any. */
function actFeatures(file: File, fps: number): Features {
  const features: Features = {};
  const images = file.get('observations/images');
  for (const name of images instanceof Group ? images.keys() : []) {
    const shape = datasetAt(file, `observations/images/${name}`).shape!.slice(1);
    features[`observation.images.${name}`] = {
      ...{ dtype: 'video', shape, names: ['height', 'width', 'channels'] },
      info: { 'video.codec': 'h264', 'video.pix_fmt': 'yuv420p', 'video.fps': fps, has_audio: false },
    } as Features[string];
  }
  for (const name of ['observation.state', 'action']) {
    const { shape } = datasetAt(file, columnPath(name));
    features[name] = { dtype: 'float32', shape: shape!.slice(1), names: null };
  }
  for (const name of DERIVED_COLUMNS) {
    features[name] = { dtype: name === 'timestamp' ? 'float32' : 'int64', shape: [1], names: null };
  }
  return features;
}

function datasetAt(file: File, path: string): Dataset {
  const found = file.get(path);
  if (!(found instanceof Dataset)) throw new InputError(`${file.filename} has no /${path}`);
  return found;
}

interface EpisodeContext {
  info: DatasetInfo;
  number: number;
  task: string;
  taskIndex: number;
  work: string;
}

async function readEpisode(file: File, context: EpisodeContext): Promise<ReadEpisode> {
  const { info, number, task, taskIndex, work } = context;
  const columns: Columns = {};
  let frames = 0;
  for (const name of columnFeatures(info.features)) {
    const dataset = datasetAt(file, columnPath(name));
    const width = info.features[name].shape.reduce((a, b) => a * b, 1);
    columns[name] = { width, values: Float64Array.from(dataset.value as ArrayLike<number>, Number) };
    frames = dataset.shape![0];
    if (columns[name].values.length !== frames * width) {
      throw new InputError(`${file.filename}: /${columnPath(name)} is not of the shape in its features`);
    }
  }
  const counting = Float64Array.from({ length: frames }, (_, frame) => frame);
  const derived = (values: ArrayLike<number>) => ({ width: 1, values });
  Object.assign(columns, {
    timestamp: derived(Float32Array.from(counting, (frame) => frame / info.fps)),
    frame_index: derived(counting),
    ...{ index: derived(counting), episode_index: derived(new Float64Array(frames)) },
    task_index: derived(new Float64Array(frames).fill(taskIndex)),
  });
  const statistics: DatasetStatistics = {};
  for (const [name, { values, width }] of Object.entries(columns)) {
    statistics[name] = vectorStatistics(values, width);
  }
  for (const key of camerasOf(info.features)) {
    statistics[key] = await encodePictures(file, key, frames, info, videoPath(work, key, number));
  }
  const text = textOf(file, PROVENANCE_ATTRIBUTE);
  const provenance = text ? (JSON.parse(text) as Record<string, unknown>) : {};
  const cells: Record<string, unknown> = { tasks: [task], length: frames, ...provenance };
  if (text)
    cells.content_sha256 = await digestOf(cells, columns, {
      task,
      fps: info.fps,
      path: videoPath(work, EGO_CAMERA_KEY, number),
    });
  for (const [feature, values] of Object.entries(statistics)) {
    for (const name of STATISTIC_NAMES) {
      const shaped = info.features[feature].dtype === 'video' && name !== 'count';
      cells[`stats/${feature}/${name}`] = shaped ? perChannel(values[name]) : values[name];
    }
  }
  return { frames, columns, cells };
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

async function encodePictures(file: File, key: string, frames: number, info: DatasetInfo, path: string) {
  const dataset = datasetAt(file, imagePath(key));
  const [count, heightPx, widthPx] = dataset.shape!;
  if (count !== frames) {
    throw new InputError(`${file.filename}: ${count} pictures of ${key}, ${frames} rows`);
  }
  const wanted = new Set(statFrameIndices(frames));
  const histogram = new Uint32Array(768);
  const stride = statStride(widthPx, heightPx);
  function* pictures(): Generator<Uint8Array> {
    for (let at = 0; at < frames; at++) {
      const all: [number, number][] = [
        [0, heightPx],
        [0, widthPx],
        [0, 3],
      ];
      const rgb = dataset.slice([[at, at + 1], ...all]) as Uint8Array;
      if (wanted.has(at)) countLevels(histogram, rgb, { widthPx, heightPx, stride });
      yield Buffer.from(rgb);
    }
  }
  await mkdir(join(path, '..'), { recursive: true });
  await encodeVideo(path, pictures(), { fps: info.fps, widthPx, heightPx });
  return cameraStatistics(histogram, wanted.size);
}

function countLevels(
  histogram: Uint32Array,
  rgb: Uint8Array,
  { widthPx, heightPx, stride }: { widthPx: number; heightPx: number; stride: number },
): void {
  for (let y = 0; y < heightPx; y += stride) {
    for (let x = 0; x < widthPx; x += stride) {
      for (let c = 0; c < 3; c++) histogram[c * 256 + rgb[(y * widthPx + x) * 3 + c]]++;
    }
  }
}

/** As a reader of the data files would give them. */
function frameRows({ frames, columns }: ReadEpisode, features: Features): Record<string, unknown>[] {
  return Array.from({ length: frames }, (_, frame) => {
    const row: Record<string, unknown> = {};
    for (const [name, { width, values }] of Object.entries(columns)) {
      const { dtype, shape } = features[name];
      const cell = Array.from({ length: width }, (_, d) => values[frame * width + d]);
      const one = dtype === 'bool' ? cell[0] !== 0 : cell[0];
      row[name] = shape.length === 1 && shape[0] === 1 ? one : cell;
    }
    return row;
  });
}

function episodesOf(read: readonly ReadEpisode[], info: DatasetInfo) {
  const cameraKeys = camerasOf(info.features);
  const episodes: SourceEpisode[] = read.map(({ cells, frames }, number) => {
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
    const all = { ...places, ...cells };
    return { cells: all, row: episodeRow(all, cameraKeys) };
  });
  const columns = Object.keys(episodes[0].cells).map((name) => columnOf(name, cameraKeys));
  return { episodes, columns };
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
