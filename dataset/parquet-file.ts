/**
 * Reads parquet files that anyone may have written, or damaged. hyparquet decodes them; it believes the counts in a
 * file, so all of them are checked against each other and against the file's size first. One column of one row group
 * is in memory at a time, unless more is asked for.
 */

import { parquetSchema } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { readColumn } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import type {
  ColumnDecoder,
  DecodedArray,
  FileMetaData,
  RowGroup,
  SchemaElement,
  SchemaTree,
} from 'hyparquet/src/types.js';
import { openRegular } from '../runtime/regular-file.ts';
import { NumberLists } from './number-columns.ts';
import { type ReadBytes, readFooter } from './parquet-footer.ts';
import { type CheckedColumn, eachNumber, type NumberTable, numberTable } from './parquet-numbers.ts';
import { type Budget, checkedPages } from './parquet-pages.ts';

/** Values that a byte of a file may stand for: runs and codecs pack constant columns into almost nothing. */
const VALUES_A_BYTE = 64;
const UNPACKED_A_BYTE = 512;
/** What a small file may hold whatever its size. */
const SOME_VALUES = 4 * 2 ** 20;
const SOME_BYTES = 64 * 2 ** 20;

/** Some rows of one file that are stored together. */
export interface RowGroupPlace {
  firstRow: number;
  rows: number;
}

export class ParquetFile {
  readonly rows: number;
  /** Names of the columns; nested ones by their outermost name. */
  readonly columns: readonly string[];
  readonly groups: readonly RowGroupPlace[];
  readonly #read: ReadBytes;
  readonly #bytes: number;
  readonly #metadata: FileMetaData;
  readonly #children: ReadonlyMap<string, SchemaTree>;
  readonly #root: SchemaTree;
  readonly #leaves = new Map<number, Map<string, LeafColumn[]>>();
  #stored: ReadonlySet<string> = new Set();
  /** How many bytes the read under way may still unpack. */
  #budget: Budget = { bytes: 0 };
  /** Of the row group that `read` looked into last: episodes of one group are read one after the other. */
  #recent: { group: number; columns: Map<string, DecodedArray> } = { group: -1, columns: new Map() };

