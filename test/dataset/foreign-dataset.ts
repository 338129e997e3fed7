/** Small datasets without cameras as other recorders and editors leave them: any features, tasks and columns. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DecodedArray } from 'hyparquet';
import { ParquetTable, type TableColumn } from '../../dataset/parquet-table.ts';
import { type FeatureStatistics, STATISTIC_NAMES, vectorStatistics } from '../../dataset/statistics.ts';
import { taskTable } from '../../dataset/task-table.ts';

export interface ForeignFeature {
  dtype: string;
  shape: number[];
  names?: unknown;
}

export interface ExtraColumn {
  column: TableColumn;
  /** A value for each row. */
  values: unknown[];
}

export interface ForeignOptions {
  /** Frames of each episode. */
  lengths: number[];
  /** Besides state and action. */
  features?: Record<string, ForeignFeature>;
  /** Number of each frame's task. */
  taskOf?: (episode: number, frame: number) => number;
  tasks?: string[];
  /** More columns of meta/episodes, and of the data files. */
  episodeColumns?: ExtraColumn[];
  dataColumns?: ExtraColumn[];
  /** Where statistics are kept. */
  statistics?: 'both' | 'stats.json' | 'none';
  fps?: number;
}

const VECTORS = {
  'observation.state': { dtype: 'float32', shape: [3], names: ['a', 'b', 'c'] },
  action: { dtype: 'float32', shape: [3], names: ['a', 'b', 'c'] },
};
const INDICES = ['timestamp', 'frame_index', 'episode_index', 'index', 'task_index'];

export function writeForeign(root: string, options: ForeignOptions): string {
  const { lengths, features = {}, taskOf = () => 0, tasks = ['pick'], fps = 10 } = options;
  const { episodeColumns = [], dataColumns = [], statistics = 'both' } = options;
  const described: Record<string, ForeignFeature> = { ...VECTORS, ...features };
  for (const name of INDICES)
    described[name] = { dtype: name === 'timestamp' ? 'float32' : 'int64', shape: [1], names: null };
  const names = Object.keys(described);
  const data = new ParquetTable([
    ...names.map((name) => columnOf(name, described[name])),
    ...dataColumns.map(({ column }) => column),
  ]);
  const rows: Record<string, unknown>[] = [];
  const all: Record<string, number[]> = {};
  let first = 0;
  for (const [episode, length] of lengths.entries()) {
    const frames = Array.from({ length }, (_, frame) => frame);
    const columns: Record<string, unknown[]> = {
      timestamp: frames.map((frame) => Math.fround(frame / fps)),
      frame_index: frames.map(BigInt),
      episode_index: frames.map(() => BigInt(episode)),
      index: frames.map((frame) => BigInt(first + frame)),
      task_index: frames.map((frame) => BigInt(taskOf(episode, frame))),
    };
    const row: Record<string, unknown> = {
      ...{ episode_index: BigInt(episode), length: BigInt(length) },
      tasks: [...new Set(frames.map((frame) => tasks[taskOf(episode, frame)]))],
      ...{ 'data/chunk_index': 0n, 'data/file_index': 0n },
      ...{ dataset_from_index: BigInt(first), dataset_to_index: BigInt(first + length) },
      ...{ 'meta/episodes/chunk_index': 0n, 'meta/episodes/file_index': 0n },
    };
    for (const name of names) {
      columns[name] ??= frames.map((frame) => cell(described[name], first + frame));
      if (described[name].dtype === 'string') continue;
      const numbers = columns[name].flatMap((value) => [value].flat(9).map(Number));
      all[name] = [...(all[name] ?? []), ...numbers];
      const found = vectorStatistics(numbers, numbers.length / length);
      for (const statistic of STATISTIC_NAMES)
        if (statistics === 'both') row[`stats/${name}/${statistic}`] = statisticCell(found, statistic);
    }
    for (const { column, values } of episodeColumns) row[column.name] = values[episode];
    data.addRowGroup([
      ...names.map((name) => columns[name] as DecodedArray),
      ...dataColumns.map(({ values }) => values.slice(first, first + length) as DecodedArray),
    ]);
    rows.push(row);
    first += length;
  }
  const own = Object.keys(rows[0]).filter(
    (name) => !episodeColumns.some(({ column }) => column.name === name),
  );
  const table = new ParquetTable([...own.map(episodeColumn), ...episodeColumns.map(({ column }) => column)]);
  const order = [...own, ...episodeColumns.map(({ column }) => column.name)];
  table.addRowGroup(order.map((name) => rows.map((row) => row[name]) as DecodedArray));
  for (const folder of ['data', 'meta/episodes'])
    mkdirSync(join(root, folder, 'chunk-000'), { recursive: true });
  writeFileSync(join(root, 'data/chunk-000/file-000.parquet'), data.finish());
  writeFileSync(join(root, 'meta/episodes/chunk-000/file-000.parquet'), table.finish());
  writeFileSync(join(root, 'meta/tasks.parquet'), taskTable(tasks));
  const stats = Object.fromEntries(
    Object.entries(all).map(([name, values]) => [name, vectorStatistics(values, values.length / first)]),
  );
  if (statistics !== 'none') writeFileSync(join(root, 'meta/stats.json'), JSON.stringify(stats));
  const info = {
    ...{ codebase_version: 'v3.0', robot_type: 'arm', fps, features: described },
    ...{ total_episodes: lengths.length, total_frames: first, total_tasks: tasks.length },
    ...{ chunks_size: 1000, data_files_size_in_mb: 100, video_files_size_in_mb: 200 },
    splits: { train: `0:${lengths.length}` },
    data_path: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
    video_path: null,
  };
  writeFileSync(join(root, 'meta/info.json'), JSON.stringify(info));
  return root;
}

