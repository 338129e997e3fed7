/** Where the files of a LeRobot v3.0 dataset lie. */
import { join } from 'node:path';
import { unsafeNameReason } from '../runtime/confined-path.ts';

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

/** `{chunk_index}`, `{chunk_index:03d}`, `{chunk_index:>3}` … as Python's str.format takes them. */
const NUMBER_FIELD = /\{(chunk_index|file_index)(?::([<>]?)(0?)(\d*)d?)?\}/g;
/** Wider numbers are no file names. */
const MAX_PAD = 64;

/** Fills a path of info.json: the three placeholders that LeRobot uses, as Python's str.format does. */
export function fillPath(template: string, place: FilePlace, videoKey = ''): string {
  return template
    .replace(NUMBER_FIELD, (_, name: string, align: string, zero: string, width: string) => {
      const text = String(name === 'chunk_index' ? place.chunk : place.file);
      const wanted = Math.min(Number(width), MAX_PAD);
      return align === '<' ? text.padEnd(wanted, zero || ' ') : text.padStart(wanted, zero || ' ');
    })
    .replaceAll('{video_key}', () => videoKey);
}

/** Why a path of info.json cannot be filled; undefined when it can. */
export function templateFault(template: string): string | undefined {
  for (const [field, , , , width] of template.matchAll(NUMBER_FIELD)) {
    if (Number(width) > MAX_PAD)
      return `${field.slice(0, 60)} asks for ${width.slice(0, 20)} digits, at most ${MAX_PAD} are possible`;
  }
  const rest = template.replace(NUMBER_FIELD, '0').replaceAll('{video_key}', 'key');
  const unknown = /\{[^}]*\}?|\}/.exec(rest);
  if (unknown)
    return `${unknown[0].slice(0, 60)} is not known; there are {chunk_index}, {file_index} and {video_key}`;
  for (const part of rest.split('/')) {
    const reason = part === '..' || part === '.' || part === '' ? undefined : unsafeNameReason(part);
    if (reason) return `its part ${JSON.stringify(part.slice(0, 60))} ${reason}`;
  }
  return undefined;
}

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
