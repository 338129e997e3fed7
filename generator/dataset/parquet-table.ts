/** Writes parquet files in memory as pyarrow would lay them out: all columns optional, lists of three levels. */
import type { DecodedArray, KeyValue, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

export type LeafType = 'float' | 'double' | 'int64' | 'bool' | 'string';

export interface TableColumn {
  name: string;
  leaf: LeafType;
  /** 0 for a plain value, 1 for a list of them, and so on. */
  depth?: number;
}

const LEAF_SCHEMA: Record<LeafType, Pick<SchemaElement, 'type' | 'converted_type'>> = {
  float: { type: 'FLOAT' },
  double: { type: 'DOUBLE' },
  int64: { type: 'INT64' },
  bool: { type: 'BOOLEAN' },
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

function schemaOf(name: string, leaf: LeafType, depth: number): SchemaElement[] {
  if (depth === 0) return [{ name, repetition_type: 'OPTIONAL', ...LEAF_SCHEMA[leaf] }];
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...schemaOf('element', leaf, depth - 1),
  ];
}

/** One parquet file that grows by row groups. Footer metadata names no machine and no time. */
export class ParquetTable {
  readonly #columns: readonly TableColumn[];
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(columns: readonly TableColumn[], kvMetadata?: KeyValue[]) {
    this.#columns = columns;
    const root: SchemaElement = { name: 'schema', num_children: columns.length };
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [root, ...columns.flatMap(({ name, leaf, depth = 0 }) => schemaOf(name, leaf, depth))],
      kvMetadata,
      createdBy: 'brickyard',
    });
  }

  /** Adds one row group; a column of data for each column of the table, all of the same length. */
  addRowGroup(data: readonly DecodedArray[]): void {
    const columnData = this.#columns.map(({ name }, i) => ({ name, data: data[i] }));
    this.#writer.write({ columnData, rowGroupSize: Math.max(1, data[0].length) });
  }

  /** The whole file. */
  finish(): Uint8Array {
    this.#writer.finish();
    return this.#bytes.getBytes();
  }
}
