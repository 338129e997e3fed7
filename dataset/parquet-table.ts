/** Writes parquet files in memory as pyarrow would lay them out: all columns optional, lists of three levels. */
import type { DecodedArray, KeyValue, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

/** `stored`: values as they lie in another file, whatever they mean there. */
export type LeafType = 'float' | 'double' | 'int32' | 'int64' | 'bool' | 'string' | 'stored';

/** The type of a column that is carried over: how it is stored, and what that means. */
export type StoredType = Pick<
  SchemaElement,
  'type' | 'type_length' | 'converted_type' | 'logical_type' | 'scale' | 'precision'
>;

export interface TableColumn {
  name: string;
  leaf: LeafType;
  /** 0 for a plain value, 1 for a list of them, and so on. */
  depth?: number;
  /** Of the leaf `stored`. */
  stored?: StoredType;
}

const LEAF_SCHEMA: Record<Exclude<LeafType, 'stored'>, Pick<SchemaElement, 'type' | 'converted_type'>> = {
  float: { type: 'FLOAT' },
  double: { type: 'DOUBLE' },
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  bool: { type: 'BOOLEAN' },
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

function schemaOf(name: string, leaf: Partial<SchemaElement>, depth: number): SchemaElement[] {
  if (depth === 0) return [{ ...leaf, name, repetition_type: 'OPTIONAL' }];
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...schemaOf('element', leaf, depth - 1),
  ];
}

function tableSchema(
  columns: readonly TableColumn[],
  leafOf: (stored: StoredType) => Partial<SchemaElement>,
): SchemaElement[] {
  const root: SchemaElement = { name: 'schema', num_children: columns.length };
  const leaves = columns.flatMap(({ name, leaf, depth = 0, stored }) =>
    schemaOf(name, leaf === 'stored' ? leafOf(stored!) : LEAF_SCHEMA[leaf], depth),
  );
  return [root, ...leaves];
}

/** One parquet file that grows by row groups. Footer metadata names no machine and no time. */
export class ParquetTable {
  readonly #columns: readonly TableColumn[];
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(columns: readonly TableColumn[], kvMetadata?: KeyValue[]) {
    this.#columns = columns;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      // Without its meaning, or the writer would convert what is converted already.
      schema: tableSchema(columns, ({ type, type_length }) => ({ type, type_length })),
      kvMetadata,
      createdBy: 'brickyard',
    });
  }

  /** Adds one row group; a column of data for each column of the table, all of the same length. */
  addRowGroup(data: readonly DecodedArray[]): void {
    // Least and greatest depend on what the values mean.
    const columnData = this.#columns.map(({ name, leaf }, i) => ({
      ...{ name, data: data[i] },
      ...(leaf === 'stored' && { statistics: false }),
    }));
    this.#writer.write({ columnData, rowGroupSize: Math.max(1, data[0].length) });
  }

  /** The whole file. */
  finish(): Uint8Array {
    this.#writer.schema = tableSchema(this.#columns, (stored) => stored);
    this.#writer.finish();
    return this.#bytes.getBytes();
  }
}
