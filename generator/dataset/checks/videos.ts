/** Video files: as many frames as rows, each at the time at which readers look for it. */
import { relative } from 'node:path';
import type { DatasetInfo } from '../dataset-info.ts';
import type { EpisodeRow } from '../episode-row.ts';
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
  episodes: { row: EpisodeRow; fromS: number; toS: number }[];
}

export function videoFiles(
  reader: DatasetReader,
  rows: readonly EpisodeRow[],
  findings: Findings,
): VideoFile[] {
  const files = new Map<string, VideoFile>();
  for (const cameraKey of reader.cameraKeys) {
    for (const row of rows) {
      if (!row.videos[cameraKey]) {
        findings.fault(row.episodeIndex, 'video', `meta/episodes does not say where its ${cameraKey} is`);
        continue;
      }
      const { path, fromS, toS } = reader.videoRange(row, cameraKey);
      const file = files.get(path) ?? { cameraKey, path, name: relative(reader.root, path), episodes: [] };
      file.episodes.push({ row, fromS, toS });
      files.set(path, file);
    }
  }
  return [...files.values()];
}

/** float32 seconds, in which lerobot compares times, are coarser than its tolerance beyond this. */
const LONGEST_FILE_S = 1024;

/** From the sample table; `--deep` decodes as well. */
export async function checkVideoFile(file: VideoFile, info: DatasetInfo, findings: Findings): Promise<void> {
  const video = await findings.attempt('video', () => openVideo(file));
  if (!video) {
    for (const { row } of file.episodes)
      findings.fault(row.episodeIndex, 'video', `${file.name} cannot be read`);
    return;
  }
  const [heightPx, widthPx] = info.features[file.cameraKey].shape;
  if (video.widthPx !== widthPx || video.heightPx !== heightPx) {
    findings.fault(
      null,
      'video',
      `${file.name} is ${video.widthPx}x${video.heightPx}, info.json says ${widthPx}x${heightPx}`,
    );
  }
  const timesS = Float64Array.from(video.shownAt, (tick) => tick / video.timescale);
  for (const episode of file.episodes) checkEpisodeVideo(episode, timesS, info.fps, file, findings);
  checkWholeFile(file, video, timesS, info, findings);
}

async function openVideo(file: VideoFile): Promise<Mp4Video> {
  try {
    return await readMp4(file.path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${file.name} ${code === 'ENOENT' ? 'is missing' : message}`);
  }
}

/** Frames of an episode at from + frame / fps, all of them. Also used on the times of decoded frames. */
export function checkEpisodeVideo(
  { row, fromS, toS }: VideoFile['episodes'][number],
  timesS: Float64Array,
  fps: number,
  file: VideoFile,
  findings: Findings,
): void {
  const half = 0.5 / fps;
  const inside = timesS.filter((time) => time >= fromS - half && time < toS - half);
  if (inside.length !== row.length) {
    findings.fault(
      row.episodeIndex,
      'frames',
      `${file.name} shows ${inside.length} frames from ${fromS} s to ${toS} s, the episode has ${row.length} rows`,
    );
    return;
  }
  const late = inside.findIndex((time, frame) => Math.abs(time - (fromS + frame / fps)) > TIME_TOLERANCE_S);
  if (late < 0) return;
  findings.fault(
    row.episodeIndex,
    'frames',
    `${file.name} shows frame ${late} at ${inside[late]} s, readers look for it at ${fromS + late / fps} s`,
  );
}

function checkWholeFile(
  file: VideoFile,
  video: Mp4Video,
  timesS: Float64Array,
  info: DatasetInfo,
  findings: Findings,
): void {
  const rows = file.episodes.reduce((sum, { row }) => sum + row.length, 0);
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
