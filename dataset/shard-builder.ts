/**
 * One shard: the data file, the video file and the episode rows of some consecutive episodes, built in a folder of
 * its own together with shard.json, which says what is in it. Holds one episode in memory at a time: records are
 * loaded twice, first for their rows and sample tables, then for the coded pictures, because an MP4's table of
 * contents stands before its pictures.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk, Pieces } from '../runtime/disk.ts';
import { readRegular } from '../runtime/regular-file.ts';
import { openSeal, seal } from '../runtime/sealed-json.ts';
import { DataTable } from './data-table.ts';
import { episodeDigest } from './episode-digest.ts';
import type { EpisodeRecord } from './episode-record.ts';
import { type EpisodeEntry, episodeTable } from './episode-table.ts';
import { type DatasetSpec, dataColumns, type EpisodePlace } from './features.ts';
import type { H264Picture } from './h264.ts';
import { EGO_CAMERA_KEY, filePlace, type ShardFile } from './layout.ts';
import { countEpisode, type ScenarioShare } from './metadata.ts';
import { type Mp4Head, mp4Head, type VideoTrack } from './mp4.ts';
import {
  aggregateStatistics,
  cameraStatistics,
  type DatasetStatistics,
  vectorStatistics,
} from './statistics.ts';

/** Gives an episode; called twice, must give the same both times. */
export type RecordReader = () => EpisodeRecord | Promise<EpisodeRecord>;

/** What comes before a shard in its dataset. */
export interface ShardPosition {
  /** Number of its three files among all of their kind. */
  fileNumber: number;
  firstEpisode: number;
  firstFrame: number;
  /** Tasks of all episodes before, in the order of their task_index. */
  tasks: readonly string[];
}

/** shard.json. */
export interface ShardSummary extends ShardPosition {
  episodes: number;
  frames: number;
  /** Those before and those that this shard adds. */
  tasks: string[];
  statistics: DatasetStatistics;
  scenarios: Record<string, ScenarioShare>;
  digests: string[];
  picture: H264Picture;
  files: Record<ShardFile, { bytes: number; sha256: string }>;
}

export const SHARD_FILE_NAMES: Record<ShardFile, string> = {
  video: 'video.mp4',
  data: 'data.parquet',
  episodes: 'episodes.parquet',
};
const SUMMARY_NAME = 'shard.json';

/** Writes the shard's files into `folder`, each fsynced. The caller renames the folder into its place. */
export async function buildShard(
  options: { disk: Disk; folder: string; spec: DatasetSpec; position: ShardPosition },
  readers: readonly RecordReader[],
): Promise<ShardSummary> {
  const { disk, folder, spec, position } = options;
  const rows = await collectRows(spec, position, readers);
  const head = mp4Head(rows.tracks, spec.fps);
  assertPictureSize(head.picture, spec);

  const files = {} as ShardSummary['files'];
  const write = async (file: ShardFile, pieces: Pieces): Promise<void> => {
    const counted = countedPieces(pieces);
    await disk.writeSynced(join(folder, SHARD_FILE_NAMES[file]), counted.pieces);
    files[file] = counted.result();
  };
  await write('data', [rows.data]);
  await write('episodes', [episodeTable(rows.entries)]);
  await write('video', videoPieces(head, readers));
  if (files.video.bytes !== head.totalBytes) {
    throw new Error(
      `a video file of ${files.video.bytes} bytes should have had ${head.totalBytes}: a record changed`,
    );
  }
  const summary: ShardSummary = {
    ...position,
    episodes: readers.length,
    frames: rows.frames,
    tasks: rows.tasks,
    statistics: aggregateStatistics(rows.entries.map((entry) => entry.statistics)),
    scenarios: rows.scenarios,
    digests: rows.entries.map((entry) => entry.contentSha256),
    picture: head.picture,
    files,
  };
  await disk.writeSynced(join(folder, SUMMARY_NAME), seal(JSON.stringify(summary)));
  return summary;
}

/** @throws Error when it is damaged */
export async function readShardSummary(folder: string): Promise<ShardSummary> {
  const opened = openSeal((await readRegular(join(folder, SUMMARY_NAME))).toString('utf8'));
  if (opened.kind === 'damaged') throw new Error(`${join(folder, SUMMARY_NAME)} does not match its checksum`);
  return JSON.parse(opened.text) as ShardSummary;
}

interface ShardRows {
  data: Uint8Array;
  entries: EpisodeEntry[];
  tracks: VideoTrack[];
  tasks: string[];
  scenarios: Record<string, ScenarioShare>;
  frames: number;
}

