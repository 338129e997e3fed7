/**
 * meta/episodes: one row an episode. LeRobot's own columns, the statistics of every feature, and ours, which say
 * where the episode comes from and are enough to make it again. lerobot loads unknown columns and leaves them alone.
 */
import type { DecodedArray } from 'hyparquet';
import { SOURCES } from '../sim/engine/trajectory.ts';
import type { EpisodeRecord } from './episode-record.ts';
import { EGO_CAMERA_KEY, type FilePlace } from './layout.ts';
import { ParquetTable, type TableColumn } from './parquet-table.ts';
import { type DatasetStatistics, STATISTIC_NAMES } from './statistics.ts';

export interface EpisodeEntry {
  record: EpisodeRecord;
  episodeIndex: number;
  firstIndex: number;
  /** Frames before it in its video file. */
  framesBeforeInVideo: number;
  place: FilePlace;
  statistics: DatasetStatistics;
  /** Digest of everything of the episode; see episode-digest.ts. */
  contentSha256: string;
}

type Cell = (entry: EpisodeEntry) => bigint | number | string | unknown[];
type EntryColumn = TableColumn & { cell: Cell };

const video = (name: string): string => `videos/${EGO_CAMERA_KEY}/${name}`;
const int64 = (name: string, value: (entry: EpisodeEntry) => number): EntryColumn => ({
  name,
  leaf: 'int64',
  cell: (entry) => BigInt(value(entry)),
});
const double = (name: string, value: (entry: EpisodeEntry) => number): EntryColumn => ({
  name,
  leaf: 'double',
  cell: value,
});
const text = (name: string, value: (entry: EpisodeEntry) => string): EntryColumn => ({
  name,
  leaf: 'string',
  cell: value,
});
const texts = (name: string, value: (entry: EpisodeEntry) => string[]): EntryColumn => ({
  name,
  leaf: 'string',
  depth: 1,
  cell: value,
});

/** Times come from whole frames: summing up durations drifts off the frame grid within an hour of video. */
const LEROBOT_COLUMNS: EntryColumn[] = [
  int64('episode_index', (entry) => entry.episodeIndex),
  texts('tasks', (entry) => [entry.record.task]),
  int64('length', (entry) => entry.record.frames),
  int64('data/chunk_index', (entry) => entry.place.chunk),
  int64('data/file_index', (entry) => entry.place.file),
  int64('dataset_from_index', (entry) => entry.firstIndex),
  int64('dataset_to_index', (entry) => entry.firstIndex + entry.record.frames),
  int64(video('chunk_index'), (entry) => entry.place.chunk),
  int64(video('file_index'), (entry) => entry.place.file),
  double(video('from_timestamp'), (entry) => entry.framesBeforeInVideo / entry.record.fps),
  double(
    video('to_timestamp'),
    (entry) => (entry.framesBeforeInVideo + entry.record.frames) / entry.record.fps,
  ),
  int64('meta/episodes/chunk_index', (entry) => entry.place.chunk),
  int64('meta/episodes/file_index', (entry) => entry.place.file),
];

/** Ours. `start` is the EpisodeStart as JSON. */
const PROVENANCE_COLUMNS: EntryColumn[] = [
  text('key', (entry) => entry.record.key),
  text('scenario', (entry) => entry.record.scenario),
  text('scenario_hash', (entry) => entry.record.scenarioHash),
  int64('seed', (entry) => entry.record.seed),
  int64('slot', (entry) => entry.record.slot),
  int64('attempt', (entry) => entry.record.attempt),
  text('outcome', (entry) => entry.record.outcome),
  texts('sources', (entry) => sourcesOf(entry.record)),
  text('start', (entry) => JSON.stringify(entry.record.start)),
  text('final_state_hash', (entry) => entry.record.finalStateHash),
  text('content_sha256', (entry) => entry.contentSha256),
];

export const PROVENANCE_COLUMN_NAMES = PROVENANCE_COLUMNS.map((column) => column.name);

function statisticsColumns(features: readonly string[]): EntryColumn[] {
  return features.flatMap((feature) =>
    STATISTIC_NAMES.map((statistic): EntryColumn => {
      const isCount = statistic === 'count';
      const isCamera = feature === EGO_CAMERA_KEY;
      return {
        name: `stats/${feature}/${statistic}`,
        leaf: isCount ? 'int64' : 'double',
        depth: isCamera && !isCount ? 3 : 1,
        cell: ({ statistics }) => {
          const values = statistics[feature][statistic];
          if (isCount) return values.map(BigInt);
          return isCamera ? perChannel(values) : values;
        },
      };
    }),
  );
}

/** Three numbers in the shape 3x1x1 that LeRobot gives to a camera's statistics. */
export const perChannel = (values: readonly number[]): number[][][] => values.map((value) => [[value]]);

/** The names of the sources that drove at least one frame, in the order of SOURCES. */
function sourcesOf(record: EpisodeRecord): string[] {
  const present = new Set(record.sources);
  return SOURCES.filter((_, i) => present.has(i));
}

/** The bytes of one file of episode rows. At least one entry. */
export function episodeTable(entries: readonly EpisodeEntry[]): Uint8Array {
  const columns = [
    ...LEROBOT_COLUMNS,
    ...PROVENANCE_COLUMNS,
    ...statisticsColumns(Object.keys(entries[0].statistics)),
  ];
  const table = new ParquetTable(columns);
  table.addRowGroup(columns.map(({ cell }) => entries.map(cell) as DecodedArray));
  return table.finish();
}
