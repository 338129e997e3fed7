/**
 * Run lengths inside the pages of a parquet file, checked before hyparquet believes them: it writes as many values as a
 * run's header says, so one turned bit there kept it busy for minutes. Apache Parquet, "Run Length Encoding / Bit-Packing
 * Hybrid": a header with its lowest bit set stands for groups of 8 packed values, one without for a repeated value.
 */

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

/** The runs of one data page of version 1, decompressed: repetition levels, definition levels, dictionary numbers. */
export function assertPageRuns(
  page: Uint8Array,
  { values, encoding }: { values: number; encoding: string },
  { maxRepetition, maxDefinition }: PageLevels,
): void {
  let at = 0;
  for (const level of [maxRepetition, maxDefinition]) {
    if (level === 0) continue;
    if (at + 4 > page.length) throw new Error('a damaged page: it ends within its levels');
    const length = new DataView(page.buffer, page.byteOffset + at).getUint32(0, true);
    at += 4;
    if (at + length > page.length) throw new Error('a damaged page: its levels are longer than itself');
    assertRuns(page.subarray(at, at + length), 32 - Math.clz32(level), values);
    at += length;
  }
  if (encoding.endsWith('_DICTIONARY') && at < page.length) {
    const bitWidth = page[at];
    if (bitWidth > 0) assertRuns(page.subarray(at + 1), bitWidth, values, true);
  }
}
