/**
 * The numbers of one column of one row group, straight out of its pages. hyparquet would make a JavaScript array for
 * each list of each row, which takes ten times the memory of the numbers.
 */

import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, convertWithDictionary } from 'hyparquet/src/convert.js';
import { readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import type { ColumnDecoder, DecodedArray } from 'hyparquet/src/types.js';
import { numberOf } from './number-columns.ts';
import type { UnpackedPages } from './parquet-pages.ts';
import type { PageLevels } from './parquet-runs.ts';

/** One column chunk whose pages have been checked. */
export interface CheckedColumn {
  bytes: Uint8Array<ArrayBuffer>;
  pages: UnpackedPages;
  decoder: ColumnDecoder;
  levels: PageLevels;
}

/** Called for each value in order: whether it begins a row, and the number; undefined for a null. */
type TakeNumber = (startsRow: boolean, number: number | undefined) => void;

/** A number for each value of a column, with the rows that they belong to. Texts and dates are no numbers. */
export function eachNumber({ bytes, pages, decoder, levels }: CheckedColumn, take: TakeNumber): void {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let dictionary: DecodedArray | undefined;
  while (reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const at = reader.offset;
    if (header.type === 'DICTIONARY_PAGE') {
      const { data } = readPage(reader, header, decoder, undefined, undefined, 0);
      dictionary = data && convert(data, decoder);
      continue;
    }
    reader.offset += header.compressed_page_size;
    const v1 = header.data_page_header;
    const v2 = header.data_page_header_v2;
    const page = v1
      ? readDataPage(pages.get(at)!, v1, decoder)
      : readDataPageV2(bytes.subarray(at, reader.offset), header, decoder);
    const encoding = (v1 ?? v2)!.encoding;
    const values = convertWithDictionary(page.dataPage, dictionary, encoding, decoder);
    const { repetitionLevels, definitionLevels } = page;
    const count = (v1 ?? v2)!.num_values;
    const hasGaps = (definitionLevels?.length ?? 0) > 0;
    for (let i = 0, next = 0; i < count; i++) {
      const isThere = !hasGaps || definitionLevels![i] === levels.maxDefinition;
      const value: unknown = isThere ? values[next++] : undefined;
      const isNumber = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
      take(levels.maxRepetition === 0 || repetitionLevels[i] === 0, isNumber ? numberOf(value) : undefined);
    }
  }
}

/** Rows x width numbers; NaN for a null. */
export interface NumberTable {
  values: Float64Array;
  /** Whether every row has exactly `width` numbers. */
  isRegular: boolean;
}

/** @throws Error when the column has not `rows` rows */
export function numberTable(column: CheckedColumn, rows: number, width: number): NumberTable {
  const values = new Float64Array(rows * width).fill(Number.NaN);
  let row = -1;
  let filled = width;
  let isRegular = true;
  eachNumber(column, (startsRow, number) => {
    if (startsRow) {
      if (filled !== width) isRegular = false;
      row++;
      filled = 0;
    }
    if (number === undefined || filled >= width || row < 0 || row >= rows) isRegular = false;
    else values[row * width + filled] = number;
    filled++;
  });
  if (row + 1 !== rows) throw new Error(`a column has ${row + 1} rows of ${rows} in a row group`);
  return { values, isRegular: isRegular && filled === width };
}
