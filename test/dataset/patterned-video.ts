/**
 * Pictures that say which episode and frame they show: a row of black and white blocks is the number in binary, on a
 * background whose colour turns with the frame. Encoded by ffmpeg the way the renderer's encoder does it: constrained
 * baseline, no B-frames, a key frame every ten.
 */
import { spawnSync } from 'node:child_process';
import { statFrameIndices, statStride } from '../../dataset/stat-frames.ts';
import type { EncodedVideo } from '../../render/draw-request.ts';
import { encodedVideoFromAnnexB } from './annex-b.ts';

export const BLOCK_PX = 8;
/** Blocks a row; two rows: the episode, then the frame. Also known to trainer/checks/load_dataset.py. */
export const BITS = 12;
export const FIXTURE_SIZE = { widthPx: 96, heightPx: 64 } as const;

export interface PatternOptions {
  episode: number;
  frames: number;
  fps: number;
  widthPx?: number;
  heightPx?: number;
}

/** RGB, rows from the top. */
export function patternedFrame(
  episode: number,
  frame: number,
  widthPx: number,
  heightPx: number,
): Uint8Array {
  const pixels = new Uint8Array(widthPx * heightPx * 3);
  const background = [80 + ((frame * 3) % 100), 60 + ((episode * 25) % 140), 200 - ((frame * 2) % 120)];
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const bit = Math.floor(x / BLOCK_PX);
      const number = y < BLOCK_PX ? episode : frame;
      const isBlock = y < 2 * BLOCK_PX && bit < BITS;
      const value = (number >> bit) & 1 ? 255 : 0;
      for (let c = 0; c < 3; c++) pixels[(y * widthPx + x) * 3 + c] = isBlock ? value : background[c];
    }
  }
  return pixels;
}

export function patternedVideo(options: PatternOptions): EncodedVideo {
  const { episode, frames, fps, widthPx = FIXTURE_SIZE.widthPx, heightPx = FIXTURE_SIZE.heightPx } = options;
  const pictures = Array.from({ length: frames }, (_, frame) =>
    patternedFrame(episode, frame, widthPx, heightPx),
  );
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-s',
    `${widthPx}x${heightPx}`,
    '-r',
    String(fps),
    '-i',
    '-',
  ];
  const x264 = 'bframes=0:keyint=10:min-keyint=10:scenecut=0:slices=1:threads=1';
  const encoder = [
    '-c:v',
    'libx264',
    '-profile:v',
    'baseline',
    '-preset',
    'ultrafast',
    '-crf',
    '16',
    '-x264-params',
    x264,
  ];
  const output = ['-pix_fmt', 'yuv420p', '-f', 'h264', '-'];
  const run = spawnSync('ffmpeg', ['-v', 'error', ...input, ...encoder, ...output], {
    input: Buffer.concat(pictures),
    maxBuffer: 2 ** 28,
  });
  if (run.status !== 0) throw new Error(`ffmpeg: ${run.stderr}`);
  const video = encodedVideoFromAnnexB(run.stdout);
  if (video.sampleBytes.length !== frames)
    throw new Error(`${video.sampleBytes.length} samples for ${frames} frames`);
  return { ...video, histogram: countLevels(pictures, widthPx, heightPx) };
}

function countLevels(pictures: Uint8Array[], widthPx: number, heightPx: number): Uint32Array {
  const histogram = new Uint32Array(768);
  const stride = statStride(widthPx, heightPx);
  for (const frame of statFrameIndices(pictures.length)) {
    for (let y = 0; y < heightPx; y += stride) {
      for (let x = 0; x < widthPx; x += stride) {
        for (let c = 0; c < 3; c++) histogram[c * 256 + pictures[frame][(y * widthPx + x) * 3 + c]]++;
      }
    }
  }
  return histogram;
}
