/**
 * The coded frames of one episode inside a video file that holds several, so that they can be put into another file
 * without being decoded: a run of samples that begins with a key frame and shows exactly the episode's frames.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '../sim/errors.ts';
import type { SampleTrack } from './mp4.ts';
import { type Mp4Video, readMp4 } from './mp4-reader.ts';

export interface CutSamples extends SampleTrack {
  /** A whole sample entry box: files may share samples only where it is the same. */
  entry: Uint8Array;
  widthPx: number;
  heightPx: number;
  /** Where each sample lies in its file. */
  offsets: Float64Array;
  path: string;
}

/** Remembers the tables of the files asked for last: episodes come in their order. */
export class VideoCutter {
  readonly #tables = new Map<string, Mp4Video>();

  /**
   * @param range where the episode lies; `frames` of it from `fromS`
   * @throws Error that says why these frames cannot be cut out, without the episode's name; InputError where a
   *   healthy file is coded so
   */
  async cut(
    path: string,
    { fromS, frames, fps }: { fromS: number; frames: number; fps: number },
  ): Promise<CutSamples> {
    const video = await this.#table(path);
    if (!video.sampleEntry) throw new Error(`${path} changes its coding on the way`);
    const half = 0.5 / fps;
    const [fromTick, toTick] = [fromS - half, fromS + frames / fps - half].map((s) => s * video.timescale);
    const isInside = (tick: number): boolean => tick >= fromTick && tick < toTick;
    const from = video.presentedAt.findIndex(isInside);
    const to = video.presentedAt.findLastIndex(isInside) + 1;
    const ticks = video.presentedAt.slice(from, to);
    if (from < 0 || to - from !== frames || !ticks.every(isInside)) {
      throw new Error(`${path} does not show exactly ${frames} frames in a row from ${fromS} s`);
    }
    if (!video.isKey(from)) {
      // The file is whole, and lerobot's own convert_image_to_video writes such.
      throw new InputError(
        `${path} has no key frame at ${fromS} s, where the episode begins: code the file again with one there (ffmpeg -force_key_frames ${fromS})`,
      );
    }
    return {
      entry: video.sampleEntry,
      widthPx: video.widthPx,
      heightPx: video.heightPx,
      sampleBytes: video.sampleBytes.slice(from, to),
      offsets: video.sampleOffsets.slice(from, to),
      keyFrames: Uint8Array.from({ length: frames }, (_, i) => (video.isKey(from + i) ? 1 : 0)),
      shownAs: ranks(ticks),
      path,
    };
  }

  async #table(path: string): Promise<Mp4Video> {
    let video = this.#tables.get(path);
    if (!video) {
      video = await readMp4(path);
      this.#tables.clear();
      this.#tables.set(path, video);
    }
    return video;
  }
}

/** The place of each number among all, from 0. */
function ranks(values: Float64Array): Uint32Array {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Uint32Array(values.length);
  order.forEach((i, rank) => {
    result[i] = rank;
  });
  return result;
}

const LARGEST_READ = 2 ** 24;

/** The bytes of all samples, in order; neighbours in a file are read together. */
export async function* sampleBytesOf(cuts: readonly CutSamples[]): AsyncGenerator<Uint8Array> {
  for (const { path, offsets, sampleBytes } of cuts) {
    const file = await open(path, 'r');
    try {
      for (let i = 0; i < offsets.length; ) {
        const from = offsets[i];
        let to = from;
        while (i < offsets.length && offsets[i] === to && to - from < LARGEST_READ) to += sampleBytes[i++];
        yield await readPart(file, path, from, to - from);
      }
    } finally {
      await file.close();
    }
  }
}

async function readPart(file: FileHandle, path: string, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, from);
  if (bytesRead !== length) throw new Error(`${path} became shorter while it was read`);
  return bytes;
}
