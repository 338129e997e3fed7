/**
 * Writes a LeRobot v3.0 dataset shard by shard, so that a reader sees all of it or nothing, and a run that is killed
 * at any moment goes on from what is there.
 *
 * While the run goes on, everything lies in OUT/.brickyard/shards: base.json (what the dataset held before, for
 * --append) and a folder for each finished shard, which appears by one rename. `publish` then moves, in this order,
 *   1. the videos, data and episode rows of all shards,
 *   2. tasks.parquet, metadata.json, stats.json (replaced by rename),
 *   3. meta/info.json, last: it is what makes a folder a dataset and says how long it is,
 * and drops OUT/.brickyard, all that the run kept there, by one rename: a folder that lost only a part of it could be
 * taken for another state than it is in. The moves follow a plan on disk (publish-plan.ts).
 *
 * Readers during --append get the old dataset until step 3, and the new one after it. Only a reader that opens tasks
 * or stats between steps 2 and 3 sees those of the new dataset with the old length, which is as consistent as the
 * format allows.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Disk, namesIn } from '../runtime/disk.ts';
import { isTemporaryName } from '../runtime/temporary-name.ts';
import { readTwin, twinFiles } from '../runtime/twin-file.ts';
import { InputError, throwFaults } from '../sim/errors.ts';
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
  applyPublishPlan,
  dropPublishPlan,
  hasSha256,
  isPlanWhole,
  type PreparedFile,
  type PublishPlan,
  type PublishResult,
  readPublishPlan,
  writePublishPlan,
} from './publish-plan.ts';
import {
  buildShard,
  type RecordReader,
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
    await disk.removeLeftovers(join(out, 'meta')); // of versions that wrote there before they renamed
    await disk.removeLeftovers(workFolder(out));
    const folder = shardsFolder(out);
    await disk.removeLeftovers(folder);
    const base = await openBase(out, spec, append, disk);
    return new DatasetWriter(out, spec, disk, base, await readShards(out, disk));
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
   * @param records a reader for each of the shard's episodes, in plan order; each is called twice
   */
  async writeShard(shardIndex: number, records: readonly RecordReader[]): Promise<void> {
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
    const begun = readPublishPlan(this.#out);
    const isUsable = begun !== null && (await isPlanWhole(this.#out, begun));
    return applyPublishPlan(this.#out, isUsable ? begun : await this.#planPublish(run), this.#disk);
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

  async #planPublish(run: RunProvenance): Promise<PublishPlan> {
    const { base, shards } = { base: this.#base, shards: this.#shards };
    const last = shards.at(-1)!;
    const statistics = aggregateStatistics([
      ...(base.statistics ? [base.statistics] : []),
      ...shards.map((shard) => shard.statistics),
    ]);
    const scenarios: Record<string, ScenarioShare> = structuredClone(base.scenarios);
    for (const shard of shards) mergeShares(scenarios, shard.scenarios);
    const fingerprint = datasetFingerprint(this.#spec, [
      ...base.digests,
      ...shards.flatMap((shard) => shard.digests),
    ]);
    const episodes = last.firstEpisode + last.episodes;
    const frames = last.firstFrame + last.frames;
    const metadata = {
      ...datasetMetadata(fingerprint, this.#spec, scenarios, [...base.runs, run]),
      ...base.edited,
    };
    const info = datasetInfo(this.#spec, last, { episodes, frames });
    const prepared: PreparedFile[] = [
      { to: TASKS_FILE, contents: taskTable(last.tasks) },
      // Before the statistics: where this file is still the old one, so are they.
      { to: METADATA_FILE, contents: json(metadata) },
      { to: STATS_FILE, contents: json(statisticsFile(statistics)) },
      { to: INFO_FILE, contents: json(info) },
    ];
    const moves = SHARD_FILES.flatMap((file) => shards.map((shard, i) => this.#shardMove(shard, i, file)));
    const bytes = shards
      .flatMap((shard) => Object.values(shard.files))
      .reduce((a, b) => a + b.bytes, base.bytes);
    const plan: PublishPlan = {
      format: 1,
      episodesBefore: base.episodes,
      removals: base.stale ?? [],
      moves,
      run,
      result: { episodes, frames, fingerprint, bytes },
    };
    return writePublishPlan(this.#out, plan, prepared, this.#disk);
  }

  #shardMove(
    shard: ShardSummary,
    index: number,
    file: (typeof SHARD_FILES)[number],
  ): PublishPlan['moves'][number] {
    const { bytes, sha256 } = shard.files[file];
    const to = publishedFiles(this.#out, filePlace(shard.fileNumber))[file];
    return {
      from: `shards/${shardName(index)}/${SHARD_FILE_NAMES[file]}`,
      to: relative(this.#out, to),
      bytes,
      sha256,
    };
  }
}

/**
 * Completes a run that was killed while its files moved into the dataset. Null when there is none, or when its files
 * are damaged, so that it has to be resumed.
 */
export async function finishPublish(out: string, disk = new Disk()): Promise<PublishPlan | null> {
  const plan = readPublishPlan(out);
  if (!plan || !(await isPlanWhole(out, plan))) return null;
  await applyPublishPlan(out, plan, disk);
  return plan;
}

const shardsFolder = (out: string): string => join(workFolder(out), 'shards');
const shardName = (index: number): string => `shard-${String(index).padStart(5, '0')}`;
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What the dataset held before this run, as it was when the run began. */
async function openBase(out: string, spec: DatasetSpec, append: boolean, disk: Disk): Promise<WriterBase> {
  const path = join(shardsFolder(out), 'base.json');
  const stored = readTwin(path, (value) => {
    if (Array.isArray((value as WriterBase)?.digests)) return value as WriterBase;
    throw new Error('it is not the record of a dataset');
  });
  if (stored.kind === 'found') {
    throwFaults(`the unfinished dataset in ${out}`, specDifferences(stored.value.spec, spec));
    return stored.value;
  }
  if (stored.kind === 'damaged' && append)
    throw new InputError(
      `${path}, which says what the dataset held before, is damaged (${stored.why}); remove ${workFolder(out)} and append again`,
    );
  const base = { ...(await readBase(out, append)) };
  throwFaults(`--append to ${out}`, specDifferences(base.spec, spec));
  const json = JSON.stringify({ ...base, spec });
  for (const file of twinFiles(path, json)) await disk.writeWhole(file.path, file.text);
  return JSON.parse(json) as WriterBase;
}

/** The shards that are whole; from the first damaged one on they are made again. */
async function readShards(out: string, disk: Disk): Promise<ShardSummary[]> {
  const folder = shardsFolder(out);
  const names = (await namesIn(folder)).filter((name) => name.startsWith('shard-') && !isTemporaryName(name));
  const shards: ShardSummary[] = [];
  for (const [i, name] of names.entries()) {
    const summary = await readShardSummary(join(folder, name)).catch(() => null);
    if (summary && name === shardName(i) && (await isShardWhole(out, join(folder, name), summary))) {
      shards.push(summary);
      continue;
    }
    await dropPublishPlan(out, disk);
    for (const later of names.slice(i).reverse()) await disk.discard(join(folder, later));
    break;
  }
  return shards;
}

/** Each of its files is still where it was written, or already where it is published. */
async function isShardWhole(out: string, folder: string, shard: ShardSummary): Promise<boolean> {
  const published = publishedFiles(out, filePlace(shard.fileNumber));
  for (const file of SHARD_FILES) {
    const written = join(folder, SHARD_FILE_NAMES[file]);
    const path = existsSync(written) ? written : published[file];
    if (!(await hasSha256(path, shard.files[file].sha256))) return false;
  }
  return true;
}

function specDifferences(found: WriterBase['spec'], given: DatasetSpec): string[] {
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
  const others = [
    ['controls', found.actionNames, given.actionNames, 'robot'],
    ['phases', found.phases, given.phases, 'task'],
  ] as const;
  for (const [what, its, this_, of] of others) {
    if (its && its.join() !== this_.join())
      faults.push(
        `its ${what} are ${its.join(', ')}, this run's ${this_.join(', ')}: it is of another ${of}, so name another --out`,
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
    robot_type: spec.robotType,
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
