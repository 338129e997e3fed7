/** On a busy machine ffmpeg may end some time after its output did. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { decodedEpisode, decodeFrames, decodeTimes } from '../../dataset/ffmpeg.ts';
import { mp4Head } from '../../dataset/mp4.ts';
import { FIXTURE_SIZE, patternedVideo } from './patterned-video.ts';
import { FPS } from './records.ts';

const folder = mkdtempSync(join(tmpdir(), 'brickyard-slow-exit-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('an ffmpeg that ends long after its output has still decoded all', async () => {
  const slow = join(folder, 'ffmpeg');
  writeFileSync(slow, '#!/bin/sh\nPATH=/usr/bin:/bin:$PATH\nffmpeg "$@" || exit\nexec >&-\nsleep 0.2\n');
  chmodSync(slow, 0o755);
  vi.stubEnv('FFMPEG_PATH', slow);
  const path = join(folder, 'video.mp4');
  const video = patternedVideo({ episode: 0, frames: 6, fps: FPS });
  writeFileSync(path, Buffer.concat([mp4Head([video], FPS).bytes, video.data]));
  const request = { path, fromS: 0, fps: FPS, ...FIXTURE_SIZE };

  expect(await decodeTimes(path)).toMatchObject({ timesS: { length: 6 }, errors: [] });
  expect(await decodeFrames({ ...request, frames: [0, 5] })).toHaveLength(2);
  let frames = 0;
  for await (const _ of decodedEpisode({ ...request, count: 6 })) frames++;
  expect(frames).toBe(6);
});
