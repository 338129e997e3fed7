/**
 * Writes a LeRobot v3.0 dataset shard by shard, so that a reader sees all of it or nothing, and a run that is killed
 * at any moment goes on from what is there.
 *
 * While the run goes on, everything lies in OUT/.brickyard/shards: base.json (what the dataset held before, for
 * --append) and a folder for each finished shard, which appears by one rename. `publish` then moves, in this order,
 *   1. the videos, data and episode rows of all shards,
 *   2. tasks.parquet, stats.json, metadata.json (replaced by rename),
 *   3. meta/info.json, last: it is what makes a folder a dataset and says how long it is,
 * and drops OUT/.brickyard, all that the run kept there, by one rename: a folder that lost only a part of it could be
 * taken for another state than it is in. Every step looks at what is already done, so running publish again after a
 * kill ends the same.
 *
 * Readers during --append: LeRobot takes its length from info.json, so until step 3 they get the old dataset, with
 * files beyond its end that they leave alone; after it, the new one. Only a reader that opens tasks or stats between
 * steps 2 and 3 sees those of the new dataset beside the old length, which is as consistent as the format allows.
 */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, throwFaults } from '../../sim/errors.ts';
import { Disk, isTemporary, namesIn } from './disk.ts';
import { datasetFingerprint } from './episode-digest.ts';
import { perChannel } from './episode-table.ts';
import { type DatasetSpec, datasetFeatures } from './features.ts';
import {
  CHUNKS_SIZE,
  CODEBASE_VERSION,
  DATA_PATH,
  EGO_CAMERA_KEY,
  filePlace,
  INFO_FILE,
  METADATA_FILE,
  publishedFiles,
  SHARD_FILES,
  STATS_FILE,
  TASKS_FILE,
  VIDEO_PATH,
} from './layout.ts';
import { datasetMetadata, mergeShares, type RunProvenance, type ScenarioShare } from './metadata.ts';
import {
  buildShard,
  type RecordLoader,
  readShardSummary,
  SHARD_FILE_NAMES,
  type ShardPosition,
  type ShardSummary,
} from './shard-builder.ts';
import { workFolder } from './staging.ts';
import { aggregateStatistics, type DatasetStatistics } from './statistics.ts';
import { taskTable } from './task-table.ts';
import { readBase, type WriterBase } from './writer-base.ts';

export interface WriterOptions {
  out: string;
  spec: DatasetSpec;
  /** Adds to the dataset that is there. Otherwise there must be none. */
  append?: boolean;
  disk?: Disk;
}

export interface PublishInfo {
  run: RunProvenance;
}

export interface PublishResult {
  /** Of the whole dataset, earlier runs included. */
  episodes: number;
  frames: number;
  fingerprint: string;
  bytes: number;
}

export class DatasetWriter {
  readonly #out: string;
  readonly #spec: DatasetSpec;
  readonly #disk: Disk;
  readonly #base: WriterBase;
  readonly #shards: ShardSummary[];

  private constructor(out: string, spec: DatasetSpec, disk: Disk, base: WriterBase, shards: ShardSummary[]) {
    this.#out = out;
    this.#spec = spec;
    this.#disk = disk;
    this.#base = base;
    this.#shards = shards;
  }

  /** Begins, or goes on with what an earlier process left. Throws InputError where the dataset does not allow it. */
  static async open({ out, spec, append = false, disk = new Disk() }: WriterOptions): Promise<DatasetWriter> {
    await disk.removeLeftovers(out);
    await disk.removeLeftovers(workFolder(out));
    const folder = shardsFolder(out);
    await disk.removeLeftovers(folder);
    const basePath = join(folder, 'base.json');
    if (!existsSync(basePath)) {
      const base = await readBase(out, append);
      throwFaults(`--append to ${out}`, specDifferences(base.spec, spec));
      await disk.writeWhole(basePath, JSON.stringify({ ...base, spec }));
    }
    const base = JSON.parse(await readFile(basePath, 'utf8')) as WriterBase;
    throwFaults(`the unfinished dataset in ${out}`, specDifferences(base.spec, spec));
    return new DatasetWriter(out, spec, disk, base, await readShards(folder));
  }

  /** Shards already written, in order. */
  get shards(): readonly ShardSummary[] {
    return this.#shards;
  }

