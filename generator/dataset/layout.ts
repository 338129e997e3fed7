/** Where the files of a LeRobot v3.0 dataset lie. */
import { join } from 'node:path';

export const CODEBASE_VERSION = 'v3.0';
/** Files a folder; after the last comes the next folder's first. */
export const CHUNKS_SIZE = 1000;
export const EGO_CAMERA_KEY = 'observation.images.ego';

export const INFO_FILE = 'meta/info.json';
export const STATS_FILE = 'meta/stats.json';
export const TASKS_FILE = 'meta/tasks.parquet';
/** Ours: success criteria, versions, provenance, fingerprint. Other readers ignore it. */
export const METADATA_FILE = 'metadata.json';

const NUMBERED = 'chunk-{chunk_index:03d}/file-{file_index:03d}';
export const DATA_PATH = `data/${NUMBERED}.parquet`;
export const EPISODES_PATH = `meta/episodes/${NUMBERED}.parquet`;
export const VIDEO_PATH = `videos/{video_key}/${NUMBERED}.mp4`;

/** Number of a file among all of its kind, as folder and file. */
export interface FilePlace {
  chunk: number;
  file: number;
}

export function filePlace(fileNumber: number): FilePlace {
  return { chunk: Math.floor(fileNumber / CHUNKS_SIZE), file: fileNumber % CHUNKS_SIZE };
}

/** Fills a path of info.json: the three placeholders that LeRobot uses, as Python's str.format does. */
export function fillPath(template: string, place: FilePlace, videoKey = ''): string {
  return template
    .replaceAll('{video_key}', () => videoKey)
    .replace(/\{chunk_index(?::0?(\d+)d)?\}/g, (_, width) => padded(place.chunk, width))
    .replace(/\{file_index(?::0?(\d+)d)?\}/g, (_, width) => padded(place.file, width));
}

const padded = (value: number, width?: string): string => String(value).padStart(Number(width ?? 0), '0');

/** The three files of one shard, where readers look for them. */
export function publishedFiles(out: string, place: FilePlace): Record<ShardFile, string> {
  return {
    video: join(out, fillPath(VIDEO_PATH, place, EGO_CAMERA_KEY)),
    data: join(out, fillPath(DATA_PATH, place)),
    episodes: join(out, fillPath(EPISODES_PATH, place)),
  };
}

/** In the order in which they are published. */
export const SHARD_FILES = ['video', 'data', 'episodes'] as const;
export type ShardFile = (typeof SHARD_FILES)[number];
