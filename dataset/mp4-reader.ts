/**
 * The sample table of an MP4 file, ours or one that FFmpeg wrote: how many frames it has, when each is shown, where
 * its bytes lie. Read from the moov box alone, so a dataset of gigabytes is counted in milliseconds. Every count in it
 * is bounded by the bytes of its box, or of the file, before anything is made of it.
 */
import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '../runtime/regular-file.ts';

export interface Mp4Video {
  /** Of the whole file. */
  fileBytes: number;
  widthPx: number;
  heightPx: number;
  /** Sample entry: avc1, av01, hev1 … */
  codec: string;
  timescale: number;
  /** In decoding order. */
  sampleBytes: Uint32Array;
  sampleOffsets: Float64Array;
  /** Time at which each is shown, in ticks, after the edit list; ascending (sorted when there are B-frames). */
  shownAt: Float64Array;
  /** The same times in decoding order. */
  presentedAt: Float64Array;
  /** The whole box that says how the samples are coded; null when there are several. */
  sampleEntry: Uint8Array | null;
  isKey: (sample: number) => boolean;
  /** Lengths of runs of equal duration: one entry is a constant frame rate. */
  durationRuns: { samples: number; ticks: number }[];
  avcC: Uint8Array | null;
}

/** The file is no MP4, is cut short, or has no video track. */
export class Mp4Error extends Error {
  override name = 'Mp4Error';
}

/** A day of video at 30 frames/s, with tables that give each frame its own entry. */
const LARGEST_MOOV = 64 * 2 ** 20;
/** Side by side in a file or in a box; writers have tens. */
const MOST_BOXES = 10_000;

export async function readMp4(path: string): Promise<Mp4Video> {
  const { file, bytes: size } = await openRegular(path);
  try {
    const moov = await readMoov(file, size);
    const track = boxes(moov).find((box) => box.type === 'trak' && handlerOf(box.body) === 'vide');
    if (!track) throw new Mp4Error('has no video track');
    const video = readTrack(track.body, movieTimescale(moov), size);
    assertSamplesInside(video, size);
    return video;
  } catch (error) {
    if (error instanceof RangeError) throw new Mp4Error('has a damaged moov box');
    throw error;
  } finally {
    await file.close();
  }
}

async function readMoov(file: FileHandle, fileBytes: number): Promise<DataView> {
  const head = new DataView(new ArrayBuffer(16));
  let moov: DataView | null = null;
  for (let at = 0, count = 0; at < fileBytes; count++) {
    if (count > MOST_BOXES) throw new Mp4Error(`has more than ${MOST_BOXES} boxes`);
    const { bytesRead } = await file.read(head, 0, 16, at);
    if (bytesRead < 8) throw new Mp4Error('is cut short');
    let size = head.getUint32(0);
    if (size === 1) size = Number(head.getBigUint64(8));
    if (size === 0) size = fileBytes - at;
    if (size < 8 || at + size > fileBytes) throw new Mp4Error('is cut short or no MP4 file');
    if (typeAt(head, 4) === 'moov') {
      if (moov) throw new Mp4Error('has two moov boxes');
      if (size > LARGEST_MOOV) throw new Mp4Error(`has a moov box of ${size} bytes`);
      moov = new DataView(new ArrayBuffer(size - 8));
      await file.read(moov, 0, size - 8, at + 8);
    }
    at += size;
  }
  if (!moov) throw new Mp4Error('has no moov box: its writer did not finish');
  return moov;
}

function assertSamplesInside({ sampleOffsets, sampleBytes }: Mp4Video, fileBytes: number): void {
  const outside = sampleOffsets.findIndex((offset, i) => offset + sampleBytes[i] > fileBytes);
  if (outside >= 0)
    throw new Mp4Error(`is cut short: frame ${outside} of ${sampleBytes.length} lies beyond its end`);
}

interface Box {
  type: string;
  body: DataView;
}

function boxes(view: DataView): Box[] {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at);
    if (size < 8) break;
    if (found.length > MOST_BOXES) throw new Mp4Error(`has more than ${MOST_BOXES} boxes in a box`);
    found.push({ type: typeAt(view, at + 4), body: part(view, at + 8, size - 8) });
    at += size;
  }
  return found;
}

const part = (view: DataView, offset: number, length?: number): DataView =>
  new DataView(view.buffer, view.byteOffset + offset, length ?? view.byteLength - offset);

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function typeAt(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(offset + i)));
}

function child(view: DataView, ...path: string[]): DataView | null {
  let at: DataView | null = view;
  for (const type of path) at = (at && boxes(at).find((box) => box.type === type)?.body) ?? null;
  return at;
}

function needed(view: DataView, ...path: string[]): DataView {
  const found = child(view, ...path);
  if (!found) throw new Mp4Error(`has no ${path.at(-1)} box`);
  return found;
}

function handlerOf(track: DataView): string {
  const handler = child(track, 'mdia', 'hdlr');
  return handler ? typeAt(handler, 8) : '';
}

function movieTimescale(moov: DataView): number {
  const header = needed(moov, 'mvhd');
  return header.getUint32(header.getUint8(0) === 1 ? 20 : 12);
}

/** How many entries of `entryBytes` a table says it has. Throws when its box is too short for them. */
function entriesOf(box: DataView, name: string, entryBytes: number, most = Number.POSITIVE_INFINITY): number {
  const count = box.getUint32(4);
  const room = Math.floor((box.byteLength - 8) / entryBytes);
  if (count > room) throw new Mp4Error(`has a ${name} box of ${count} entries with room for ${room}`);
  if (count > most) throw new Mp4Error(`has a ${name} box of ${count} entries for ${most} frames`);
  return count;
}

