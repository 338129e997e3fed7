/** One row of meta/episodes as plain values: LeRobot's columns, its statistics and, on our data, its provenance. */

import { PROVENANCE_COLUMN_NAMES } from './episode-table.ts';
import type { FilePlace } from './layout.ts';

export interface EpisodeProvenance {
  key: string;
  scenario: string;
  scenarioHash: string;
  seed: number;
  slot: number;
  attempt: number;
  outcome: string;
  sources: string[];
  /** EpisodeStart as JSON. */
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

/** @param object a row as hyparquet gives it; absent numbers become NaN */
export function episodeRow(object: Record<string, unknown>, cameraKeys: readonly string[]): EpisodeRow {
  const number = (name: string): number => (object[name] == null ? Number.NaN : Number(object[name]));
  const place = (prefix: string): FilePlace => ({
    chunk: number(`${prefix}/chunk_index`),
    file: number(`${prefix}/file_index`),
  });
  const videos: EpisodeRow['videos'] = {};
  for (const key of cameraKeys) {
    if (object[`videos/${key}/file_index`] == null) continue;
    videos[key] = {
      place: place(`videos/${key}`),
      fromS: number(`videos/${key}/from_timestamp`),
      toS: number(`videos/${key}/to_timestamp`),
    };
  }
  return {
    episodeIndex: number('episode_index'),
    length: number('length'),
    tasks: Array.isArray(object.tasks) ? object.tasks.map(String) : [],
    fromIndex: number('dataset_from_index'),
    toIndex: number('dataset_to_index'),
    dataPlace: place('data'),
    metaPlace: place('meta/episodes'),
    videos,
    statistics: storedStatistics(object),
    provenance: provenanceOf(object),
  };
}

function storedStatistics(object: Record<string, unknown>): EpisodeRow['statistics'] {
  const statistics: EpisodeRow['statistics'] = {};
  for (const [name, value] of Object.entries(object)) {
    if (!name.startsWith('stats/')) continue;
    const slash = name.lastIndexOf('/');
    const feature = name.slice('stats/'.length, slash);
    statistics[feature] ??= {};
    statistics[feature][name.slice(slash + 1)] = numbersIn(value);
  }
  return statistics;
}

/** All numbers of a nested list, in order: 3x1x1 and 3 come out the same. */
export function numbersIn(value: unknown): number[] {
  const items: unknown[] = Array.isArray(value) ? value.flat(Infinity) : [value];
  return items.map((item) => (item === null || item === undefined ? Number.NaN : Number(item)));
}

function provenanceOf(object: Record<string, unknown>): EpisodeProvenance | null {
  if (PROVENANCE_COLUMN_NAMES.some((name) => object[name] == null)) return null;
  return {
    key: String(object.key),
    scenario: String(object.scenario),
    scenarioHash: String(object.scenario_hash),
    seed: Number(object.seed),
    slot: Number(object.slot),
    attempt: Number(object.attempt),
    outcome: String(object.outcome),
    sources: (object.sources as unknown[]).map(String),
    start: String(object.start),
    finalStateHash: String(object.final_state_hash),
    contentSha256: String(object.content_sha256),
  };
}
