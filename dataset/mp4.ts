/**
 * Writes an MP4 file (ISO/IEC 14496-12) of H.264 samples that every reader of LeRobot datasets times the same way.
 *
 * Why our own: `ffmpeg -c copy` of the raw stream gave the last sample another duration (so the average rate was not
 * the dataset's), and muxer libraries stamp the time of creation, so the same run gave other bytes. Here all samples
 * last equally long (one stts run, a timescale that the rate divides: FFmpeg then reports exactly fps), the first is
 * shown at 0 with no edit list (there are no B-frames), moov comes before mdat, and no clock is read.
 */
import { type H264Picture, pictureOfAvcC } from './h264.ts';

/** One episode's coded pictures. The same shape as render's EncodedVideo, without its pixels' counts. */
export interface VideoTrack {
  avcC: Uint8Array;
  sampleBytes: Uint32Array;
  keyFrames: Uint8Array;
}

export interface Mp4Head {
  /** ftyp, moov and the header of mdat: the samples of all tracks follow, one track after the other. */
  bytes: Uint8Array;
  picture: H264Picture;
  /** Of the whole file. */
  totalBytes: number;
}

/** Ticks a frame. What FFmpeg takes for whole rates. */
const TICKS_PER_FRAME = 512;
const LARGEST_FILE = 0xffffffff;

/**
 * Everything of the file but the samples.
 * @param tracks episodes in their order, all with the same avcC; each becomes one chunk of the file
 */
export function mp4Head(tracks: readonly VideoTrack[], fps: number): Mp4Head {
  const [first] = tracks;
  for (const track of tracks) {
    if (!Buffer.from(first.avcC).equals(track.avcC)) {
      throw new Error('episodes that were encoded with different settings cannot share a video file');
    }
    if (!track.keyFrames[0]) throw new Error('an episode whose first frame is no key frame cannot be cut');
  }
  const picture = pictureOfAvcC(first.avcC);
  return { picture, ...containerHead(tracks, { ...picture, fps, entry: sampleEntry(picture, first.avcC) }) };
}

/** Samples of any codec. */
export interface SampleTrack {
  /** In decoding order. */
  sampleBytes: Uint32Array;
  keyFrames: Uint8Array;
  /** Where each sample stands in the order of showing; left out when that is the order of decoding. */
  shownAs?: Uint32Array;
}

/** The same for samples that are coded as `entry`, a whole sample entry box, says. */
export function containerHead(
  tracks: readonly SampleTrack[],
  format: { widthPx: number; heightPx: number; fps: number; entry: Uint8Array },
): { bytes: Uint8Array; totalBytes: number } {
  const table = sampleTable(tracks);
  const mediaBytes = table.chunkBytes.reduce((a, b) => a + b, 0);
  const make = (mediaOffset: number): Uint8Array =>
    concat([fileType(), movie({ table, ...format, mediaOffset })]);
  const head = make(make(0).length + 8); // the size does not depend on the offset
  const totalBytes = head.length + 8 + mediaBytes;
  if (totalBytes > LARGEST_FILE) throw new Error(`a video file of ${totalBytes} bytes is over 4 GiB`);
  return { bytes: concat([head, u32(8 + mediaBytes), ascii('mdat')]), totalBytes };
}

interface SampleTable {
  /** Frames between decoding and showing, beyond `delay`; null when none is shown out of order. */
  shifts: Int32Array | null;
  /** Frames by which showing must lag behind decoding so that no shift is negative. */
  delay: number;
  sizes: Uint32Array;
  keys: number[];
  chunkSamples: number[];
  chunkBytes: number[];
}

function sampleTable(tracks: readonly SampleTrack[]): SampleTable {
  const sizes = new Uint32Array(tracks.reduce((sum, track) => sum + track.sampleBytes.length, 0));
  const keys: number[] = [];
  const shifts = new Int32Array(sizes.length);
  let at = 0;
  for (const track of tracks) {
    sizes.set(track.sampleBytes, at);
    track.shownAs?.forEach((rank, i) => {
      shifts[at + i] = rank - i;
    });
    track.keyFrames.forEach((isKey, i) => {
      if (isKey) keys.push(at + i);
    });
    at += track.sampleBytes.length;
  }
  const delay = shifts.reduce((most, shift) => Math.max(most, -shift), 0);
  return {
    sizes,
    keys,
    delay,
    shifts: delay > 0 ? shifts.map((shift) => shift + delay) : null,
    chunkSamples: tracks.map((track) => track.sampleBytes.length),
    chunkBytes: tracks.map((track) => track.sampleBytes.reduce((a, b) => a + b, 0)),
  };
}

interface MovieParts {
  table: SampleTable;
  widthPx: number;
  heightPx: number;
  fps: number;
  entry: Uint8Array;
  mediaOffset: number;
}

const MATRIX = concat([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].map(u32));

