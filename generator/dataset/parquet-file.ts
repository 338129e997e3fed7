/**
 * Reads parquet files that may be damaged. hyparquet believes the counts in a file: one flipped byte in a page header
 * or in the schema made it loop for minutes or fill the memory (found by flipping bytes at random). So the counts are
 * checked against each other first.
 */
import { readFile } from 'node:fs/promises';
import { type CompressionCodec, type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getSchemaPath } from 'hyparquet/src/schema.js';
import { assertPageRuns, type PageLevels } from './parquet-runs.ts';
import type { LeafType, TableColumn } from './parquet-table.ts';

export interface ParquetFile {
  rows: number;
  /** Names of the columns; nested ones by their outermost name. */
  columns: string[];
  /** Rows as objects, with all columns or some, all rows or some. int64 comes as bigint. */
  read(columns?: string[], range?: { from: number; to: number }): Promise<Record<string, unknown>[]>;
  /** The columns as they would be written again. Throws for what cannot be. */
  schema(): TableColumn[];
}

/** Throws an ordinary Error that says what is wrong, without the path. */
export async function openParquet(path: string): Promise<ParquetFile> {
  const file = await readFile(path);
  const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  assertFooter(new Uint8Array(buffer));
  const metadata = parquetMetadata(buffer, { geoparquet: false });
  const columns = topLevelColumns(metadata.schema);
  assertPages(buffer, metadata);
  return {
    rows: Number(metadata.num_rows),
    columns,
    read: (wanted, range) =>
      parquetReadObjects({
        ...{ file: buffer, metadata, columns: wanted, geoparquet: false },
        ...(range && { rowStart: range.from, rowEnd: range.to }),
      }),
    schema: () => tableColumns(metadata.schema),
  };
}

/** A file whose writer did not finish has no footer. */
function assertFooter(bytes: Uint8Array): void {
  const mark = (at: number): string => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
  if (bytes.length < 12 || mark(0) !== 'PAR1') throw new Error('no parquet file');
  if (mark(bytes.length - 4) !== 'PAR1') throw new Error('no parquet footer: its writer did not finish');
}

function topLevelColumns(schema: FileMetaData['schema']): string[] {
  const names: string[] = [];
  const end = (at: number, depth: number): number => {
    if (at >= schema.length || depth > 20) throw new Error('a damaged schema');
    if (depth === 1) names.push(schema[at].name);
    let next = at + 1;
    for (let i = 0; i < (schema[at].num_children ?? 0); i++) next = end(next, depth + 1);
    return next;
  };
  if (end(0, 0) !== schema.length) throw new Error('a damaged schema');
  return names;
}

const LEAVES: Record<string, LeafType> = {
  FLOAT: 'float',
  DOUBLE: 'double',
  INT32: 'int64',
  INT64: 'int64',
  BOOLEAN: 'bool',
  BYTE_ARRAY: 'string',
};

/** Plain values and lists of lists of them; LeRobot's tables have nothing else. */
function tableColumns(schema: FileMetaData['schema']): TableColumn[] {
  const columns: TableColumn[] = [];
  for (let at = 1; at < schema.length; at++) {
    const { name } = schema[at];
    let depth = 0;
    while (schema[at].num_children === 1) {
      if (schema[at].repetition_type === 'REPEATED') depth++;
      at++;
    }
    const leaf = LEAVES[schema[at].type ?? ''];
    if (!leaf || schema[at].num_children) throw new Error(`column ${name} is of a type that is not known`);
    columns.push({ name, leaf, depth });
  }
  return columns;
}

/** Every page of every column, by its header: no page has more values than its column, no column more than fit. */
function assertPages(buffer: ArrayBuffer, metadata: FileMetaData): void {
  const rows = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  if (rows !== metadata.num_rows) throw new Error(`${rows} rows in its groups, ${metadata.num_rows} in all`);
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data } of columns) {
      if (!meta_data) throw new Error('a column without metadata');
      const { dictionary_page_offset, data_page_offset, num_values, total_compressed_size } = meta_data;
      const from = Number(dictionary_page_offset || data_page_offset);
      const to = from + Number(total_compressed_size);
      if (!(from >= 4 && to > from && to <= buffer.byteLength))
        throw new Error('a column outside of the file');
      const path = getSchemaPath(metadata.schema, meta_data.path_in_schema);
      const levels = {
        maxRepetition: path.filter(({ element }) => element.repetition_type === 'REPEATED').length,
        maxDefinition: path.slice(1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length,
      };
      const view = new DataView(buffer, from, to - from);
      assertColumnPages(view, { values: Number(num_values), codec: meta_data.codec, levels });
    }
  }
}

interface ColumnPages {
  values: number;
  codec: CompressionCodec;
  levels: PageLevels;
}

function assertColumnPages(view: DataView, { values, codec, levels }: ColumnPages): void {
  const reader = { view, offset: 0 };
  let left = values;
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: bytes, uncompressed_page_size: unpacked } = header;
    const page = header.data_page_header ?? header.data_page_header_v2;
    left -= page?.num_values ?? 0;
    const entries = header.dictionary_page_header?.num_values ?? 0;
    // A value of a run or a dictionary may take less than a bit, but never more memory than this.
    const isPlausible =
      bytes >= 0 &&
      unpacked >= 0 &&
      unpacked < 2 ** 31 &&
      entries >= 0 &&
      entries <= values &&
      (page?.num_values ?? 0) >= 0;
    if (!isPlausible || left < 0) throw new Error('a damaged page');
    const from = reader.offset;
    reader.offset += bytes;
    if (reader.offset > view.byteLength) throw new Error('a page beyond the end of its column');
    if (!header.data_page_header || !['SNAPPY', 'UNCOMPRESSED'].includes(codec)) continue;
    const packed = new Uint8Array(view.buffer, view.byteOffset + from, bytes);
    const { num_values, encoding } = header.data_page_header;
    assertPageRuns(
      decompressPage(packed, unpacked, codec, undefined),
      { values: num_values, encoding },
      levels,
    );
  }
  if (left !== 0) throw new Error(`${left} values of a column are missing`);
}
