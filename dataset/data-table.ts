/** The data files: a row for each frame, a row group for each episode, one column for each feature but the video. */
import type { DecodedArray } from 'hyparquet';
import type { EpisodeRecord } from './episode-record.ts';
import { type DataColumn, dataColumns, type EpisodePlace } from './features.ts';
import { ParquetTable } from './parquet-table.ts';

const LEAVES = { float32: 'float', int64: 'int64', bool: 'bool' } as const;

export class DataTable {
  readonly #columns: DataColumn[];
  readonly #table: ParquetTable;

  constructor(spec: Parameters<typeof dataColumns>[0]) {
    this.#columns = dataColumns(spec);
    this.#table = new ParquetTable(
      this.#columns.map(({ name, dtype, width }) => ({
        name,
        leaf: LEAVES[dtype],
        depth: width > 1 ? 1 : 0,
      })),
    );
  }

  addEpisode(record: EpisodeRecord, place: EpisodePlace): void {
    this.#table.addRowGroup(this.#columns.map((column) => cells(column, column.values(record, place))));
  }

  finish(): Uint8Array {
    return this.#table.finish();
  }
}

function cells({ dtype, width }: DataColumn, values: ArrayLike<number>): DecodedArray {
  if (width > 1) {
    const rows: number[][] = [];
    for (let i = 0; i < values.length; i += width)
      rows.push(Array.from({ length: width }, (_, d) => values[i + d]));
    return rows;
  }
  if (dtype === 'int64') return BigInt64Array.from(Array.from(values, BigInt));
  if (dtype === 'bool') return Array.from(values, (value) => value !== 0);
  return Float32Array.from(values);
}
