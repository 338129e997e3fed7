/**
 * Time and memory for the metadata of a million episodes:
 *   node scripts/run-script.mjs million-episodes.ts [EPISODES] [FOLDER]
 * Writes a dataset of two frames an episode with rows and statistics as `gen` writes them, but without videos, into
 * FOLDER (a temporary one, removed afterwards, when left out). Each operation runs in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DecodedArray } from 'hyparquet';
import { summarizeDataset } from '../dataset/dataset-summary.ts';
import type { EpisodeRecord } from '../dataset/episode-record.ts';
import { type EpisodeEntry, episodeTable, perChannel } from '../dataset/episode-table.ts';
import { dataColumns, datasetFeatures } from '../dataset/features.ts';
import type { H264Picture } from '../dataset/h264.ts';
import {
  CHUNKS_SIZE,
  CODEBASE_VERSION,
  DATA_PATH,
  EGO_CAMERA_KEY,
  filePlace,
  INFO_FILE,
  METADATA_FILE,
  publishedFiles,
  STATS_FILE,
  TASKS_FILE,
  VIDEO_PATH,
} from '../dataset/layout.ts';
import { datasetMetadata } from '../dataset/metadata.ts';
import { ParquetTable } from '../dataset/parquet-table.ts';
import { DatasetReader } from '../dataset/reader.ts';
import { SourceDataset } from '../dataset/source-dataset.ts';
import { type DatasetStatistics, vectorStatistics } from '../dataset/statistics.ts';
import { taskSpec } from '../dataset/task-spec.ts';
import { taskTable } from '../dataset/task-table.ts';
import { validateDataset } from '../dataset/validate.ts';
import { readBase } from '../dataset/writer-base.ts';
import { readOrigin } from '../generator/origin.ts';
import { defaultTask } from '../sim/tasks/default-task.ts';

const FRAMES = 2;
const EPISODES_A_FILE = 1000;
const SPEC = taskSpec(defaultTask, Object.keys(defaultTask.stateLayouts)[0], {
  fps: 10,
  widthPx: 96,
  heightPx: 64,
});
const TASK = 'put the things where they belong';
const SHARE = {
  ...{ hashes: ['0'.repeat(64)], success: { restS: 1, restSpeedMps: 0.05 }, time_limit_s: [60, 60] },
} as const;

/** Each as a user would wait for it. */
const OPERATIONS: Record<string, (root: string) => Promise<unknown>> = {
  validate: async (root) => {
    const reader = await DatasetReader.open(root);
    const { faults, ...report } = await validateDataset(reader, { minEpisodes: 1, deep: false });
    return { episodes: report.episodes, checks: [...new Set(faults.map(({ check }) => check))] };
  },
  info: async (root) => (await summarizeDataset(await DatasetReader.open(root))).by_source,
  append: async (root) => {
    const base = await readBase(root, true);
    const used = await (await readOrigin(root))?.slotsUsed(1);
    return { episodes: base.episodes, used };
  },
  split: async (root) => {
    const source = await SourceDataset.open(await DatasetReader.open(root));
    return { episodes: source.episodes.length };
  },
};

async function main(): Promise<void> {
  const [first, second] = process.argv.slice(2);
  if (first in OPERATIONS) return measure(first, second);
  const episodes = Number(first ?? 1_000_000);
  const root = second ?? mkdtempSync(join(tmpdir(), 'brickyard-million-'));
  try {
    if (!existsSync(join(root, INFO_FILE))) write(root, episodes);
    for (const name of Object.keys(OPERATIONS)) {
      spawnSync(process.execPath, [...process.execArgv, process.argv[1], name, root], { stdio: 'inherit' });
    }
  } finally {
    if (second === undefined) rmSync(root, { recursive: true });
  }
}

async function measure(name: string, root: string): Promise<void> {
  const began = performance.now();
  const result = await OPERATIONS[name](root);
  const { maxRSS, userCPUTime } = process.resourceUsage();
  const facts = [
    `${((performance.now() - began) / 1000).toFixed(1)} s`,
    `${(userCPUTime / 1e6).toFixed(1)} s of CPU`,
    `${Math.round(maxRSS / 1024)} MB at most`,
  ];
  process.stdout.write(`${name}: ${facts.join(', ')}; ${JSON.stringify(result)}\n`);
}

