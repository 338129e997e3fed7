/**
 * Writes chosen episodes of other datasets as a new one. Nothing is coded again: rows and coded frames are copied;
 * indices, tasks, places and what follows from them are derived anew from whole numbers. The caller moves the folder
 * into its place when it is complete.
 */
import { join } from 'node:path';
import type { DecodedArray } from 'hyparquet';
import type { Disk } from '../runtime/disk.ts';
import type { EpisodeStart } from '../sim/engine/episode-start.ts';
import { joinedType } from './column-types.ts';
import { sampleBytesOf } from './cuttable-video.ts';
import type { Choice, EditShard } from './edit-plan.ts';
import { editedMetadata } from './edited-metadata.ts';
import { episodeRow, numbersIn } from './episode-row.ts';
import { perChannel } from './episode-table.ts';
import {
  CHUNKS_SIZE,
  DATA_PATH,
  EPISODES_PATH,
  filePlace,
  fillPath,
  INFO_FILE,
  METADATA_FILE,
  STATS_FILE,
  TASKS_FILE,
  VIDEO_PATH,
} from './layout.ts';
import type { Loss } from './losses.ts';
import { countEpisode, type Derivation, type ScenarioShare } from './metadata.ts';
import { containerHead } from './mp4.ts';
import { nested } from './nested.ts';
import { type LeafType, ParquetTable, type TableColumn } from './parquet-table.ts';
import {
  aggregateStatistics,
  type DatasetStatistics,
  type FeatureStatistics,
  STATISTIC_NAMES,
  vectorStatistics,
} from './statistics.ts';
import { storedNumber } from './stored-columns.ts';
import { taskTable } from './task-table.ts';

export interface EditOptions {
  /** Does not exist yet. */
  folder: string;
  disk: Disk;
  shards: readonly EditShard[];
  derivation: Derivation;
}

export interface EditResult {
  episodes: number;
  frames: number;
  /** Null for data that is not ours. */
  fingerprint: string | null;
  /** What of the sources is not in the dataset, or in another form. */
  losses: Loss[];
}

/** What has been written so far. */
interface Progress {
  tasks: string[];
  episodes: number;
  frames: number;
  statistics: DatasetStatistics[];
  /** Of the episodes that say where they come from. */
  scenarios: Record<string, ScenarioShare>;
}

export async function writeEdited(options: EditOptions): Promise<EditResult> {
  const { folder, disk, shards } = options;
  const choices = shards.flatMap((shard) => shard.choices);
  const episodeColumns = unionOfColumns(choices);
  const progress: Progress = { tasks: [], episodes: 0, frames: 0, statistics: [], scenarios: {} };
  for (const [number, shard] of shards.entries()) {
    await writeVideos(options, shard, number);
    const { data, rows } = await shardTables(shard, number, episodeColumns, progress);
    await disk.writeSynced(join(folder, fillPath(DATA_PATH, filePlace(number))), data);
    await disk.writeSynced(join(folder, fillPath(EPISODES_PATH, filePlace(number))), rows);
  }
  const { episodes, frames, tasks } = progress;
  const { info, cameraKeys } = choices[0].source.reader;
  const metadata = await editedMetadata(choices, options.derivation, progress.scenarios);
  const write = (file: string, contents: Uint8Array | string) =>
    disk.writeSynced(join(folder, file), contents);
  await write(TASKS_FILE, taskTable(tasks));
  await write(STATS_FILE, json(shaped(await datasetStatistics(choices, progress), info.features)));
  await write(METADATA_FILE, json(metadata));
  await write(
    INFO_FILE,
    json({
      ...info,
      total_episodes: episodes,
      total_frames: frames,
      total_tasks: tasks.length,
      chunks_size: CHUNKS_SIZE,
      splits: { train: `0:${episodes}` },
      data_path: DATA_PATH,
      video_path: cameraKeys.length > 0 ? VIDEO_PATH : null,
    }),
  );
  const losses = options.derivation.losses ?? [];
  return { episodes, frames, fingerprint: metadata.fingerprint?.sha256 ?? null, losses };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function writeVideos(
  { folder, disk }: EditOptions,
  { cuts, choices }: EditShard,
  number: number,
): Promise<void> {
  const { fps } = choices[0].source.reader.info;
  for (const [key, tracks] of Object.entries(cuts)) {
    const head = containerHead(tracks, { ...tracks[0], fps });
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield head.bytes;
      yield* sampleBytesOf(tracks);
    }
    await disk.writeSynced(join(folder, fillPath(VIDEO_PATH, filePlace(number), key)), pieces());
  }
}