const fileType = (): Uint8Array =>
  box('ftyp', ascii('isom'), u32(0x200), ascii('isom'), ascii('iso2'), ascii('avc1'), ascii('mp41'));

function movie(parts: MovieParts): Uint8Array {
  const timescale = u32(parts.fps * TICKS_PER_FRAME);
  const duration = u32(parts.table.sizes.length * TICKS_PER_FRAME);
  const { widthPx, heightPx } = parts;
  const header = fullBox(
    'mvhd',
    0,
    ...[u32(0), u32(0), timescale, duration, u32(0x10000), u16(0x100), zeros(10), MATRIX, zeros(24), u32(2)],
  );
  const trackHeader = fullBox(
    'tkhd',
    3, // enabled, in the movie
    ...[u32(0), u32(0), u32(1), u32(0), duration, zeros(16), MATRIX],
    ...[u32(widthPx << 16), u32(heightPx << 16)],
  );
  const UNDETERMINED = u16(0x55c4); // language 'und'
  const mediaHeader = fullBox('mdhd', 0, u32(0), u32(0), timescale, duration, UNDETERMINED, u16(0));
  const handler = fullBox('hdlr', 0, u32(0), ascii('vide'), zeros(12), ascii('VideoHandler\0'));
  const dataHere = box('dinf', fullBox('dref', 0, u32(1), fullBox('url ', 1)));
  const information = box('minf', fullBox('vmhd', 1, zeros(8)), dataHere, sampleBoxes(parts));
  // Says that time 0 is when the first frame is shown, not when it is decoded.
  const { delay } = parts.table;
  const edit = fullBox('elst', 0, u32(1), duration, u32(delay * TICKS_PER_FRAME), u16(1), u16(0));
  const edits = delay > 0 ? [box('edts', edit)] : [];
  const media = box('mdia', mediaHeader, handler, information);
  return box('moov', header, box('trak', trackHeader, ...edits, media));
}

function sampleBoxes({ table, entry, mediaOffset }: MovieParts): Uint8Array {
  const { sizes, keys, chunkSamples, chunkBytes } = table;
  const times = fullBox('stts', 0, u32(1), u32(sizes.length), u32(TICKS_PER_FRAME));
  const isAllKeys = keys.length === sizes.length;
  const keyNumbers = isAllKeys ? [] : [fullBox('stss', 0, u32s([keys.length, ...keys.map((i) => i + 1)]))];
  const runs: number[] = [];
  let runCount = 0;
  chunkSamples.forEach((samples, i) => {
    if (i > 0 && samples === chunkSamples[i - 1]) return;
    runs.push(i + 1, samples, 1);
    runCount++;
  });
  let offset = mediaOffset;
  const offsets = chunkBytes.map((bytes) => {
    offset += bytes;
    return offset - bytes;
  });
  return box(
    'stbl',
    fullBox('stsd', 0, u32(1), entry),
    times,
    ...shiftBoxes(table.shifts),
    ...keyNumbers,
    fullBox('stsc', 0, u32s([runCount, ...runs])),
    fullBox('stsz', 0, u32(0), u32s([sizes.length, ...sizes])),
    fullBox('stco', 0, u32s([offsets.length, ...offsets])),
  );
}

function shiftBoxes(shifts: Int32Array | null): Uint8Array[] {
  if (!shifts) return [];
  const pairs = Array.from(shifts, (shift) => [1, shift * TICKS_PER_FRAME]).flat();
  return [fullBox('ctts', 0, u32s([shifts.length, ...pairs]))];
}

function sampleEntry(picture: H264Picture, avcC: Uint8Array): Uint8Array {
  const RESOLUTION = u32(0x480000); // 72 dpi
  return box(
    'avc1',
    ...[zeros(6), u16(1), zeros(16), u16(picture.widthPx), u16(picture.heightPx)],
    ...[RESOLUTION, RESOLUTION, u32(0), u16(1), zeros(32), u16(24), u16(0xffff)],
    box('avcC', avcC),
    ...colourBox(picture),
  );
}

/** Says what the stream says, or nothing where it says nothing. */
function colourBox({ colour, fullRange }: H264Picture): Uint8Array[] {
  if (!colour) return [];
  const range = Uint8Array.of(fullRange ? 0x80 : 0);
  return [box('colr', ascii('nclx'), u16(colour.primaries), u16(colour.transfer), u16(colour.matrix), range)];
}

function box(type: string, ...parts: Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  return concat([u32(size), ascii(type), ...parts]);
}

const fullBox = (type: string, flags: number, ...parts: Uint8Array[]): Uint8Array =>
  box(type, u32(flags), ...parts);
const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const zeros = (count: number): Uint8Array => new Uint8Array(count);
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);

function u32(value: number): Uint8Array {
  return u32s([value]);
}

function u32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint32(i * 4, values[i]);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