const statisticCell = (found: FeatureStatistics, statistic: (typeof STATISTIC_NAMES)[number]): unknown =>
  statistic === 'count' ? found.count.map(BigInt) : found[statistic];

/** One row's value, other for each row, between 0 and 1 where it can be. */
function cell({ dtype, shape }: ForeignFeature, row: number): unknown {
  const one = (at: number): unknown => {
    if (dtype === 'string') return `row ${row}`;
    if (dtype === 'bool') return (row + at) % 2 === 0;
    if (dtype === 'float16') return new Uint8Array([0, 0x38 + (row % 4)]);
    if (dtype === 'uint64') return BigInt.asIntN(64, 2n ** 63n + BigInt(row));
    if (dtype === 'int64') return BigInt(row + at);
    return dtype.startsWith('float') ? ((row + at) % 100) / 128 : (row + at) % 100;
  };
  const nested = (axes: number[], at: number): unknown =>
    axes.length === 0
      ? one(at)
      : Array.from({ length: axes[0] }, (_, i) => nested(axes.slice(1), at * axes[0] + i));
  return shape.length === 1 && shape[0] === 1 ? one(0) : nested(shape, 0);
}

function columnOf(name: string, { dtype, shape }: ForeignFeature): TableColumn {
  const depth = shape.length === 1 && shape[0] === 1 ? 0 : shape.length;
  if (dtype === 'float32') return { name, leaf: 'float', depth };
  if (dtype === 'float64') return { name, leaf: 'double', depth };
  if (dtype === 'bool' || dtype === 'string' || dtype === 'int64') return { name, leaf: dtype, depth };
  if (dtype === 'int32') return { name, leaf: 'int32', depth };
  if (dtype === 'float16') {
    const stored = {
      type: 'FIXED_LEN_BYTE_ARRAY',
      type_length: 2,
      logical_type: { type: 'FLOAT16' },
    } as const;
    return { name, leaf: 'stored', depth, stored };
  }
  const bits = Number(/\d+/.exec(dtype)![0]);
  const logical_type = { type: 'INTEGER', bitWidth: bits, isSigned: !dtype.startsWith('u') } as const;
  return { name, leaf: 'stored', depth, stored: { type: bits === 64 ? 'INT64' : 'INT32', logical_type } };
}

function episodeColumn(name: string): TableColumn {
  if (name === 'tasks') return { name, leaf: 'string', depth: 1 };
  if (!name.startsWith('stats/')) return { name, leaf: 'int64' };
  return { name, leaf: name.endsWith('/count') ? 'int64' : 'double', depth: 1 };
}
