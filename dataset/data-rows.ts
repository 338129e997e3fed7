/** The rows of one data file as numbers, a few at a time: one row group is in memory, whatever the file's size. */
import type { DatasetInfo } from './dataset-info.ts';
import type { ParquetFile } from './parquet-file.ts';

/** Rows x width numbers for each column. */
export type NumberColumns = Record<string, { width: number; values: Float64Array }>;

const NUMBERS = new Set([
  ...['float16', 'float32', 'float64', 'bool', 'boolean'],
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'],
]);

/** Numbers of one row group that are held at once: 400 MB. */
const GROUP_MAX_NUMBERS = 48 * 2 ** 20;

export class DataRows {
  readonly rows: number;
  /** Columns of the file that info.json does not name, and features that the file lacks. */
  readonly unknown: readonly string[];
  readonly missing: readonly string[];
  /** Columns whose rows, as far as they were read, are not all of the feature's width, or not numbers. */
  readonly irregular = new Set<string>();
  readonly #table: ParquetFile;
  readonly #widths: ReadonlyMap<string, number>;
  #group: { number: number; columns: NumberColumns } = { number: -1, columns: {} };

  constructor(table: ParquetFile, features: DatasetInfo['features']) {
    const stored = Object.keys(features).filter((key) => features[key].dtype !== 'video');
    const known = new Set(stored);
    const has = new Set(table.columns);
    this.#table = table;
    this.rows = table.rows;
    this.unknown = table.columns.filter((name) => !known.has(name));
    this.missing = stored.filter((key) => !has.has(key));
    const widths = new Map<string, number>();
    for (const key of stored) {
      if (!NUMBERS.has(features[key].dtype) || !has.has(key)) continue;
      const width = features[key].shape.reduce((a, b) => a * b, 1);
      // A row of an absent list counts as one value, so a table never has fewer values than rows.
      if (width === 0) continue;
      if (width * table.rows > table.valuesOf(key)) this.irregular.add(key);
      else widths.set(key, width);
    }
    this.#widths = widths;
    table.assertPlausible([...widths.keys()]);
  }

  /** Rows from..to of all columns of numbers; pictures and strings are left out. */
  async take(from: number, to: number): Promise<NumberColumns> {
    const taken: NumberColumns = {};
    for (const [name, width] of this.#widths) {
      taken[name] = { width, values: new Float64Array((to - from) * width) };
    }
    for (const number of this.#table.groupsIn({ from, to })) {
      const { firstRow, rows } = this.#table.groups[number];
      const first = Math.max(from, firstRow);
      const last = Math.min(to, firstRow + rows);
      const columns = await this.#columnsOf(number);
      for (const [name, { width, values }] of Object.entries(columns)) {
        const part = values.subarray((first - firstRow) * width, (last - firstRow) * width);
        taken[name].values.set(part, (first - from) * width);
      }
    }
    return taken;
  }

  async #columnsOf(group: number): Promise<NumberColumns> {
    if (this.#group.number === group) return this.#group.columns;
    this.#group = { number: -1, columns: {} };
    const { rows } = this.#table.groups[group];
    const numbers = [...this.#widths.values()].reduce((sum, width) => sum + width * rows, 0);
    if (numbers > GROUP_MAX_NUMBERS) {
      throw new Error(
        `a row group has ${numbers} numbers, at most ${GROUP_MAX_NUMBERS} are read at once: write smaller row groups`,
      );
    }
    const columns: NumberColumns = {};
    for (const [name, width] of this.#widths) {
      const { values, isRegular } = await this.#table.numbers(name, group, width);
      if (!isRegular) this.irregular.add(name);
      columns[name] = { width, values };
    }
    this.#group = { number: group, columns };
    return columns;
  }
}
