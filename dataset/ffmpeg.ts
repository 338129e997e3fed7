/**
 * The only place that runs ffmpeg; CONTRIBUTING says how to run it without fluent-ffmpeg.
 *
 * A name can mean more to ffmpeg than a file: an option (`-y.mp4`), a numbered series (`%d`), another protocol
 * (`concat:`, `http:`, `pipe:`), and a file of any name may be a playlist that names others. So it gets `file:` and an
 * absolute path, may open files alone, and reads MP4 alone.
 */
import { resolve as absolute } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import ffmpeg from 'fluent-ffmpeg';
import { InputError } from '../sim/errors.ts';

/** What decoding a whole file gave. */
export interface DecodedTimes {
  /** When each decoded frame is shown, ascending. */
  timesS: Float64Array;
  /** What the decoder complained about, at most a few lines. */
  errors: string[];
}

const MAX_ERRORS = 10;

/** The name of a file that ffmpeg takes for nothing else: after `file:` all characters stand for themselves. */
export const ffmpegName = (path: string): string => `file:${absolute(path)}`;

/** A video file to read from. */
function videoInput(path: string, errors: readonly string[] = []): ffmpeg.FfmpegCommand {
  return ffmpeg(ffmpegName(path))
    .inputFormat('mov')
    .inputOptions(['-v', 'error', '-protocol_whitelist', 'file', ...errors]);
}

/** Decodes all frames of a video. A frame that is damaged counts as none. */
export async function decodeTimes(path: string): Promise<DecodedTimes> {
  const errors: string[] = [];
  const command = videoInput(path, ['-err_detect', 'explode'])
    .outputOptions(['-map', '0:v:0'])
    .format('framecrc')
    .on('stderr', (line: string) => {
      if (errors.length < MAX_ERRORS && line.trim() !== '') errors.push(line.trim());
    });
  const text = (await outputOf(command, path)).toString('latin1');
  return { timesS: timesOf(text), errors };
}

/** framecrc: a header that gives the time base, then a line a frame: stream, dts, pts, duration, size, checksum. */
function timesOf(text: string): Float64Array {
  const base = /^#tb 0: (\d+)\/(\d+)$/m.exec(text);
  const tickS = base ? Number(base[1]) / Number(base[2]) : 1;
  const lines = text.split('\n').filter((line) => /^0,/.test(line));
  return Float64Array.from(lines, (line) => Number(line.split(',')[2]) * tickS).sort();
}

export interface FramesRequest {
  path: string;
  /** Time of frame 0. */
  fromS: number;
  fps: number;
  /** Counted from frame 0, ascending. */
  frames: readonly number[];
  /** Size of the pictures given back. */
  widthPx: number;
  heightPx: number;
}

/** RGB pixels, top row first, of some frames of a video. */
export async function decodeFrames(request: FramesRequest): Promise<Uint8Array[]> {
  const { path, fromS, fps, frames, widthPx, heightPx } = request;
  // Half a frame early: times are rounded to microseconds, and a frame 1 us before the start would be dropped.
  const seekS = Math.max(0, fromS - 0.5 / fps);
  const chosen = frames.map((frame) => `eq(n\\,${frame})`).join('+');
  const filters = [`select=${chosen}`, `setpts=N/${fps}/TB`, `scale=${widthPx}:${heightPx}:flags=area`];
  const command = videoInput(path)
    .seekInput(seekS)
    .videoFilters(filters)
    .outputOptions([
      '-map',
      '0:v:0',
      '-frames:v',
      String(frames.length),
      '-pix_fmt',
      'rgb24',
      '-r',
      String(fps),
    ])
    .format('rawvideo');
  const pixels = await outputOf(command, path);
  const size = widthPx * heightPx * 3;
  if (pixels.length !== size * frames.length) {
    throw new Error(
      `${path}: ${pixels.length / size} of ${frames.length} frames from ${fromS} s could be decoded`,
    );
  }
  return frames.map((_, i) => new Uint8Array(pixels.subarray(i * size, (i + 1) * size)));
}

/** All frames of an episode one by one, at the camera's own size: as many as asked for, or it throws. */
export async function* decodedEpisode(
  request: Omit<FramesRequest, 'frames'> & { count: number },
): AsyncGenerator<Uint8Array> {
  const { path, fromS, fps, count, widthPx, heightPx } = request;
  const command = videoInput(path)
    .seekInput(Math.max(0, fromS - 0.5 / fps))
    .outputOptions([
      '-map',
      '0:v:0',
      '-vsync',
      'passthrough',
      '-frames:v',
      String(count),
      '-pix_fmt',
      'rgb24',
    ])
    .format('rawvideo');
  const output = new PassThrough();
  command.on('error', (error: Error) => output.destroy(nameError(error, path))).pipe(output, { end: true });
  let frames = 0;
  for await (const frame of framesOf(output, widthPx * heightPx * 3)) {
    frames++;
    yield frame;
  }
  if (frames !== count) {
    throw new Error(`${path}: ${frames} of ${count} frames from ${fromS} s could be decoded`);
  }
}

