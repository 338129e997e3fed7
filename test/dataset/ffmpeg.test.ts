/** What FFmpeg, the demuxer below every Python reader, makes of our files. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { contactSheet, evenlySpread } from '../../dataset/contact-sheet.ts';
import { decodeFrames, decodeTimes } from '../../dataset/ffmpeg.ts';
import { mp4Head } from '../../dataset/mp4.ts';
import { DatasetReader } from '../../dataset/reader.ts';
import { validateDataset } from '../../dataset/validate.ts';
import { DatasetWriter } from '../../dataset/writer.ts';
import { BITS, BLOCK_PX, FIXTURE_SIZE, patternedVideo } from './patterned-video.ts';
import { madeUpRecord, RUN, SPEC } from './records.ts';

const folder = mkdtempSync(join(tmpdir(), 'brickyard-ffmpeg-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LENGTHS = [23, 30, 14];

function writeVideo(fps: number): string {
  const videos = LENGTHS.map((frames, episode) => patternedVideo({ episode, frames, fps }));
  const path = join(folder, `${fps}.mp4`);
  writeFileSync(path, Buffer.concat([mp4Head(videos, fps).bytes, ...videos.map((video) => video.data)]));
  return path;
}

/** The number in a row of blocks of an RGB picture. */
function readNumber(rgb: Uint8Array, row: number): number {
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const at = ((row + 0.5) * BLOCK_PX * FIXTURE_SIZE.widthPx + (bit + 0.5) * BLOCK_PX) * 3;
    if (rgb[at] > 127) number += 2 ** bit;
  }
  return number;
}

describe.each([10, 30])('a video at %i frames/s', (fps) => {
  const frames = LENGTHS.reduce((a, b) => a + b);

  it('has exactly that rate, starts at 0 and ends with a full frame', () => {
    const entries =
      'stream=r_frame_rate,avg_frame_rate,start_pts,nb_frames,duration_ts,time_base,has_b_frames';
    const probe = spawnSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      entries,
      '-of',
      'json',
      writeVideo(fps),
    ]);
    expect(JSON.parse(String(probe.stdout)).streams[0]).toEqual({
      ...{ r_frame_rate: `${fps}/1`, avg_frame_rate: `${fps}/1`, start_pts: 0, has_b_frames: 0 },
      ...{ nb_frames: String(frames), time_base: `1/${fps * 512}`, duration_ts: frames * 512 },
    });
  });

  it('decodes to as many frames, each at its time', async () => {
    const { timesS, errors } = await decodeTimes(writeVideo(fps));
    expect(errors).toEqual([]);
    expect([...timesS].map((time) => Math.round(time * fps * 1e6) / 1e6)).toEqual(
      Array.from({ length: frames }, (_, i) => i),
    );
  });

  it('shows the frames asked for, from the first to the last of every episode', async () => {
    const path = writeVideo(fps);
    let before = 0;
    for (const [episode, length] of LENGTHS.entries()) {
      const wanted = evenlySpread(length, 5);
      const pictures = await decodeFrames({
        path,
        fromS: before / fps,
        fps,
        frames: wanted,
        ...FIXTURE_SIZE,
      });
      expect(pictures.map((picture) => [readNumber(picture, 0), readNumber(picture, 1)])).toEqual(
        wanted.map((frame) => [episode, frame]),
      );
      before += length;
    }
  });
});

describe('a dataset with real pictures', () => {
  it('is decoded by a deep validation and shown on a sheet, and a damaged picture is found', async () => {
    const out = join(folder, 'set');
    const records = LENGTHS.map((frames, episode) =>
      madeUpRecord({ episode, frames, video: patternedVideo({ episode, frames, fps: SPEC.fps }) }),
    );
    const writer = await DatasetWriter.open({ out, spec: SPEC });
    await writer.writeShard(
      0,
      records.map((record) => () => record),
    );
    await writer.publish({ run: RUN });
    const reader = await DatasetReader.open(out);
    expect((await validateDataset(reader, { minEpisodes: 1, deep: true })).faults).toEqual([]);
    const png = await contactSheet(reader, { episodes: 12, columns: 6, tileWidthPx: 96 });
    expect(Buffer.from(png.subarray(1, 4)).toString()).toBe('PNG');

    const [row] = await reader.episodes();
    const { path } = reader.videoRange(row, 'observation.images.ego');
    const { bytes } = mp4Head(
      records.map((record) => record.video),
      SPEC.fps,
    );
    const data = Buffer.concat(records.map((record) => record.video.data));
    const [first, second] = records[0].video.sampleBytes;
    data.fill(0xff, first + 5, first + second); // the second picture of episode 0
    writeFileSync(path, Buffer.concat([bytes, data]));
    const { faults } = await validateDataset(reader, { minEpisodes: 1, deep: true });
    expect(faults.some(({ check, episode }) => check === 'content' && episode === 0)).toBe(true);
    expect(faults.some(({ check }) => check === 'decode' || check === 'frames')).toBe(true);
  });
});
