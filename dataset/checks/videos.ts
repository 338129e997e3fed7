/** Video files: as many frames as rows, each at the time at which readers look for it. */
import { relative } from 'node:path';
import { cameraSize } from '../camera-shape.ts';
import type { DatasetInfo } from '../dataset-info.ts';
import type { EpisodeIndex } from '../episode-index.ts';
import type { Findings } from '../findings.ts';
import { type Mp4Video, readMp4 } from '../mp4-reader.ts';
import type { DatasetReader } from '../reader.ts';
import { TIME_TOLERANCE_S } from './frames.ts';

/** The episodes whose frames of one camera lie in one file. */
export interface VideoFile {
  cameraKey: string;
  /** Absolute. */
  path: string;
  /** Relative to the dataset. */
  name: string;
  /** Positions of the episodes; `partOf` says where each is. */
  episodes: number[];
}

/** One episode in a video file. */
export interface VideoPart {
  episodeIndex: number;
  length: number;
  fromS: number;
  toS: number;
}

/** The files of all cameras, in the order of their first episodes. */
export function videoFiles(reader: DatasetReader, index: EpisodeIndex, findings: Findings): VideoFile[] {
  const files: VideoFile[] = [];
  for (const cameraKey of reader.cameraKeys) {
    if (!index.has(`videos/${cameraKey}/file_index`)) {
      if (index.count > 0)
        findings.fault(null, 'video', `meta/episodes does not say where the frames of ${cameraKey} are`);
      continue;
    }
    const byPlace = new Map<string, VideoFile>();
    for (let k = 0; k < index.count; k++) {
      const chunk = index.number(`videos/${cameraKey}/chunk_index`, k);
      const file = index.number(`videos/${cameraKey}/file_index`, k);
      if (Number.isNaN(file)) {
        findings.fault(k, 'video', `meta/episodes does not say where its ${cameraKey} is`);
        continue;
      }
      const place = `${chunk}/${file}`;
      let found = byPlace.get(place);
      if (!found) {
        const path = reader.videoFile(cameraKey, { chunk, file });
        found = { cameraKey, path, name: relative(reader.root, path), episodes: [] };
        byPlace.set(place, found);
        files.push(found);
      }
      found.episodes.push(k);
    }
  }
  return files;
}

export function partOf(index: EpisodeIndex, cameraKey: string, position: number): VideoPart {
  const number = (name: string): number => index.number(name, position);
  return {
    episodeIndex: number('episode_index'),
    length: number('length'),
    fromS: number(`videos/${cameraKey}/from_timestamp`),
    toS: number(`videos/${cameraKey}/to_timestamp`),
  };
}

/** float32 seconds, in which lerobot compares times, are coarser than its tolerance beyond this. */
const LONGEST_FILE_S = 1024;

/** From the sample table; `--deep` decodes as well. */
export async function checkVideoFile(
  file: VideoFile,
  index: EpisodeIndex,
  info: DatasetInfo,
  findings: Findings,
): Promise<void> {
  const video = await findings.attempt('video', () => openVideo(file));
  if (!video) {
    for (const k of file.episodes) findings.fault(k, 'video', `${file.name} cannot be read`);
    return;
  }
  const { heightPx, widthPx } = cameraSize(info.features[file.cameraKey]);
  if (video.widthPx !== widthPx || video.heightPx !== heightPx) {
    findings.fault(
      null,
      'video',
      `${file.name} is ${video.widthPx}x${video.heightPx}, info.json says ${widthPx}x${heightPx}`,
    );
  }
  const timesS = Float64Array.from(video.shownAt, (tick) => tick / video.timescale);
  checkEpisodesIn(file, index, timesS, info.fps, findings);
  checkWholeFile(file, index, video, timesS, info, findings);
}

async function openVideo(file: VideoFile): Promise<Mp4Video> {
  try {
    return await readMp4(file.path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isNamed = message.startsWith(file.path);
    if (code === 'ENOENT') throw new Error(`${file.name} is missing`);
    throw new Error(isNamed ? message.replace(file.path, file.name) : `${file.name} ${message}`);
  }
}

/** Every episode of a file against the times, ascending, at which its frames are shown or decoded. */
export function checkEpisodesIn(
  file: Pick<VideoFile, 'name' | 'episodes' | 'cameraKey'>,
  index: EpisodeIndex,
  timesS: Float64Array,
  fps: number,
  findings: Findings,
): void {
  // Episodes do not share frames: more than twice as many would be made up to keep a reader busy.
  let left = timesS.length * 2;
  for (const k of file.episodes) {
    const part = partOf(index, file.cameraKey, k);
    if (part.length > left) {
      findings.fault(null, 'frames', `${file.name} has ${timesS.length} frames, its episodes far more`);
      return;
    }
    left -= part.length;
    checkEpisodeVideo(part, timesS, fps, file.name, findings);
  }
}

/** Frames of an episode at from + frame / fps, all of them. */
function checkEpisodeVideo(
  { episodeIndex, length, fromS, toS }: VideoPart,
  timesS: Float64Array,
  fps: number,
  name: string,
  findings: Findings,
): void {
  const half = 0.5 / fps;
  const inside = timesS.subarray(firstFrom(timesS, fromS - half), firstFrom(timesS, toS - half));
  if (inside.length !== length) {
    findings.fault(
      episodeIndex,
      'frames',
      `${name} shows ${inside.length} frames from ${fromS} s to ${toS} s, the episode has ${length} rows`,
    );
    return;
  }
  const late = inside.findIndex((time, frame) => Math.abs(time - (fromS + frame / fps)) > TIME_TOLERANCE_S);
  if (late < 0) return;
  findings.fault(
    episodeIndex,
    'frames',
    `${name} shows frame ${late} at ${inside[late]} s, readers look for it at ${fromS + late / fps} s`,
  );
}

/** Position of the first of ascending numbers that is at least `least`; 0 where `least` is no number. */
function firstFrom(values: Float64Array, least: number): number {
  let low = 0;
  for (let high = values.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (values[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkWholeFile(
  file: VideoFile,
  index: EpisodeIndex,
  video: Mp4Video,
  timesS: Float64Array,
  info: DatasetInfo,
  findings: Findings,
): void {
  const rows = file.episodes.reduce((sum, k) => sum + index.number('length', k), 0);
  if (timesS.length > rows) {
    findings.warn(null, 'video', `${file.name} has ${timesS.length} frames, its episodes ${rows}`);
  }
  const runs = video.durationRuns.filter(({ samples }) => samples > 0);
  const ticks = video.timescale / info.fps;
  if (runs.length > 1 || Math.abs((runs[0]?.ticks ?? ticks) - ticks) > 1e-9) {
    findings.warn(
      null,
      'video',
      `${file.name} is not of a constant ${info.fps} frames/s; readers that seek by rate may be a frame off`,
    );
  }
  if (timesS.length / info.fps >= LONGEST_FILE_S) {
    findings.warn(
      null,
      'video',
      `${file.name} is ${(timesS.length / info.fps).toFixed(0)} s long; lerobot's times get too coarse from ${LONGEST_FILE_S} s`,
    );
  }
}