/** Cuts a stream into frames of `size` bytes, one buffer used for all. A rest counts as one more frame. */
async function* framesOf(output: PassThrough, size: number): AsyncGenerator<Uint8Array> {
  const frame = new Uint8Array(size);
  let filled = 0;
  for await (const piece of output as AsyncIterable<Buffer>) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + frame.length - filled);
      frame.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < frame.length) continue;
      filled = 0;
      yield frame;
    }
  }
  if (filled > 0) yield frame;
}

export interface PictureFiles {
  /** JPEG or PNG files, all of one format and size. */
  files: AsyncIterable<Uint8Array>;
  format: 'mjpeg' | 'png';
  count: number;
  widthPx: number;
  heightPx: number;
  /** Where they come from, for messages. */
  name: string;
}

/** RGB pixels of picture files one by one; InputError when one of them is damaged. */
export async function* decodePictures(pictures: PictureFiles): AsyncGenerator<Uint8Array> {
  const { files, format, count, widthPx, heightPx, name } = pictures;
  const output = new PassThrough();
  const failed = (error: Error): void => {
    const named = nameError(error, name);
    output.destroy(named instanceof InputError ? named : new InputError(named.message));
  };
  const input = Readable.from(files, { objectMode: false });
  input.on('error', (error) => output.destroy(error));
  ffmpeg(input)
    .inputOptions(['-v', 'error', '-protocol_whitelist', 'pipe', '-xerror', '-err_detect', 'explode'])
    .inputOptions(['-f', 'image2pipe', '-c:v', format])
    // Its faster conversion of JPEG's colours is a level too dark.
    .outputOptions(['-sws_flags', 'accurate_rnd+full_chroma_int+bicubic'])
    .outputOptions(['-vsync', 'passthrough', '-pix_fmt', 'rgb24'])
    .format('rawvideo')
    .on('error', failed)
    .pipe(output, { end: true });
  let frames = 0;
  for await (const frame of framesOf(output, widthPx * heightPx * 3)) {
    if (++frames > count) break;
    yield frame;
  }
  if (frames !== count)
    throw new InputError(`${name}: ${frames} of ${count} pictures could be decoded; the others are damaged`);
}

/** What codes pictures for datasets: as the renderer's encoder does, no B-frames and a key frame every ten. */
const X264 = 'bframes=0:keyint=10:min-keyint=10:scenecut=0:threads=1';

/** Codes RGB frames as an H.264 file. */
export async function encodeVideo(
  path: string,
  frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { fps, widthPx, heightPx }: { fps: number; widthPx: number; heightPx: number },
): Promise<void> {
  // Why the frames ended early says more than that ffmpeg then failed.
  let ownError: unknown;
  const input = Readable.from(frames, { objectMode: false });
  input.on('error', (error) => {
    ownError = error;
  });
  await new Promise<void>((resolve, reject) => {
    ffmpeg(input)
      .inputOptions(['-v', 'error', '-protocol_whitelist', 'pipe', '-f', 'rawvideo', '-pix_fmt', 'rgb24'])
      .inputOptions(['-s', `${widthPx}x${heightPx}`, '-r', String(fps)])
      .outputOptions(['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-pix_fmt', 'yuv420p'])
      .outputOptions(['-x264-params', X264, '-y'])
      .format('mp4')
      .on('error', (error: Error) => reject(ownError ?? nameError(error, path)))
      .on('end', () => resolve())
      .save(ffmpegName(path));
  });
}

/** What the command writes to stdout. Throws InputError when there is no ffmpeg. */
function outputOf(command: ffmpeg.FfmpegCommand, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    // Without `close`: fluent-ffmpeg takes an ffmpeg that ends 20 ms after its output for one that failed.
    const output = new PassThrough({ emitClose: false });
    output.on('data', (piece: Buffer) => pieces.push(piece));
    command
      .on('error', (error: Error) => reject(nameError(error, path)))
      .on('end', () => resolve(Buffer.concat(pieces)))
      .pipe(output, { end: true });
  });
}

function nameError(error: Error, path: string): Error {
  if (/cannot find ffmpeg|ENOENT/i.test(error.message)) {
    return new InputError(
      'ffmpeg is not installed; install it with `sudo apt-get install -y ffmpeg`, or set FFMPEG_PATH',
    );
  }
  return new Error(`ffmpeg could not decode ${path}: ${error.message.split('\n')[0]}`);
}
