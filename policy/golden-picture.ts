/**
 * Decodes a golden frame: a PNG of 8-bit RGB in the size that is expected. A megabyte of PNG can unfold to gigabytes,
 * in its picture or in a text or colour profile that nothing here needs; so the header is compared first, the picture
 * is unfolded up to its size, and the decoder gets no other chunk.
 */
import { inflateSync } from 'node:zlib';
import { decode } from 'fast-png';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const HEADER_BYTES = 13;
/** Length, name and checksum. */
const CHUNK_FRAME_BYTES = 12;
const MAX_CHUNKS = 10_000;
const TRUE_COLOUR = 2;

/**
 * The picture's bytes, height x width x 3, top row first.
 * @throws Error with what differs, to be put after the file's name
 */
export function decodeGoldenPicture(bytes: Uint8Array, widthPx: number, heightPx: number): Uint8Array {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!png.subarray(0, 8).equals(SIGNATURE) || png.toString('latin1', 12, 16) !== 'IHDR')
    throw new Error('is no PNG');
  const chunks = chunksOf(png);
  const [header] = chunks;
  if (header.data.length !== HEADER_BYTES) throw new Error('is no PNG');
  const found = [header.data.readUInt32BE(0), header.data.readUInt32BE(4)];
  if (found[0] !== widthPx || found[1] !== heightPx)
    throw new Error(`is ${found.join('x')}, the policy takes ${widthPx}x${heightPx}`);
  const [depth, colour, , , interlace] = header.data.subarray(8);
  if (depth !== 8 || colour !== TRUE_COLOUR)
    throw new Error(`has ${depth} bits a value and colour type ${colour}, wanted 8-bit RGB`);
  if (interlace !== 0) throw new Error('is interlaced; save it without');
  const coded = chunks.filter(({ name }) => name === 'IDAT');
  const wanted = heightPx * (1 + widthPx * 3);
  const length = unfoldedLength(Buffer.concat(coded.map(({ data }) => data)), wanted);
  if (length !== wanted) throw new Error(`cannot be decoded: it unfolds to ${length} bytes, not ${wanted}`);
  const needed = [header, ...coded, chunks.at(-1)!].map(({ whole }) => whole);
  const { data } = decode(Buffer.concat([SIGNATURE, ...needed]), { checkCrc: true });
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

interface Chunk {
  name: string;
  data: Buffer;
  /** With its frame. */
  whole: Buffer;
}

function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = at + 8 <= png.length ? png.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    const end = at + length + CHUNK_FRAME_BYTES;
    if (end > png.length) throw new Error('cannot be decoded: it is cut short');
    if (chunks.length === MAX_CHUNKS) throw new Error(`has more than ${MAX_CHUNKS} chunks`);
    const whole = png.subarray(at, end);
    const name = whole.toString('latin1', 4, 8);
    chunks.push({ name, data: whole.subarray(8, 8 + length), whole });
    if (name === 'IEND') return chunks;
    at = end;
  }
  throw new Error('cannot be decoded: it is cut short');
}

function unfoldedLength(coded: Buffer, most: number): number {
  try {
    return inflateSync(coded, { maxOutputLength: most }).length;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new Error(`cannot be decoded: it unfolds to more than the picture's ${most} bytes`);
    throw new Error(`cannot be decoded: ${message}`);
  }
}