  /** Episodes of this run that stand in written shards: their staged files are needed no more. */
  get writtenEpisodes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.episodes, 0);
  }

  /**
   * Writes shard `shardIndex` of this run; does nothing when it is written. Shards come in order, one at a time:
   * await each call before the next.
   * @param records a loader for each of the shard's episodes, in plan order; each is called twice
   */
  async writeShard(shardIndex: number, records: readonly RecordLoader[]): Promise<void> {
    if (shardIndex < this.#shards.length) return;
    if (shardIndex > this.#shards.length) {
      throw new Error(`writeShard(${shardIndex}) before writeShard(${this.#shards.length})`);
    }
    const target = join(shardsFolder(this.#out), shardName(shardIndex));
    const folder = this.#disk.temporaryName(target);
    await this.#disk.remove(folder);
    const options = { disk: this.#disk, folder, spec: this.#spec, position: this.#nextPosition() };
    const summary = await buildShard(options, records);
    await this.#disk.syncFolder(folder);
    await this.#disk.move(folder, target);
    this.#shards.push(summary);
  }

  /** Makes what was written the dataset and ends the run: OUT/.brickyard is gone. Needs at least one shard. */
  async publish({ run }: PublishInfo): Promise<PublishResult> {
    if (this.#shards.length === 0) throw new Error('publish() before the first writeShard()');
    for (const file of SHARD_FILES) {
      for (let i = 0; i < this.#shards.length; i++) await this.#publishFile(i, file);
    }
    const result = await this.#publishMeta(run);
    await this.#disk.discard(workFolder(this.#out));
    return result;
  }

  #nextPosition(): ShardPosition {
    const { episodes, frames, files, tasks } = this.#base;
    const last = this.#shards.at(-1);
    if (!last) return { fileNumber: files, firstEpisode: episodes, firstFrame: frames, tasks };
    return {
      fileNumber: last.fileNumber + 1,
      firstEpisode: last.firstEpisode + last.episodes,
      firstFrame: last.firstFrame + last.frames,
      tasks: last.tasks,
    };
  }

  async #publishFile(shardIndex: number, file: (typeof SHARD_FILES)[number]): Promise<void> {
    const shard = this.#shards[shardIndex];
    const from = join(shardsFolder(this.#out), shardName(shardIndex), SHARD_FILE_NAMES[file]);
    const to = publishedFiles(this.#out, filePlace(shard.fileNumber))[file];
    if (existsSync(from)) return this.#disk.move(from, to);
    const found = existsSync(to) ? (await stat(to)).size : 0;
    if (found !== shard.files[file].bytes) {
      throw new InputError(
        `${to} has ${found} bytes instead of the ${shard.files[file].bytes} written: it was changed while the run was interrupted; remove ${this.#out} and generate it again`,
      );
    }
  }

  async #publishMeta(run: RunProvenance): Promise<PublishResult> {
    const base = this.#base;
    const last = this.#shards.at(-1)!;
    const statistics = aggregateStatistics([
      ...(base.statistics ? [base.statistics] : []),
      ...this.#shards.map((shard) => shard.statistics),
    ]);
    const scenarios: Record<string, ScenarioShare> = structuredClone(base.scenarios);
    for (const shard of this.#shards) mergeShares(scenarios, shard.scenarios);
    const fingerprint = datasetFingerprint(this.#spec, [
      ...base.digests,
      ...this.#shards.flatMap((shard) => shard.digests),
    ]);
    const episodes = last.firstEpisode + last.episodes;
    const frames = last.firstFrame + last.frames;
    const metadata = { ...datasetMetadata(fingerprint, scenarios, [...base.runs, run]), ...base.edited };
    const info = datasetInfo(this.#spec, last, { episodes, frames });
    await this.#replace(TASKS_FILE, taskTable(last.tasks));
    await this.#replace(STATS_FILE, json(statisticsFile(statistics)));
    await this.#replace(METADATA_FILE, json(metadata));
    await this.#replace(INFO_FILE, json(info));
    const bytes = this.#shards
      .flatMap((shard) => Object.values(shard.files))
      .reduce((a, b) => a + b.bytes, base.bytes);
    return { episodes, frames, fingerprint, bytes };
  }

  async #replace(file: string, contents: Uint8Array | string): Promise<void> {
    await this.#disk.writeWhole(join(this.#out, file), contents);
  }
}

const shardsFolder = (out: string): string => join(workFolder(out), 'shards');
const shardName = (index: number): string => `shard-${String(index).padStart(5, '0')}`;
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function readShards(folder: string): Promise<ShardSummary[]> {
  const names = (await namesIn(folder)).filter((name) => name.startsWith('shard-') && !isTemporary(name));
  return Promise.all(names.map((name) => readShardSummary(join(folder, name))));
}

function specDifferences(found: DatasetSpec | null, given: DatasetSpec): string[] {
  if (!found) return [];
  const faults: string[] = [];
  if (found.fps !== given.fps)
    faults.push(`it has ${found.fps} fps, this run ${given.fps}: give --fps ${found.fps}`);
  if (found.widthPx !== given.widthPx || found.heightPx !== given.heightPx) {
    const size = `${found.widthPx}x${found.heightPx}`;
    faults.push(`its frames are ${size}, this run's ${given.widthPx}x${given.heightPx}: give --size ${size}`);
  }
  if (found.stateNames.join() !== given.stateNames.join()) {
    faults.push(
      `its state is ${found.stateNames.join(', ')}, this run's ${given.stateNames.join(', ')}: give the other --state`,
    );
  }
  return faults;
}

function statisticsFile(statistics: DatasetStatistics): Record<string, Record<string, unknown>> {
  const camera = statistics[EGO_CAMERA_KEY];
  const shaped = Object.entries(camera).map(([name, values]) => [
    name,
    name === 'count' ? values : perChannel(values),
  ]);
  return { ...statistics, [EGO_CAMERA_KEY]: Object.fromEntries(shaped) };
}

function datasetInfo(spec: DatasetSpec, last: ShardSummary, totals: { episodes: number; frames: number }) {
  return {
    codebase_version: CODEBASE_VERSION,
    robot_type: 'wheel_loader',
    total_episodes: totals.episodes,
    total_frames: totals.frames,
    total_tasks: last.tasks.length,
    chunks_size: CHUNKS_SIZE,
    data_files_size_in_mb: 100,
    video_files_size_in_mb: 200,
    fps: spec.fps,
    splits: { train: `0:${totals.episodes}` },
    data_path: DATA_PATH,
    video_path: VIDEO_PATH,
    features: datasetFeatures(spec, last.picture),
  };
}
