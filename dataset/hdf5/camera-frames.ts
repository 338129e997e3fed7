/** The pictures of one episode's camera in an HDF5 file, as RGB frames and as video. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../../sim/errors.ts';
import { decodePictures, encodeVideo } from '../ffmpeg.ts';
import { statFrameIndices, statStride } from '../stat-frames.ts';
import { cameraStatistics, type FeatureStatistics } from '../statistics.ts';
import type { CameraPlan } from './episode-plan.ts';
import type { Hdf5Reader } from './hdf5-file.ts';
import { type PictureHeader, pictureHeader, sizeRefusal, withoutPadding } from './picture-kind.ts';
import type { Hdf5Dataset } from './structure.ts';

export interface CameraSize {
  widthPx: number;
  heightPx: number;
}

/** Looks at the first bytes of every picture; throws InputError where not all are pictures of one size and format. */
export async function cameraHeader(
  reader: Hdf5Reader,
  { dataset, kind }: CameraPlan,
  file: string,
): Promise<CameraSize & { format?: PictureHeader['format'] }> {
  if (kind.kind === 'levels') return kind;
  const frames = dataset.shape![0];
  let first: PictureHeader | null = null;
  let at = 0;
  for await (const row of rowsOneByOne(reader, dataset)) {
    const header = pictureHeader(withoutPadding(row));
    const where = `${file}: /${dataset.path}, picture ${at++} of ${frames},`;
    if (!header)
      throw new InputError(
        `${where} is neither JPEG nor PNG (${dataset.shape!.join(' x ')} of ${dataset.type.name}); store RGB levels, frames x height x width x 3`,
      );
    first ??= header;
    if (JSON.stringify(header) !== JSON.stringify(first))
      throw new InputError(`${where} is a ${words(header)}, the first a ${words(first)}; all must be alike`);
  }
  const refusal = sizeRefusal(first!.widthPx, first!.heightPx);
  if (refusal) throw new InputError(`${file}: /${dataset.path} ${refusal}`);
  return first!;
}

const words = ({ format, widthPx, heightPx }: PictureHeader): string =>
  `${format === 'png' ? 'PNG' : 'JPEG'} of ${widthPx}x${heightPx}`;

/** The rows of a dataset one by one, read many at a time: a chunk of many rows is unpacked again for each read. */
async function* rowsOneByOne(
  reader: Hdf5Reader,
  { path, shape, type }: Hdf5Dataset,
): AsyncGenerator<Uint8Array> {
  const [count, ...rest] = shape!;
  const size = rest.reduce((a, b) => a * b, type.size);
  const atOnce = type.kind === 'variable' ? 1 : Math.max(1, Math.floor(BLOCK_BYTES / size));
  for (let from = 0; from < count; from += atOnce) {
    const block = await reader.rows(path, from, Math.min(count, from + atOnce));
    if (type.kind === 'variable') yield block;
    else for (let at = 0; at < block.length; at += size) yield block.subarray(at, at + size);
  }
}

const BLOCK_BYTES = 16 * 2 ** 20;

/** Codes the pictures as the video `path`; gives the camera's statistics. */
export async function codeCamera(
  reader: Hdf5Reader,
  plan: CameraPlan,
  { path, file, fps }: { path: string; file: string; fps: number },
): Promise<FeatureStatistics> {
  const size = await cameraHeader(reader, plan, file);
  const count = plan.dataset.shape![0];
  const wanted = new Set(statFrameIndices(count));
  const histogram = new Uint32Array(768);
  async function* counted(): AsyncGenerator<Uint8Array> {
    let at = 0;
    for await (const rgb of cameraFrames(reader, plan, { ...size, file })) {
      if (wanted.has(at++)) countLevels(histogram, rgb, size);
      yield Buffer.from(rgb);
    }
  }
  await mkdir(dirname(path), { recursive: true });
  await encodeVideo(path, counted(), { fps, ...size });
  return cameraStatistics(histogram, wanted.size);
}

async function* cameraFrames(
  reader: Hdf5Reader,
  { dataset, kind }: CameraPlan,
  { widthPx, heightPx, format, file }: CameraSize & { format?: PictureHeader['format']; file: string },
): AsyncGenerator<Uint8Array> {
  const count = dataset.shape![0];
  if (kind.kind === 'files') {
    async function* files(): AsyncGenerator<Uint8Array> {
      for await (const row of rowsOneByOne(reader, dataset)) yield Buffer.from(withoutPadding(row));
    }
    const name = `${file}: /${dataset.path} (${dataset.shape!.join(' x ')} of ${dataset.type.name})`;
    yield* decodePictures({ ...{ files: files(), format: format!, count, widthPx, heightPx }, name });
    return;
  }
  for await (const levels of rowsOneByOne(reader, dataset))
    yield kind.isPlanar ? interleaved(levels) : levels;
}

/** Planes of red, green and blue as pixels. */
function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = planes.length / 3;
  const rgb = new Uint8Array(planes.length);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) rgb[i * 3 + c] = planes[c * pixels + i];
  return rgb;
}

function countLevels(histogram: Uint32Array, rgb: Uint8Array, { widthPx, heightPx }: CameraSize): void {
  const stride = statStride(widthPx, heightPx);
  for (let y = 0; y < heightPx; y += stride) {
    for (let x = 0; x < widthPx; x += stride) {
      for (let c = 0; c < 3; c++) histogram[c * 256 + rgb[(y * widthPx + x) * 3 + c]]++;
    }
  }
}
