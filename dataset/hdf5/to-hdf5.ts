/** `dataset convert --to hdf5`: a file for each episode. One frame of pictures is in memory at a time. */
import { copyFileSync, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import h5wasm, { type Dataset, type File, type Group } from 'h5wasm/node';
import { Disk } from '../../runtime/disk.ts';
import { throwFaults } from '../../sim/errors.ts';
import { cameraSize } from '../camera-shape.ts';
import type { DatasetInfo } from '../dataset-info.ts';
import type { EpisodeSource, SourceEpisode } from '../episode-source.ts';
import { PROVENANCE_COLUMN_NAMES } from '../episode-table.ts';
import { decodedEpisode } from '../ffmpeg.ts';
import { METADATA_FILE } from '../layout.ts';
import type { Loss } from '../losses.ts';
import { assertNew, makeFolder } from '../new-folder.ts';
import { DatasetReader } from '../reader.ts';
import { SourceDataset } from '../source-dataset.ts';
import {
  columnFeatures,
  columnPath,
  episodeFileName,
  FEATURES_ATTRIBUTE,
  FRAME_TASKS_PATH,
  hdf5Type,
  imagePath,
  PROVENANCE_ATTRIBUTE,
  ROBOT_ATTRIBUTE,
  TASKS_ATTRIBUTE,
} from './layout.ts';

export interface ConvertOptions {
  root: string;
  out: string;
  /** As typed, for metadata. */
  command: string;
  /** Of gzip, 0 for none. Rendered pictures shrink to a tenth at 1; h5py reads either. */
  compression: number;
  disk?: Disk;
}

export const CONVERT_DEFAULTS = { compression: 1 } as const;

export interface ToHdf5Result {
  episodes: number;
  frames: number;
  losses: Loss[];
}

export async function convertToHdf5(options: ConvertOptions): Promise<ToHdf5Result> {
  const { root, out, disk = new Disk() } = options;
  assertNew(out, [root]);
  const source = await SourceDataset.open(await DatasetReader.open(root));
  assertConvertible(source);
  await h5wasm.ready;
  let frames = 0;
  await makeFolder(out, disk, async (folder) => {
    await mkdir(folder, { recursive: true });
    for (const episode of source.episodes) {
      const path = join(folder, episodeFileName(episode.row.episodeIndex));
      const file = new h5wasm.File(path, 'w');
      try {
        await writeEpisode(file, source, episode, options.compression);
      } finally {
        file.close();
      }
      await disk.syncFile(path);
      frames += episode.row.length;
    }
    const metadata = join(root, METADATA_FILE);
    if (existsSync(metadata)) copyFileSync(metadata, join(folder, METADATA_FILE));
  });
  return { episodes: source.episodes.length, frames, losses: lossesOf(source) };
}

/** HDF5 attributes in the compact form take no more (h5wasm writes no others). */
const MAX_ATTRIBUTE_BYTES = 60_000;

function assertConvertible({ reader }: SourceDataset): void {
  const { features } = reader.info;
  const faults = Object.entries(features).flatMap(([name, { dtype }]) =>
    dtype === 'string' ? [`${name} is text, which the HDF5 layout has no place for`] : [],
  );
  const cameras = reader.cameraKeys.map(imagePath);
  if (new Set(cameras).size < cameras.length)
    faults.push('two cameras have the same name in the HDF5 layout');
  const bytes = Buffer.byteLength(JSON.stringify(features));
  if (bytes > MAX_ATTRIBUTE_BYTES) {
    faults.push(
      `its features take ${bytes} bytes as text, an HDF5 attribute at most ${MAX_ATTRIBUTE_BYTES}; use fewer or shorter names`,
    );
  }
  throwFaults(reader.root, faults);
}

/** What cannot be read, what nothing describes, and what others added to meta/episodes. */
const lossesOf = ({ extraColumns, losses }: SourceDataset): Loss[] => [
  ...losses,
  ...extraColumns.map((name) => ({
    what: `the column ${name} of meta/episodes`,
    why: 'left out: the HDF5 layout has no place for it',
  })),
];

async function writeEpisode(
  file: File,
  source: EpisodeSource,
  episode: SourceEpisode,
  compression: number,
): Promise<void> {
  const { info, cameraKeys } = source.reader;
  writeAttributes(file, source, episode, await source.cells(episode));
  const observations = file.create_group('observations');
  if (cameraKeys.length > 0) (observations as Group).create_group('images');
  const rows = await source.frames(episode);
  const frameTasks = rows.map((cells) => source.tasks[Number(cells.task_index)] ?? '');
  const texts = [...new Set(frameTasks)];
  const columns = columnFeatures(info.features);
  if (texts.length > 1 || columns.some((name) => columnPath(name).startsWith('columns/')))
    file.create_group('columns');
  for (const name of columns) {
    const { dtype, shape } = info.features[name];
    const values = rows.flatMap((cells) => [cells[name]].flat(Infinity));
    file.create_dataset({
      name: columnPath(name),
      data: typed(values, dtype),
      shape: shape.length === 1 && shape[0] === 1 ? [rows.length] : [rows.length, ...shape],
      dtype: hdf5Type(dtype),
    });
  }
  // The attribute `task` has one text; of an episode with several each frame says which.
  if (texts.length > 1) {
    file.create_attribute(TASKS_ATTRIBUTE, JSON.stringify(texts));
    const data = BigInt64Array.from(frameTasks, (text) => BigInt(texts.indexOf(text)));
    file.create_dataset({ name: FRAME_TASKS_PATH, data, shape: [rows.length], dtype: '<q' });
  }
  for (const key of cameraKeys) await writePictures(file, source, episode, { key, compression });
}

async function writePictures(
  file: File,
  { reader }: EpisodeSource,
  { row }: SourceEpisode,
  { key, compression }: { key: string; compression: number },
): Promise<void> {
  const { heightPx, widthPx } = cameraSize(reader.info.features[key]);
  const { path, fromS } = reader.videoRange(row, key);
  const request = { path, fromS, fps: reader.info.fps, count: row.length, widthPx, heightPx };
  let images: Dataset | null = null;
  let at = 0;
  for await (const frame of decodedEpisode(request)) {
    const one = [1, heightPx, widthPx, 3];
    images ??= file.create_dataset({
      name: imagePath(key),
      ...{ data: frame, shape: one, dtype: '<B', chunks: one, maxshape: [row.length, heightPx, widthPx, 3] },
      ...(compression > 0 && { compression }),
    });
    if (at === 0) images.resize([row.length, heightPx, widthPx, 3]);
    else {
      const all: [number, number][] = [
        [0, heightPx],
        [0, widthPx],
        [0, 3],
      ];
      images.write_slice([[at, at + 1], ...all], frame);
    }
    at++;
  }
}

/** Pictures are written pixel by pixel, whatever order the dataset's description has. */
function featuresAsWritten(features: DatasetInfo['features']): DatasetInfo['features'] {
  return Object.fromEntries(
    Object.entries(features).map(([name, feature]) => {
      if (feature.dtype !== 'video') return [name, feature];
      const { heightPx, widthPx } = cameraSize(feature);
      return [name, { ...feature, shape: [heightPx, widthPx, 3], names: ['height', 'width', 'channels'] }];
    }),
  );
}

function writeAttributes(
  file: File,
  { reader }: EpisodeSource,
  { row }: SourceEpisode,
  cells: Record<string, unknown>,
): void {
  const { info } = reader;
  const text = (name: string, value: string): void => file.create_attribute(name, value);
  file.create_attribute('sim', true as never, [], '<B');
  file.create_attribute('fps', info.fps, [], '<d');
  text('task', row.tasks[0] ?? '');
  text(FEATURES_ATTRIBUTE, JSON.stringify(featuresAsWritten(info.features)));
  text(ROBOT_ATTRIBUTE, info.robot_type ?? '');
  for (const feature of ['observation.state', 'action']) {
    const { names } = info.features[feature] ?? {};
    if (Array.isArray(names)) text(feature === 'action' ? 'action_names' : 'state_names', names.join(','));
  }
  const { provenance } = row;
  if (!provenance) return;
  text('scenario', provenance.scenario);
  file.create_attribute('seed', provenance.seed, [], '<d');
  text('outcome', provenance.outcome);
  const own = Object.fromEntries(PROVENANCE_COLUMN_NAMES.map((name) => [name, plain(cells[name])]));
  text(PROVENANCE_ATTRIBUTE, JSON.stringify(own));
}

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);

function typed(values: unknown[], dtype: string): Float32Array | Float64Array | Uint8Array | BigInt64Array {
  if (dtype === 'float32') return Float32Array.from(values, Number);
  if (dtype === 'float64') return Float64Array.from(values, Number);
  if (dtype === 'bool') return Uint8Array.from(values, (value) => (value ? 1 : 0));
  return BigInt64Array.from(values as (number | bigint)[], BigInt);
}