  constructor(read: ReadBytes, bytes: number, metadata: FileMetaData) {
    this.#read = read;
    this.#bytes = bytes;
    this.#metadata = metadata;
    this.#root = parquetSchema(metadata);
    this.#children = new Map(this.#root.children.map((child) => [child.element.name, child]));
    this.columns = [...this.#children.keys()];
    this.rows = Number(metadata.num_rows);
    let firstRow = 0;
    this.groups = metadata.row_groups.map(({ num_rows }) => {
      const place = { firstRow, rows: Number(num_rows) };
      firstRow += place.rows;
      return place;
    });
  }

  /** Rows as objects, with all columns or some, all rows or some. int64 comes as bigint. */
  async read(
    columns: readonly string[] = this.columns,
    range: { from: number; to: number } = { from: 0, to: this.rows },
  ): Promise<Record<string, unknown>[]> {
    this.assertPlausible(columns);
    const rows: Record<string, unknown>[] = [];
    for (const group of this.groupsIn(range)) {
      const { firstRow, rows: count } = this.groups[group];
      const from = Math.max(range.from - firstRow, 0);
      const to = Math.min(range.to - firstRow, count);
      if (this.#recent.group !== group) this.#recent = { group, columns: new Map() };
      const found = this.#recent.columns;
      for (const name of columns) {
        if (!found.has(name)) found.set(name, await this.column(name, group));
      }
      for (let row = from; row < to; row++) {
        const cells: Record<string, unknown> = {};
        for (const name of columns) cells[name] = found.get(name)![row];
        rows.push(cells);
      }
      if (to === count) this.#recent = { group: -1, columns: new Map() };
    }
    return rows;
  }

  /** Numbers of the row groups that hold some of the rows. */
  groupsIn({ from, to }: { from: number; to: number }): number[] {
    const found: number[] = [];
    let low = 0;
    for (let high = this.groups.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.groups[middle].firstRow + this.groups[middle].rows <= from) low = middle + 1;
      else high = middle;
    }
    for (; low < this.groups.length && this.groups[low].firstRow < to; low++)
      if (this.groups[low].rows > 0) found.push(low);
    return found;
  }

  /** One column of one row group: a value for each row. Callers check `assertPlausible` first. */
  async column(name: string, group: number): Promise<DecodedArray> {
    const child = this.#children.get(name);
    if (!child) throw new Error(`it has no column ${name}`);
    const { rows } = this.groups[group];
    const leaves = new Map<string, DecodedArray>();
    for (const column of this.#leafColumns(group, name)) {
      leaves.set(column.path_in_schema.join('.'), await this.#leaf(column, rows));
    }
    if (child.children.length > 0) assembleNested(leaves, child, DEFAULT_PARSERS);
    const values = leaves.get(name) ?? [];
    if (values.length !== rows)
      throw new Error(`column ${name} has ${values.length} rows of ${rows} in a row group`);
    return values;
  }

  /**
   * Whether all rows of some columns can be what a file of this size holds; throws when they cannot. Begins a read: the
   * bytes that may be unpacked are counted from here.
   */
  assertPlausible(columns: readonly string[]): void {
    this.#budget = { bytes: this.#bytes * UNPACKED_A_BYTE + SOME_BYTES };
    const wanted = new Set(columns);
    const most = this.#bytes * VALUES_A_BYTE + SOME_VALUES;
    let values = 0;
    for (const group of this.#metadata.row_groups) {
      for (const { meta_data } of group.columns) {
        if (wanted.has(meta_data!.path_in_schema[0])) values += Number(meta_data!.num_values);
      }
      if (values > most)
        throw new Error(`it says that it holds ${values} values and more in ${this.#bytes} bytes`);
    }
    if (this.rows > most) throw new Error(`it says that it holds ${this.rows} rows in ${this.#bytes} bytes`);
  }

  /** How many values a column has in all rows; more than rows where it has lists. */
  valuesOf(name: string): number {
    let values = 0;
    for (const group of this.groups.keys()) {
      for (const { num_values } of this.#leafColumns(group, name)) values += Number(num_values);
    }
    return values;
  }

  /** Text that a writer left in the footer under a key, such as `pandas`. */
  note(key: string): string | undefined {
    return this.#metadata.key_value_metadata?.find((note) => note.key === key)?.value;
  }

  /** Numbers of one row group, rows x width; nulls and what is no number become NaN. See `assertPlausible`. */
  async numbers(name: string, group: number, width = 1): Promise<NumberTable> {
    const { rows } = this.groups[group];
    const [column, another] = this.#leafColumns(group, name);
    if (!column || another) throw new Error(`column ${name} is not a column of numbers`);
    return numberTable(await this.#checked(column), rows, width);
  }

  /** Lists of numbers of one row group. See `assertPlausible`. */
  async lists(name: string, group: number): Promise<NumberLists> {
    const { rows } = this.groups[group];
    const [column, another] = this.#leafColumns(group, name);
    if (!column || another) throw new Error(`column ${name} is not a column of lists of numbers`);
    const lists = new NumberLists(rows);
    eachNumber(await this.#checked(column), (startsRow, number) => lists.take(startsRow, number));
    return lists;
  }

  async #leaf(column: LeafColumn, rows: number): Promise<DecodedArray> {
    const { bytes, decoder } = await this.#checked(column);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const select = { groupStart: 0, selectStart: 0, selectEnd: rows, groupRows: rows };
    const { data } = readColumn({ view, offset: 0 }, select, decoder);
    return data.length === 1 ? data[0] : joined(data);
  }

  async #checked(column: LeafColumn): Promise<CheckedColumn> {
    const { dictionary_page_offset, data_page_offset, total_compressed_size, path_in_schema } = column;
    // Some writers leave 0 or nothing where there is no dictionary, polars leaves it out where there is one.
    const from = Number(dictionary_page_offset || data_page_offset);
    const to = from + Number(total_compressed_size);
    if (!(from >= 4 && to > from && to <= this.#bytes)) throw new Error('a column outside of the file');
    const bytes = await this.#read(from, to);
    const [name, ...inner] = path_in_schema;
    const schemaPath = [this.#root, ...getTreePath(this.#children.get(name)!, inner)];
    const levels = {
      maxRepetition: getMaxRepetitionLevel(schemaPath),
      maxDefinition: getMaxDefinitionLevel(schemaPath),
    };
    const pages = checkedPages(bytes, column, levels, this.#budget);
    const unpacked = (packed: Uint8Array): Uint8Array => {
      const page = pages.get(packed.byteOffset - bytes.byteOffset);
      if (!page) throw new Error('a damaged page');
      return page;
    };
    const decoder = {
      ...{ ...column, pathInSchema: path_in_schema, schemaPath, parsers: DEFAULT_PARSERS },
      ...this.#decodingOf(name, schemaPath[schemaPath.length - 1].element),
      compressors: { [column.codec]: unpacked },
    } as ColumnDecoder;
    return { bytes, pages, decoder, levels };
  }

  #decodingOf(name: string, element: SchemaElement): Pick<ColumnDecoder, 'element' | 'utf8'> {
    return this.#stored.has(name) ? { element: withoutMeaning(element), utf8: false } : { element };
  }

  #leafColumns(group: number, name: string): LeafColumn[] {
    let byName = this.#leaves.get(group);
    if (!byName) {
      // Of one group at a time: a file may have a hundred thousand.
      this.#leaves.clear();
      byName = new Map();
      for (const { meta_data } of this.#metadata.row_groups[group].columns) {
        const [outermost] = meta_data!.path_in_schema;
        byName.set(outermost, [...(byName.get(outermost) ?? []), meta_data!]);
      }
      this.#leaves.set(group, byName);
    }
    return byName.get(name) ?? [];
  }

  /** The footer's schema: the root, then all elements in the order of a walk. */
  get elements(): readonly SchemaElement[] {
    return this.#metadata.schema;
  }

  /** From now on these columns come as they are stored: numbers, bigints and bytes, whatever they mean. */
  keepStored(columns: readonly string[]): void {
    this.#stored = new Set(columns);
    this.#recent = { group: -1, columns: new Map() };
  }
}

type LeafColumn = NonNullable<RowGroup['columns'][number]['meta_data']>;

/** Throws an ordinary Error that says what is wrong, without the path. */
export async function openParquet(path: string): Promise<ParquetFile> {
  const { file, bytes } = await openRegular(path);
  await file.close();
  const read: ReadBytes = async (from, to) => {
    const part = await openRegular(path);
    try {
      const buffer = new Uint8Array(to - from);
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await part.file.read(buffer, filled, buffer.length - filled, from + filled);
        if (bytesRead === 0) throw new Error('it became shorter while it was read');
        filled += bytesRead;
      }
      return buffer;
    } finally {
      await part.file.close();
    }
  };
  return new ParquetFile(read, bytes, await readFooter(read, bytes));
}

function joined(parts: DecodedArray[]): DecodedArray {
  const all: unknown[] = [];
  for (const part of parts) for (const value of part) all.push(value);
  return all;
}

/** A leaf as bytes and numbers. */
const withoutMeaning = (element: SchemaElement): SchemaElement => ({
  ...element,
  converted_type: undefined,
  logical_type: undefined,
});