async function collectRows(
  spec: DatasetSpec,
  position: ShardPosition,
  readers: readonly RecordReader[],
): Promise<ShardRows> {
  const data = new DataTable(spec);
  const tasks = [...position.tasks];
  const rows: Omit<ShardRows, 'data'> = { entries: [], tracks: [], tasks, scenarios: {}, frames: 0 };
  for (const load of readers) {
    const record = await load();
    assertRecordFits(record, spec);
    if (!tasks.includes(record.task)) tasks.push(record.task);
    const place: EpisodePlace = {
      episodeIndex: position.firstEpisode + rows.entries.length,
      firstIndex: position.firstFrame + rows.frames,
      taskIndex: tasks.indexOf(record.task),
    };
    data.addEpisode(record, place);
    rows.entries.push({
      record: withoutBulk(record),
      ...place,
      framesBeforeInVideo: rows.frames,
      place: filePlace(position.fileNumber),
      statistics: recordStatistics(record, spec, place),
      contentSha256: recordDigest(record),
    });
    const { avcC, sampleBytes, keyFrames } = record.video;
    rows.tracks.push({ avcC: avcC.slice(), sampleBytes: sampleBytes.slice(), keyFrames: keyFrames.slice() });
    const { success, timeLimitS } = record.start;
    countEpisode(rows.scenarios, { ...record, success, timeLimitS });
    rows.frames += record.frames;
  }
  return { ...rows, data: data.finish() };
}

function recordStatistics(record: EpisodeRecord, spec: DatasetSpec, place: EpisodePlace): DatasetStatistics {
  const statistics: DatasetStatistics = {
    [EGO_CAMERA_KEY]: cameraStatistics(record.video.histogram, record.statFrames),
  };
  for (const column of dataColumns(spec)) {
    statistics[column.name] = vectorStatistics(column.values(record, place), column.width);
  }
  return statistics;
}

const recordDigest = (record: EpisodeRecord): string =>
  episodeDigest({ ...record, start: JSON.stringify(record.start) });

/** Entries outlive their record; views into its megabytes must not. `sources` is read for the episode's row. */
function withoutBulk(record: EpisodeRecord): EpisodeRecord {
  const none = new Float32Array();
  const bytes = new Uint8Array();
  const video = {
    ...record.video,
    data: bytes,
    avcC: bytes,
    keyFrames: bytes,
    sampleBytes: new Uint32Array(),
  };
  const { sources } = record;
  return {
    ...record,
    ...{ states: none, actions: none, executedActions: none, labelValid: bytes, phases: bytes },
    sources: sources.slice(),
    video: { ...video, histogram: new Uint32Array() },
  };
}

async function* videoPieces(head: Mp4Head, readers: readonly RecordReader[]): AsyncGenerator<Uint8Array> {
  yield head.bytes;
  for (const load of readers) yield (await load()).video.data;
}

/** The pieces again, counted and hashed on their way. */
function countedPieces(pieces: Pieces): { pieces: Pieces; result: () => { bytes: number; sha256: string } } {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* passing(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  }
  return { pieces: passing(), result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** What the rest takes for granted. These are our own mistakes, never a user's. */
function assertRecordFits(record: EpisodeRecord, spec: DatasetSpec): void {
  const { frames, stateNames, video } = record;
  const controls = spec.actionNames.length;
  const lengths: [string, number, number][] = [
    ['fps', record.fps, spec.fps],
    ['states', record.states.length, frames * stateNames.length],
    ['actions', record.actions.length, frames * controls],
    ['executedActions', record.executedActions.length, frames * controls],
    ['sources', record.sources.length, frames],
    ['labelValid', record.labelValid.length, frames],
    ['phases', record.phases.length, frames],
    ['video samples', video.sampleBytes.length, frames],
    ['key frame flags', video.keyFrames.length, frames],
    ['video bytes', video.data.length, video.sampleBytes.reduce((a, b) => a + b, 0)],
  ];
  for (const [what, found, expected] of lengths) {
    if (found !== expected) throw new Error(`episode ${record.key}: ${what} is ${found}, not ${expected}`);
  }
  const unnamed = record.phases.findIndex((phase) => phase >= spec.phases.length);
  if (unnamed >= 0)
    throw new Error(
      `episode ${record.key}: phase ${record.phases[unnamed]} at frame ${unnamed} has no name among ${spec.phases.join()}`,
    );
  if (frames < 1) throw new Error(`episode ${record.key} has no frames`);
  if (stateNames.join() !== spec.stateNames.join()) {
    throw new Error(
      `episode ${record.key} has the state ${stateNames.join()}, not ${spec.stateNames.join()}`,
    );
  }
}

function assertPictureSize(picture: H264Picture, { widthPx, heightPx }: DatasetSpec): void {
  if (picture.widthPx === widthPx && picture.heightPx === heightPx) return;
  throw new Error(
    `the encoder made ${picture.widthPx}x${picture.heightPx} pictures, not ${widthPx}x${heightPx}`,
  );
}
