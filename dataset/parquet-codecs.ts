/**
 * The codecs of parquet pages: whatever pyarrow, pandas, polars and DuckDB write. Node's zlib has gzip, brotli and
 * zstd; hyparquet has snappy; LZ4 is thirty lines. No page unpacks to more bytes than its header says.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type CompressionCodec, snappyUncompress } from 'hyparquet';

type Unpack = (packed: Uint8Array, bytes: number) => Uint8Array;

/** zlib stops with an error when there is more than `bytes`; it wants at least one byte of room. */
const limited = (bytes: number) => ({ maxOutputLength: Math.max(1, bytes) });

const CODECS: Partial<Record<CompressionCodec, Unpack>> = {
  UNCOMPRESSED: (packed) => packed,
  SNAPPY: (packed, bytes) => {
    const page = new Uint8Array(bytes);
    snappyUncompress(packed, page);
    return page;
  },
  GZIP: (packed, bytes) => gunzipSync(packed, limited(bytes)),
  BROTLI: (packed, bytes) => brotliDecompressSync(packed, limited(bytes)),
  ZSTD: (packed, bytes) => zstdDecompressSync(packed, limited(bytes)),
  LZ4_RAW: lz4Block,
  LZ4: lz4Hadoop,
};

/** How often the best input of each codec can repeat itself, generously: beyond it a header's size is a lie. */
const LARGEST_RATIO: Partial<Record<CompressionCodec, number>> = {
  UNCOMPRESSED: 1,
  SNAPPY: 64,
  GZIP: 1100,
  LZ4_RAW: 256,
  LZ4: 256,
};

/** The bytes of a page. @throws Error when the codec is unknown or the page does not have exactly `bytes` bytes */
export function unpackPage(packed: Uint8Array, bytes: number, codec: CompressionCodec): Uint8Array {
  const unpack = CODECS[codec];
  if (!unpack) throw new Error(`its codec ${codec} is not known; write it with snappy, zstd, gzip or none`);
  if (bytes === 0 && packed.length === 0) return packed;
  if (bytes > packed.length * (LARGEST_RATIO[codec] ?? Number.POSITIVE_INFINITY) + 64) {
    throw new Error(`a damaged page: ${packed.length} bytes of ${codec} cannot unpack to ${bytes}`);
  }
  let page: Uint8Array;
  try {
    page = unpack(packed, bytes);
  } catch (error) {
    throw new Error(`a damaged page: its ${codec} data cannot be unpacked (${(error as Error).message})`);
  }
  if (page.length !== bytes) throw new Error(`a damaged page: ${page.length} bytes instead of ${bytes}`);
  return page;
}

/** One LZ4 block: literals and matches in turn, as in the "LZ4 Block Format Description". */
export function lz4Block(packed: Uint8Array, bytes: number): Uint8Array {
  const page = new Uint8Array(bytes);
  let from = 0;
  let to = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      let byte: number;
      do {
        if (from >= packed.length) throw new Error('a length without an end');
        byte = packed[from++];
        length += byte;
      } while (byte === 255);
    }
    return length;
  };
  while (from < packed.length) {
    const token = packed[from++];
    const literals = extended(token >> 4);
    if (from + literals > packed.length || to + literals > bytes) throw new Error('literals beyond the end');
    page.set(packed.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from >= packed.length) break; // the last sequence has no match
    const offset = packed[from] | (packed[from + 1] << 8);
    from += 2;
    const length = extended(token & 15) + 4;
    if (offset === 0 || offset > to || to + length > bytes) throw new Error('a match outside the page');
    for (let i = 0; i < length; i++, to++) page[to] = page[to - offset];
  }
  if (to !== bytes) throw new Error(`${to} bytes instead of ${bytes}`);
  return page;
}

/** The older LZ4 of Hadoop: blocks behind their two sizes, big-endian. Some writers left the sizes out. */
function lz4Hadoop(packed: Uint8Array, bytes: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const parts: Uint8Array[] = [];
  let at = 0;
  let seen = 0;
  while (at + 8 <= packed.length) {
    const [unpacked, size] = [view.getUint32(at), view.getUint32(at + 4)];
    if (at + 8 + size > packed.length || seen + unpacked > bytes) return lz4Block(packed, bytes);
    parts.push(lz4Block(packed.subarray(at + 8, at + 8 + size), unpacked));
    at += 8 + size;
    seen += unpacked;
  }
  if (at !== packed.length) return lz4Block(packed, bytes);
  return Buffer.concat(parts);
}