function readTrack(track: DataView, movieScale: number, fileBytes: number): Mp4Video {
  const mediaHeader = needed(track, 'mdia', 'mdhd');
  const timescale = mediaHeader.getUint32(mediaHeader.getUint8(0) === 1 ? 20 : 12);
  const table = needed(track, 'mdia', 'minf', 'stbl');
  const entry = part(needed(table, 'stsd'), 8);
  const entryBody = part(entry, 8, entry.getUint32(0) - 8);
  const sampleBytes = readSizes(needed(table, 'stsz'), fileBytes);
  const runs = readRuns(needed(table, 'stts'), 'stts', sampleBytes.length);
  const durationRuns = runs.map(([samples, ticks]) => ({ samples, ticks }));
  const keys = child(table, 'stss');
  const keyCount = keys ? entriesOf(keys, 'stss', 4, sampleBytes.length) : 0;
  const keySet = keys && new Set(Array.from({ length: keyCount }, (_, i) => keys.getUint32(8 + 4 * i) - 1));
  const configuration = child(part(entryBody, 78), 'avcC');
  const start = editStart(track, movieScale, timescale);
  const presentedAt = readTimes(table, durationRuns, sampleBytes.length, start);
  const isOnlyEntry = needed(table, 'stsd').getUint32(4) === 1;
  return {
    fileBytes,
    widthPx: entryBody.getUint16(24),
    heightPx: entryBody.getUint16(26),
    codec: typeAt(entry, 4),
    timescale,
    sampleBytes,
    sampleOffsets: readOffsets(table, sampleBytes),
    shownAt: presentedAt.slice().sort(),
    presentedAt,
    sampleEntry: isOnlyEntry ? bytesOf(part(entry, 0, entry.getUint32(0))) : null,
    isKey: (sample) => !keySet || keySet.has(sample),
    durationRuns,
    avcC: configuration && bytesOf(configuration),
  };
}

function readSizes(stsz: DataView, fileBytes: number): Uint32Array {
  const constant = stsz.getUint32(4);
  const count = stsz.getUint32(8);
  // With one size for all there is no table, and the count is bounded by the samples' own bytes.
  const room = Math.floor(constant > 0 ? fileBytes / constant : (stsz.byteLength - 12) / 4);
  if (count > room) throw new Mp4Error(`has a stsz box of ${count} frames with room for ${room}`);
  if (constant > 0) return new Uint32Array(count).fill(constant);
  return Uint32Array.from({ length: count }, (_, i) => stsz.getUint32(12 + 4 * i));
}

/** Pairs of a stts or ctts box. Some writers leave an empty run at an end. */
function readRuns(view: DataView, name: string, samples: number): [number, number][] {
  return Array.from({ length: entriesOf(view, name, 8, samples + 2) }, (_, i) => [
    view.getUint32(8 + 8 * i),
    view.getInt32(12 + 8 * i),
  ]);
}

function readOffsets(table: DataView, sizes: Uint32Array): Float64Array {
  const large = child(table, 'co64');
  const chunks = large ?? needed(table, 'stco');
  const toChunk = needed(table, 'stsc');
  const runs = entriesOf(toChunk, 'stsc', 12);
  const chunkCount = entriesOf(chunks, large ? 'co64' : 'stco', large ? 8 : 4);
  const offsets = new Float64Array(sizes.length);
  let sample = 0;
  for (let chunk = 0, run = 0; chunk < chunkCount; chunk++) {
    while (run + 1 < runs && toChunk.getUint32(8 + 12 * (run + 1)) - 1 <= chunk) run++;
    let at = large ? Number(large.getBigUint64(8 + 8 * chunk)) : chunks.getUint32(8 + 4 * chunk);
    for (let i = 0; i < toChunk.getUint32(12 + 12 * run) && sample < sizes.length; i++, sample++) {
      offsets[sample] = at;
      at += sizes[sample];
    }
  }
  return offsets;
}

function readTimes(
  table: DataView,
  durationRuns: Mp4Video['durationRuns'],
  samples: number,
  start: number,
): Float64Array {
  const times = new Float64Array(samples);
  let at = 0;
  let ticks = 0;
  for (const run of durationRuns) {
    for (let i = 0; i < run.samples && at < samples; i++, ticks += run.ticks) times[at++] = ticks;
  }
  const shifts = child(table, 'ctts');
  if (shifts) {
    at = 0;
    for (const [count, shift] of readRuns(shifts, 'ctts', samples))
      for (let i = 0; i < count && at < samples; i++) times[at++] += shift;
  }
  for (let i = 0; i < samples; i++) times[i] -= start;
  return times;
}

/** The media time at which the first edit starts; an empty edit before it delays all samples. */
function editStart(track: DataView, movieScale: number, timescale: number): number {
  const list = child(track, 'edts', 'elst');
  if (!list) return 0;
  const wide = list.getUint8(0) === 1;
  const edits = entriesOf(list, 'elst', wide ? 20 : 12);
  let start = 0;
  for (let i = 0, at = 8; i < edits; i++, at += wide ? 20 : 12) {
    const duration = wide ? Number(list.getBigUint64(at)) : list.getUint32(at);
    const mediaTime = wide ? Number(list.getBigInt64(at + 8)) : list.getInt32(at + 4);
    if (mediaTime >= 0) return start + mediaTime;
    start -= (duration / movieScale) * timescale;
  }
  return start;
}