/** The data file and the episode rows of one shard. */
async function shardTables(
  { choices, cuts }: EditShard,
  number: number,
  episodeColumns: readonly TableColumn[],
  progress: Progress,
): Promise<{ data: Uint8Array; rows: Uint8Array }> {
  const { info } = choices[0].source.reader;
  const columns = dataTableColumns(info.features, choices);
  const data = new ParquetTable(columns);
  const rows: Record<string, unknown>[] = [];
  const place = filePlace(number);
  let framesBefore = 0;
  for (const { source, episode } of choices) {
    const { row } = episode;
    const frames = await source.frames(episode);
    for (const text of row.tasks) if (!progress.tasks.includes(text)) progress.tasks.push(text);
    const derived: Record<string, number[]> = {
      episode_index: frames.map(() => progress.episodes),
      index: frames.map((_, frame) => progress.frames + frame),
      task_index: frames.map((cells) => taskIndex(source.tasks[Number(cells.task_index)], progress.tasks)),
    };
    data.addRowGroup(
      columns.map(({ name, leaf, depth = 0 }) =>
        derived[name]
          ? BigInt64Array.from(derived[name], BigInt)
          : columnOf(
              frames.map((cells) => cells[name]),
              leaf,
              depth,
            ),
      ),
    );
    const cells: Record<string, unknown> = {
      ...(await source.cells(episode)),
      episode_index: BigInt(progress.episodes),
      dataset_from_index: BigInt(progress.frames),
      dataset_to_index: BigInt(progress.frames + row.length),
      ...placeCells('data', place),
      ...placeCells('meta/episodes', place),
    };
    for (const key of Object.keys(cuts)) {
      Object.assign(cells, placeCells(`videos/${key}`, place));
      // From whole frames: sums of durations drift off the frame grid.
      cells[`videos/${key}/from_timestamp`] = framesBefore / info.fps;
      cells[`videos/${key}/to_timestamp`] = (framesBefore + row.length) / info.fps;
    }
    const statistics = episodeRow(cells, Object.keys(cuts)).statistics as DatasetStatistics;
    for (const [name, values] of Object.entries(derived)) {
      if (!statistics[name]) continue;
      const computed = vectorStatistics(values);
      for (const statistic of STATISTIC_NAMES) {
        if (!statistics[name][statistic]) continue;
        statistics[name][statistic] = computed[statistic];
        cells[`stats/${name}/${statistic}`] = computed[statistic];
      }
    }
    for (const column of columns) {
      if (column.leaf === 'string' || statistics[column.name]?.count?.length > 0) continue;
      statistics[column.name] = computedStatistics(column, derived[column.name] ?? frames, row.length);
    }
    progress.statistics.push(statistics);
    if (row.provenance) {
      const { success, timeLimitS } = JSON.parse(String(cells.start)) as EpisodeStart;
      countEpisode(progress.scenarios, { ...row.provenance, frames: row.length, success, timeLimitS });
    }
    rows.push(cells);
    framesBefore += row.length;
    progress.episodes++;
    progress.frames += row.length;
  }
  const table = new ParquetTable(episodeColumns);
  table.addRowGroup(
    episodeColumns.map(({ name, leaf, depth = 0 }) =>
      rows.map((cells) => converted(cells[name], leaf, depth)),
    ) as DecodedArray[],
  );
  return { data: data.finish(), rows: table.finish() };
}

/** Of an episode that keeps none: those of its whole dataset are not those of its part. */
function computedStatistics(
  { name, stored }: TableColumn,
  rows: readonly (number | Record<string, unknown>)[],
  length: number,
): FeatureStatistics {
  const number = (item: unknown): number =>
    stored ? storedNumber(item, stored) : (numbersIn(item)[0] ?? NaN);
  const values = rows.flatMap((row) => {
    if (typeof row === 'number') return [row];
    const cell = row[name];
    return isList(cell) && !(cell instanceof Uint8Array && stored)
      ? (Array.from(cell as unknown[]).flat(Infinity) as unknown[]).map(number)
      : [number(cell)];
  });
  return vectorStatistics(values, values.length / length);
}

const placeCells = (prefix: string, { chunk, file }: { chunk: number; file: number }) => ({
  [`${prefix}/chunk_index`]: BigInt(chunk),
  [`${prefix}/file_index`]: BigInt(file),
});

/** A frame may name a task that its episode does not list. */
function taskIndex(text: string | undefined, tasks: string[]): number {
  if (text === undefined) throw new Error('a frame has a task_index that tasks.parquet does not have');
  if (!tasks.includes(text)) tasks.push(text);
  return tasks.indexOf(text);
}

