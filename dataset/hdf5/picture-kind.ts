/** How pictures lie in a dataset of an HDF5 file. */
import { type Hdf5Dataset, MAX_ROWS } from './structure.ts';

export type PictureKind =
  /** RGB levels: pixel by pixel, or plane after plane. */
  | { kind: 'levels'; widthPx: number; heightPx: number; isPlanar: boolean }
  /** A JPEG or PNG file a row, padded with zeros where `padded`. Its size is in its first bytes. */
  | { kind: 'files' };

const MAX_SIDE_PX = 8192;

/** What is neither is refused: guessing would make pictures that are wrong without anyone noticing. */
export function pictureKind({ shape, type }: Hdf5Dataset): PictureKind | { refusal: string } {
  if (shape === null || shape.length === 0)
    return { refusal: 'has no pictures; expected one for each frame' };
  if (shape[0] > MAX_ROWS) return { refusal: `has ${shape[0]} pictures, at most ${MAX_ROWS} are read` };
  const isLevel = type.kind === 'integer' && type.size === 1 && !type.isSigned;
  if (type.kind === 'float')
    return {
      refusal:
        'has pictures of floating-point numbers, whose range is not known; store them as uint8 from 0 to 255',
    };
  if (shape.length === 1 && (type.kind === 'variable' || type.kind === 'bytes')) return { kind: 'files' };
  if (shape.length === 2 && isLevel) return { kind: 'files' };
  if (shape.length === 4 && isLevel) return levels(shape);
  return {
    refusal:
      'has pictures that cannot be decoded; expected uint8, frames x height x width x 3 or frames x 3 x height x width, or a JPEG or PNG file in each row',
  };
}

function levels([, a, b, c]: number[]): PictureKind | { refusal: string } {
  const isPlanar = c !== 3 && a === 3;
  if (c !== 3 && !isPlanar) return { refusal: 'has pictures without three colours; store them as RGB' };
  const [heightPx, widthPx] = isPlanar ? [b, c] : [a, b];
  const refusal = sizeRefusal(widthPx, heightPx);
  return refusal ? { refusal } : { kind: 'levels', widthPx, heightPx, isPlanar };
}

/** H.264 as every player decodes it (4:2:0) halves both sides for colour. */
export function sizeRefusal(widthPx: number, heightPx: number): string | null {
  const isAllowed = (side: number): boolean => side >= 2 && side <= MAX_SIDE_PX && side % 2 === 0;
  if (isAllowed(widthPx) && isAllowed(heightPx)) return null;
  return `has pictures of ${widthPx}x${heightPx}; both sides must be even and at most ${MAX_SIDE_PX} to become video; crop or scale them`;
}

export interface PictureHeader {
  format: 'mjpeg' | 'png';
  widthPx: number;
  heightPx: number;
}

/** Format and size of a JPEG or PNG file by its first bytes; null for anything else. */
export function pictureHeader(bytes: Uint8Array): PictureHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = bytes.length >= 24 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;
  if (isPng) return { format: 'png', widthPx: view.getUint32(16), heightPx: view.getUint32(20) };
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  // Segments: marker, length, contents; the frame header has the size.
  for (let at = 2; at + 9 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker < 0xffc0 || marker > 0xfffe) return null;
    const isFrameHeader = marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrameHeader)
      return { format: 'mjpeg', widthPx: view.getUint16(at + 7), heightPx: view.getUint16(at + 5) };
  }
  return null;
}

/** A file without the zeros that pad it to the length of the longest. Neither format ends with a zero. */
export function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
