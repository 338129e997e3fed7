/**
 * Counts inside the pages of a parquet file, checked before hyparquet believes them: it writes as many values as a
 * run's header says, so one turned bit there kept it busy for minutes. Apache Parquet, "Run Length Encoding / Bit-Packing
 * Hybrid": a header with its lowest bit set stands for groups of 8 packed values, one without for a repeated value.
 */
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';

const GROUP = 8;
/** Writers reserve packed runs of up to 64 groups and may leave the last of them partly unused. */
const SLACK = 64 * GROUP;

/** `mayEnd` where nulls may leave fewer values than asked for. Throws when the runs of `values` numbers of `bitWidth` bits leave their bytes or hold more numbers. */
export function assertRuns(bytes: Uint8Array, bitWidth: number, values: number, mayEnd = false): void {
  if (bitWidth > 32) throw new Error(`a damaged page: numbers of ${bitWidth} bits`);
  let at = 0;
  let seen = 0;
  while (seen < values) {
    if (mayEnd && at >= bytes.length) return;
    let header = 0;
    let shift = 0;
    for (let more = true; more; shift += 7) {
      if (at >= bytes.length || shift > 28) throw new Error('a damaged page: a run without an end');
      const byte = bytes[at++];
      header += (byte & 127) * 2 ** shift;
      more = byte > 127;
    }
    const packed = header % 2 === 1;
    const count = packed ? Math.floor(header / 2) * GROUP : header / 2;
    const size = packed ? Math.floor(header / 2) * bitWidth : Math.ceil(bitWidth / 8);
    if (count === 0 || count > values - seen + (packed ? SLACK : 0)) {
      throw new Error(`a damaged page: a run of ${count} where ${values - seen} values are left`);
    }
    at += size;
    seen += count;
  }
}

export interface PageLevels {
  maxRepetition: number;
  maxDefinition: number;
}

interface PageValues {
  values: number;
  encoding: string;
  isBoolean: boolean;
}

const bitsFor = (level: number): number => 32 - Math.clz32(level);

/** One data page of version 1, unpacked: repetition levels, definition levels, values. */
export function assertPageRuns(
  page: Uint8Array,
  values: PageValues,
  { maxRepetition, maxDefinition }: PageLevels,
): void {
  let at = 0;
  for (const level of [maxRepetition, maxDefinition]) {
    if (level === 0) continue;
    const length = lengthAt(page, at);
    at += 4;
    assertRuns(page.subarray(at, at + length), bitsFor(level), values.values);
    at += length;
  }
  assertValues(page.subarray(at), values);
}

/** The levels of a data page of version 2, which are never compressed and have their lengths in the header. */
export function assertLevelRuns(
  repetition: Uint8Array,
  definition: Uint8Array,
  values: number,
  { maxRepetition, maxDefinition }: PageLevels,
): void {
  if (maxRepetition > 0) assertRuns(repetition, bitsFor(maxRepetition), values);
  if (maxDefinition > 0) assertRuns(definition, bitsFor(maxDefinition), values);
}

/** The values of a page, behind its levels. */
export function assertValues(bytes: Uint8Array, { values, encoding, isBoolean }: PageValues): void {
  if (bytes.length === 0) return;
  if (encoding.endsWith('_DICTIONARY')) {
    if (bytes[0] > 0) assertRuns(bytes.subarray(1), bytes[0], values, true);
  } else if (encoding === 'RLE' && isBoolean) {
    const length = lengthAt(bytes, 0);
    assertRuns(bytes.subarray(4, 4 + length), 1, values, true);
  } else if (encoding.startsWith('DELTA_')) {
    assertDelta(bytes, 0, values);
    if (encoding === 'DELTA_BYTE_ARRAY') assertPrefixes(bytes, values);
  }
}

function lengthAt(page: Uint8Array, at: number): number {
  if (at + 4 > page.length) throw new Error('a damaged page: it ends within its levels');
  const length = new DataView(page.buffer, page.byteOffset + at).getUint32(0, true);
  if (at + 4 + length > page.length) throw new Error('a damaged page: its levels are longer than itself');
  return length;
}

/** Of "Delta encoding": block size, miniblocks in a block, values, the first value. */
function assertDelta(bytes: Uint8Array, from: number, values: number): number {
  let at = from;
  const [block, miniblocks, count] = [0, 1, 2].map(() => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 28) throw new Error('a damaged page: a delta header without an end');
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  });
  const isPlausible =
    block > 0 && block <= 2 ** 20 && miniblocks > 0 && miniblocks <= 1024 && block % miniblocks === 0;
  if (!isPlausible || count > values) throw new Error('a damaged page: an impossible delta header');
  return count;
}

/** More would be one long text that each value repeats: nothing that a dataset has. */
const LARGEST_TEXTS = 64 * 1024 * 1024;

/** Each value takes a number of bytes from the one before it, so a few bytes could stand for gigabytes. */
function assertPrefixes(bytes: Uint8Array, values: number): void {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let total = 0;
  for (let part = 0; part < 2; part++) {
    const count = assertDelta(bytes, reader.offset, values);
    const lengths = new Int32Array(count);
    deltaBinaryUnpack(reader, count, lengths);
    for (const length of lengths) total += Math.abs(length);
  }
  if (total > LARGEST_TEXTS) throw new Error(`a damaged page: texts of ${total} bytes in one page`);
}