/** As info.json says; types of their own that all sources share stay. */
function dataTableColumns(
  features: Record<string, { dtype: string; shape: number[] }>,
  choices: readonly Choice[],
): TableColumn[] {
  const types = choices[0].source.dataColumns;
  return Object.entries(features)
    .filter(([, { dtype }]) => dtype !== 'video')
    .map(([name, { dtype, shape }]) => {
      const depth = shape.length === 1 && shape[0] === 1 ? 0 : shape.length;
      const type = types.get(name);
      if (type?.leaf === 'stored' && !DERIVED.includes(name)) return { ...type, depth };
      if (type?.leaf === 'int32' && leafOf(dtype) === 'int64' && !DERIVED.includes(name))
        return { name, leaf: widest(choices, name), depth };
      return { name, leaf: leafOf(dtype), depth };
    });
}

/** A column of 32 bits stays one where all sources have it so. */
const widest = (choices: readonly Choice[], name: string): LeafType =>
  choices.every(({ source }) => source.dataColumns.get(name)?.leaf === 'int32') ? 'int32' : 'int64';

const DERIVED = ['episode_index', 'index', 'task_index'];

function leafOf(dtype: string): LeafType {
  if (dtype === 'float32' || dtype === 'float16') return 'float';
  if (dtype === 'float64') return 'double';
  return dtype === 'bool' || dtype === 'string' ? dtype : 'int64';
}

/** Whatever type the source had, the leaf's; null stays. */
function converted(value: unknown, leaf: LeafType, depth: number): unknown {
  if (value === null || value === undefined) return null;
  if (depth > 0) return Array.from(value as unknown[], (item) => converted(item, leaf, depth - 1));
  if (leaf === 'int64') return BigInt(value as number | bigint);
  if (leaf === 'int32') return Number(value);
  return leaf === 'float' || leaf === 'double' ? Number(value) : value;
}

/** A row of one number may be stored as a list of it. */
function columnOf(values: unknown[], leaf: LeafType, depth: number): DecodedArray {
  const depthOf = (value: unknown): number => (isList(value) ? 1 + depthOf((value as unknown[])[0]) : 0);
  const isBytes = leaf === 'stored' || leaf === 'string';
  return values.map((value) => {
    const own = isBytes ? depth : depthOf(value);
    const single = depth === 0 && own === 1 && (value as unknown[]).length === 1;
    return single ? converted((value as unknown[])[0], leaf, 0) : converted(value, leaf, own);
  });
}

const isList = (value: unknown): boolean => Array.isArray(value) || ArrayBuffer.isView(value);

/** Columns of all sources; where they differ in type the wider one. A source without a column has nulls there. */
function unionOfColumns(choices: readonly Choice[]): TableColumn[] {
  const columns = new Map<string, TableColumn>();
  for (const source of new Set(choices.map((choice) => choice.source))) {
    for (const column of source.episodeColumns) {
      const joined = joinedType(columns.get(column.name), column);
      if (!joined) throw new Error(`the column ${column.name} has types that differ`);
      columns.set(column.name, joined);
    }
  }
  return [...columns.values()];
}

/** From the episodes' own, as lerobot's aggregate_stats does; where they keep none, from the sources' stats.json. */
async function datasetStatistics(
  choices: readonly Choice[],
  { statistics }: Progress,
): Promise<DatasetStatistics> {
  const whole = await Promise.all(
    [...new Set(choices.map((choice) => choice.source))].map(
      async ({ reader }) => (await reader.statistics()) ?? {},
    ),
  );
  const result: DatasetStatistics = {};
  for (const feature of Object.keys(choices[0].source.reader.info.features)) {
    const own = statistics.map((part) => part[feature]);
    const stored = whole.map((part) => part[feature] && flattened(part[feature]));
    const parts = own.every((part) => part?.count?.length > 0) ? own : stored;
    if (!parts.every((part) => part !== undefined)) continue;
    result[feature] = aggregateStatistics(parts.map((part) => ({ [feature]: part })))[feature];
  }
  return result;
}

const flattened = (statistics: Record<string, unknown>): FeatureStatistics =>
  Object.fromEntries(
    Object.entries(statistics).map(([name, value]) => [name, numbersIn(value)]),
  ) as FeatureStatistics;

/** Numbers of a feature of several axes in lists of lists, as lerobot has them. */
function inRows(values: FeatureStatistics, shape: readonly number[]): Record<string, unknown> {
  if (shape.length < 2) return values;
  const size = shape.reduce((a, b) => a * b, 1);
  return Object.fromEntries(
    Object.entries(values).map(([name, numbers]) => [
      name,
      numbers.length === size && name !== 'count' ? nested(numbers, shape) : numbers,
    ]),
  );
}

/** Cameras' numbers as 3x1x1. */
function shaped(
  statistics: DatasetStatistics,
  features: Record<string, { dtype: string; shape: number[] }>,
): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(statistics).map(([feature, values]) => [
      feature,
      features[feature].dtype !== 'video'
        ? inRows(values, features[feature].shape)
        : Object.fromEntries(
            Object.entries(values).map(([name, v]) => [name, name === 'count' ? v : perChannel(v)]),
          ),
    ]),
  );
}
