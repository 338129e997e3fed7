/** One row of meta/episodes as plain values: LeRobot's columns, its statistics and, on our data, its provenance. */

import { PROVENANCE_COLUMN_NAMES } from './episode-table.ts';
import type { FilePlace } from './layout.ts';
import { numberOf, numbersIn } from './number-columns.ts';

export { numbersIn } from './number-columns.ts';

export interface EpisodeProvenance {
  key: string;
  scenario: string;
  scenarioHash: string;
  seed: number;
  slot: number;
  attempt: number;
  outcome: string;
  sources: string[];
  /** EpisodeStart as JSON; empty where only the brief provenance was read. */
  start: string;
  finalStateHash: string;
  contentSha256: string;
}

export interface EpisodeRow {
  episodeIndex: number;
  length: number;
  tasks: string[];
  fromIndex: number;
  /** Exclusive. */
  toIndex: number;
  dataPlace: FilePlace;
  metaPlace: FilePlace;
  videos: Record<string, { place: FilePlace; fromS: number; toS: number }>;
  /** As stored, flattened: feature -> statistic -> numbers. Empty where the row has none. */
  statistics: Record<string, Record<string, number[]>>;
  /** Null on datasets that others made. */
  provenance: EpisodeProvenance | null;
}

/** Numbers of every row, whatever the cameras. */
export const NUMBER_COLUMNS = [
  'episode_index',
  'length',
  'dataset_from_index',
  'dataset_to_index',
  'data/chunk_index',
  'data/file_index',
  'meta/episodes/chunk_index',
  'meta/episodes/file_index',
] as const;
const CAMERA_COLUMNS = ['chunk_index', 'file_index', 'from_timestamp', 'to_timestamp'] as const;

/** Columns that say where the rows and frames of an episode are. */
export function placeColumns(cameraKeys: readonly string[]): string[] {
  return [
    ...NUMBER_COLUMNS,
    ...cameraKeys.flatMap((key) => CAMERA_COLUMNS.map((name) => `videos/${key}/${name}`)),
  ];
}

/** Of these columns a row is made; statistics and provenance come on top. */
export function placesOf(
  number: (name: string) => number,
  cameraKeys: readonly string[],
): Omit<EpisodeRow, 'tasks' | 'statistics' | 'provenance'> {
  const place = (prefix: string): FilePlace => ({
    chunk: number(`${prefix}/chunk_index`),
    file: number(`${prefix}/file_index`),
  });
  const videos: EpisodeRow['videos'] = {};
  for (const key of cameraKeys) {
    if (Number.isNaN(number(`videos/${key}/file_index`))) continue;
    videos[key] = {
      place: place(`videos/${key}`),
      fromS: number(`videos/${key}/from_timestamp`),
      toS: number(`videos/${key}/to_timestamp`),
    };
  }
  return {
    episodeIndex: number('episode_index'),
    length: number('length'),
    fromIndex: number('dataset_from_index'),
    toIndex: number('dataset_to_index'),
    dataPlace: place('data'),
    metaPlace: place('meta/episodes'),
    videos,
  };
}

/** @param object a row as hyparquet gives it; absent numbers become NaN */
export function episodeRow(object: Record<string, unknown>, cameraKeys: readonly string[]): EpisodeRow {
  return {
    ...placesOf((name) => numberOf(object[name]), cameraKeys),
    tasks: tasksOf(object.tasks),
    statistics: storedStatistics(object),
    provenance: provenanceOf(object),
  };
}

/** lerobot writes a list; an editor may leave one text. */
export function tasksOf(cell: unknown): string[] {
  if (typeof cell === 'string') return [cell];
  return Array.isArray(cell) ? cell.map(String) : [];
}

/** `stats/FEATURE/STATISTIC`; the feature's name may have slashes. */
export function statisticOf(column: string): { feature: string; statistic: string } | null {
  if (!column.startsWith('stats/')) return null;
  const slash = column.lastIndexOf('/');
  if (slash <= 'stats/'.length) return null;
  return { feature: column.slice('stats/'.length, slash), statistic: column.slice(slash + 1) };
}

function storedStatistics(object: Record<string, unknown>): EpisodeRow['statistics'] {
  const statistics: EpisodeRow['statistics'] = {};
  for (const [name, value] of Object.entries(object)) {
    const names = statisticOf(name);
    if (!names) continue;
    statistics[names.feature] ??= {};
    statistics[names.feature][names.statistic] = numbersIn(value);
  }
  return statistics;
}

/** Null where a column is absent, `start` aside when the brief provenance was asked for. */
export function provenanceOf(object: Record<string, unknown>, isBrief = false): EpisodeProvenance | null {
  const isThere = (name: string): boolean => object[name] != null || (isBrief && name === 'start');
  if (!PROVENANCE_COLUMN_NAMES.every(isThere)) return null;
  return {
    key: String(object.key),
    scenario: String(object.scenario),
    scenarioHash: String(object.scenario_hash),
    seed: Number(object.seed),
    slot: Number(object.slot),
    attempt: Number(object.attempt),
    outcome: String(object.outcome),
    sources: tasksOf(object.sources),
    start: String(object.start ?? ''),
    finalStateHash: String(object.final_state_hash),
    contentSha256: String(object.content_sha256),
  };
}
