/** A dataset as another recorder leaves it: no metadata of ours, no camera, actions in degrees. Written without our writer. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { type ParquetWriteOptions, parquetWriteBuffer } from 'hyparquet-writer';
import { vectorStatistics } from '../../dataset/statistics.ts';

export type WriteTable = (columns: Record<string, unknown[]>) => Uint8Array;

type Leaf = Pick<SchemaElement, 'type' | 'converted_type'>;

function leafOf(value: unknown): Leaf {
  if (typeof value === 'bigint') return { type: 'INT64' };
  if (typeof value === 'boolean') return { type: 'BOOLEAN' };
  return typeof value === 'number' ? { type: 'DOUBLE' } : { type: 'BYTE_ARRAY', converted_type: 'UTF8' };
}

function schemaOf(name: string, value: unknown): SchemaElement[] {
  if (!Array.isArray(value)) return [{ name, repetition_type: 'OPTIONAL', ...leafOf(value) }];
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...schemaOf('element', value[0]),
  ];
}

/** A parquet file, its types taken from the first cells. */
export function tableWith(
  options: Pick<ParquetWriteOptions, 'codec' | 'compressors' | 'rowGroupSize'>,
): WriteTable {
  return (columns) => {
    const entries = Object.entries(columns);
    const root: SchemaElement = { name: 'schema', num_children: entries.length };
    return new Uint8Array(
      parquetWriteBuffer({
        columnData: entries.map(([name, data]) => ({ name, data })),
        schema: [root, ...entries.flatMap(([name, [first]]) => schemaOf(name, first))],
        ...options,
      }),
    );
  };
}

export interface ForeignOptions {
  table?: WriteTable;
  /** Changes of info.json before it is written. */
  info?: Record<string, unknown>;
  features?: Record<string, unknown>;
  /** More columns of the data file: one cell a frame. */
  data?: Record<string, unknown[]>;
  /** stats.json as text; null for none. */
  stats?: string | null;
  episodes?: Record<string, unknown[]>;
}

export const FRAMES = 4;
export const EPISODES = 2;
const ROWS = FRAMES * EPISODES;
const STATE = Array.from({ length: ROWS }, (_, i) => [i * 10, -i]);

/** The folder, which must not exist. Two episodes of four frames; valid unless the options change that. */
export function writeForeign(root: string, options: ForeignOptions = {}): string {
  const { table = tableWith({}) } = options;
  const put = (file: string, contents: Uint8Array | string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), contents);
  };
  const rows = (of: (row: number) => unknown): unknown[] => Array.from({ length: ROWS }, (_, i) => of(i));
  const each = (of: (episode: number) => unknown): unknown[] =>
    Array.from({ length: EPISODES }, (_, i) => of(i));
  const big = (of: (i: number) => number) => (i: number) => BigInt(of(i));
  const vector = { dtype: 'float32', shape: [2], names: ['a', 'b'] };
  const scalar = (dtype: string) => ({ dtype, shape: [1], names: null });
  put(
    'data/chunk-000/file-000.parquet',
    table({
      'observation.state': STATE,
      action: STATE,
      timestamp: rows((i) => (i % FRAMES) / 10),
      frame_index: rows(big((i) => i % FRAMES)),
      episode_index: rows(big((i) => Math.floor(i / FRAMES))),
      index: rows(big((i) => i)),
      task_index: rows(() => 0n),
      ...options.data,
    }),
  );
  put(
    'meta/episodes/chunk-000/file-000.parquet',
    table({
      episode_index: each(big((i) => i)),
      tasks: each(() => ['move']),
      length: each(() => BigInt(FRAMES)),
      dataset_from_index: each(big((i) => i * FRAMES)),
      dataset_to_index: each(big((i) => (i + 1) * FRAMES)),
      'data/chunk_index': each(() => 0n),
      'data/file_index': each(() => 0n),
      ...options.episodes,
    }),
  );
  put('meta/tasks.parquet', table({ task: ['move'], task_index: [0n] }));
  const statistics = vectorStatistics(STATE.flat(), 2);
  if (options.stats !== null) {
    put(
      'meta/stats.json',
      options.stats ?? JSON.stringify({ 'observation.state': statistics, action: statistics }),
    );
  }
  put(
    'meta/info.json',
    JSON.stringify({
      ...{ codebase_version: 'v3.0', fps: 10, total_episodes: EPISODES, total_frames: ROWS, total_tasks: 1 },
      features: {
        ...{ 'observation.state': vector, action: vector, timestamp: scalar('float32') },
        ...Object.fromEntries(
          ['frame_index', 'episode_index', 'index', 'task_index'].map((name) => [name, scalar('int64')]),
        ),
        ...options.features,
      },
      ...options.info,
    }),
  );
  return root;
}