function write(root: string, episodes: number): void {
  const put = (file: string, contents: Uint8Array | string): void => {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  };
  const statistics = statisticsOfRows();
  for (let from = 0, file = 0; from < episodes; from += EPISODES_A_FILE, file++) {
    const count = Math.min(EPISODES_A_FILE, episodes - from);
    const paths = publishedFiles('', filePlace(file));
    const entries = Array.from({ length: count }, (_, i) => entry(from + i, i, file, statistics));
    put(paths.episodes, episodeTable(entries));
    put(paths.data, dataFile(entries));
    put(paths.video, '');
  }
  const picture = { fullRange: true } as H264Picture;
  const frames = episodes * FRAMES;
  put(TASKS_FILE, taskTable([TASK]));
  put(STATS_FILE, JSON.stringify({ ...statistics, [EGO_CAMERA_KEY]: shaped(statistics[EGO_CAMERA_KEY]) }));
  const shares = { few: { ...SHARE, episodes, frames } } as unknown as Parameters<typeof datasetMetadata>[2];
  put(METADATA_FILE, JSON.stringify(datasetMetadata('0'.repeat(64), SPEC, shares, [])));
  put(
    INFO_FILE,
    JSON.stringify({
      ...{ codebase_version: CODEBASE_VERSION, robot_type: SPEC.robotType, fps: SPEC.fps },
      ...{ total_episodes: episodes, total_frames: frames, total_tasks: 1, chunks_size: CHUNKS_SIZE },
      ...{ splits: { train: `0:${episodes}` }, data_path: DATA_PATH, video_path: VIDEO_PATH },
      features: datasetFeatures(SPEC, picture),
    }),
  );
}

function entry(
  index: number,
  indexInFile: number,
  file: number,
  statistics: DatasetStatistics,
): EpisodeEntry {
  const state = Array.from({ length: 12 }, (_, i) => (index * (i + 1)) / 7);
  const record = {
    ...{ key: `few/1/${index}/0`, scenario: 'few', scenarioHash: '0'.repeat(64) },
    ...{ seed: 1, slot: index, attempt: 0, outcome: 'success', task: TASK, fps: SPEC.fps, frames: FRAMES },
    ...{ start: { things: [state, state, state], robot: state }, sources: Uint8Array.of(0, 0) },
    finalStateHash: index.toString(16).padStart(64, '0'),
  } as unknown as EpisodeRecord;
  return {
    ...{ record, episodeIndex: index, firstIndex: index * FRAMES, statistics },
    ...{ framesBeforeInVideo: indexInFile * FRAMES, place: filePlace(file) },
    contentSha256: index.toString(16).padStart(64, '0'),
  };
}

function dataFile(entries: EpisodeEntry[]): Uint8Array {
  const columns = dataColumns(SPEC);
  const leaves = { float32: 'float', int64: 'int64', bool: 'bool' } as const;
  const table = new ParquetTable(
    columns.map(({ name, dtype, width }) => ({ name, leaf: leaves[dtype], depth: width > 1 ? 1 : 0 })),
  );
  const [{ firstIndex }] = entries;
  const rows = entries.length * FRAMES;
  const value: Record<string, (row: number) => number> = {
    timestamp: (row) => (row % FRAMES) / SPEC.fps,
    frame_index: (row) => row % FRAMES,
    episode_index: (row) => (firstIndex + row - (row % FRAMES)) / FRAMES,
    index: (row) => firstIndex + row,
  };
  table.addRowGroup(
    columns.map(({ name, dtype, width }): DecodedArray => {
      const of = value[name] ?? (() => 0);
      if (width > 1) return Array.from({ length: rows }, () => Array.from({ length: width }, () => 0));
      if (dtype === 'int64') return BigInt64Array.from({ length: rows }, (_, row) => BigInt(of(row)));
      if (dtype === 'bool') return Array.from({ length: rows }, () => false);
      return Float32Array.from({ length: rows }, (_, row) => of(row));
    }),
  );
  return table.finish();
}

function statisticsOfRows(): DatasetStatistics {
  const columns = dataColumns(SPEC);
  const all = columns.map(({ name, width }) => [
    name,
    vectorStatistics(new Float64Array(FRAMES * width), width),
  ]);
  const camera = vectorStatistics(
    Float64Array.from({ length: FRAMES * 3 }, (_, i) => i / 9),
    3,
  );
  return { ...Object.fromEntries(all), [EGO_CAMERA_KEY]: camera };
}

const shaped = (statistics: DatasetStatistics[string]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(statistics).map(([name, values]) => [
      name,
      name === 'count' ? values : perChannel(values),
    ]),
  );

await main();
