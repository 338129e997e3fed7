/**
 * The pages of one column of one row group, checked by their headers and unpacked, before hyparquet decodes them: one
 * flipped byte in a page header made it loop for minutes or fill the memory.
 */
import type { ColumnMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { unpackPage } from './parquet-codecs.ts';
import { assertLevelRuns, assertPageRuns, assertValues, type PageLevels } from './parquet-runs.ts';

/** One page may be as long as this, unpacked: a thousand pictures of half a megabyte. */
const PAGE_MAX_BYTES = 512 * 1024 * 1024;
/** Of the values of fixed types, so that a number's page cannot be larger than its numbers. */
const WIDTHS: Partial<Record<string, number>> = {
  BOOLEAN: 1,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
};

/** How many bytes may still be unpacked; shared by all columns of a read. */
export interface Budget {
  bytes: number;
}

/** Unpacked pages by where their packed bytes begin. */
export type UnpackedPages = Map<number, Uint8Array>;

/** @throws Error naming what is wrong: pages beyond the column, more values than it has, run lengths that lie */
export function checkedPages(
  bytes: Uint8Array<ArrayBuffer>,
  column: Pick<ColumnMetaData, 'codec' | 'num_values' | 'type'>,
  levels: PageLevels,
  budget: Budget,
): UnpackedPages {
  const pages: UnpackedPages = new Map();
  const values = Number(column.num_values);
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let left = values;
  while (reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    const page = header.data_page_header ?? header.data_page_header_v2;
    const count = page?.num_values ?? 0;
    left -= count;
    if (!(packed >= 0 && unpacked >= 0 && count >= 0 && left >= 0)) throw new Error('a damaged page');
    if (unpacked > PAGE_MAX_BYTES)
      throw new Error(`a page of ${unpacked} bytes, at most ${PAGE_MAX_BYTES} are read`);
    const from = reader.offset;
    reader.offset += packed;
    if (reader.offset > bytes.length) throw new Error('a page beyond the end of its column');
    const isBoolean = column.type === 'BOOLEAN';
    const width = WIDTHS[column.type];
    const take = (at: number, packedBytes: number, unpackedBytes: number): Uint8Array => {
      budget.bytes -= unpackedBytes;
      if (budget.bytes < 0) throw new Error('its pages unpack to far more than a file of its size holds');
      const content = unpackPage(bytes.subarray(at, at + packedBytes), unpackedBytes, column.codec);
      pages.set(at, content);
      return content;
    };
    if (header.dictionary_page_header) {
      const entries = header.dictionary_page_header.num_values;
      if (!(entries >= 0 && entries <= unpacked))
        throw new Error('a damaged page: a dictionary larger than its bytes');
      take(from, packed, unpacked);
    } else if (header.data_page_header) {
      if (width && unpacked > largestPage(count, width))
        throw new Error('a damaged page: larger than its values');
      const content = take(from, packed, unpacked);
      assertPageRuns(
        content,
        { values: count, encoding: header.data_page_header.encoding, isBoolean },
        levels,
      );
    } else if (header.data_page_header_v2) {
      const v2 = header.data_page_header_v2;
      const [repetition, definition] = [v2.repetition_levels_byte_length, v2.definition_levels_byte_length];
      const isPlausible =
        repetition >= 0 && definition >= 0 && repetition + definition <= Math.min(packed, unpacked);
      if (!isPlausible || !(v2.num_nulls >= 0 && v2.num_nulls <= count)) throw new Error('a damaged page');
      const start = from + repetition + definition;
      const levelBytes = [bytes.subarray(from, from + repetition), bytes.subarray(from + repetition, start)];
      assertLevelRuns(levelBytes[0], levelBytes[1], count, levels);
      const rest = packed - repetition - definition;
      const restUnpacked = unpacked - repetition - definition;
      if (width && restUnpacked > largestPage(count, width))
        throw new Error('a damaged page: larger than its values');
      const content =
        v2.is_compressed === false ? bytes.subarray(start, start + rest) : take(start, rest, restUnpacked);
      assertValues(content, { values: count - v2.num_nulls, encoding: v2.encoding, isBoolean });
    }
  }
  if (left !== 0) throw new Error(`${left} values of a column are missing`);
  return pages;
}

/** Plain values, their levels of at most four bytes each, and room for headers and unused groups. */
const largestPage = (values: number, width: number): number => values * (width + 8) + 64 * 1024;
