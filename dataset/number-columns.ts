/** Columns of parquet files as typed arrays: a JavaScript object for each cell takes ten times the memory. */
import type { DecodedArray } from 'hyparquet';

/** Absent cells become NaN. int64 beyond 2^53 is not told apart. */
export function numbersOf(cells: DecodedArray): Float64Array {
  const numbers = new Float64Array(cells.length);
  for (let i = 0; i < cells.length; i++) numbers[i] = numberOf(cells[i]);
  return numbers;
}

export const numberOf = (cell: unknown): number =>
  cell === null || cell === undefined ? Number.NaN : Number(cell);

/** Lists in lists deeper than this are no numbers of a dataset. */
const MAX_DEPTH = 8;

/** All numbers of a nested list, in order: 3x1x1 and 3 come out the same. */
export function numbersIn(value: unknown): number[] {
  const numbers: number[] = [];
  const collect = (item: unknown, depth: number): void => {
    if (isList(item) && depth < MAX_DEPTH) for (const inner of item) collect(inner, depth + 1);
    else numbers.push(isList(item) ? Number.NaN : numberOf(item));
  };
  collect(value, 0);
  return numbers;
}

export const isList = (value: unknown): value is unknown[] =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** A list of numbers for each row, all in one array. */
export class NumberLists {
  readonly #ends: Uint32Array;
  #values = new Float64Array(0);
  #row = -1;
  #end = 0;

  constructor(rows: number) {
    this.#ends = new Uint32Array(rows);
    this.#values = new Float64Array(rows);
  }

  /** The next value; undefined where the row has no list, or an empty one. */
  take(startsRow: boolean, number: number | undefined): void {
    if (startsRow) this.#row++;
    if (this.#row < 0 || this.#row >= this.#ends.length)
      throw new Error('a column of more rows than its row group');
    if (number !== undefined) {
      if (this.#end === this.#values.length) this.#values = grown(this.#values);
      this.#values[this.#end++] = number;
    }
    this.#ends[this.#row] = this.#end;
  }

  /** Undefined where the row has none. */
  at(row: number): number[] | undefined {
    const from = row === 0 ? 0 : this.#ends[row - 1];
    if (this.#ends[row] <= from) return undefined;
    return Array.from(this.#values.subarray(from, this.#ends[row]));
  }
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(1024, Math.ceil(values.length * 1.5)));
  larger.set(values);
  return larger;
}

/** A column that grows by the row groups of many files. */
export class GrowingNumbers {
  #values = new Float64Array(0);
  #length = 0;

  push(values: Float64Array): void {
    this.#reserve(this.#length + values.length);
    this.#values.set(values, this.#length);
    this.#length += values.length;
  }

  /** Fills up with NaN: rows of files without the column. */
  padTo(length: number): void {
    if (length <= this.#length) return;
    this.#reserve(length);
    this.#values.fill(Number.NaN, this.#length, length);
    this.#length = length;
  }

  /** All, in an array of their own. */
  values(): Float64Array {
    return this.#values.slice(0, this.#length);
  }

  at(row: number): number {
    return row < this.#length ? this.#values[row] : Number.NaN;
  }

  #reserve(length: number): void {
    if (length <= this.#values.length) return;
    const larger = new Float64Array(Math.max(length, Math.ceil(this.#values.length * 1.5)));
    larger.set(this.#values.subarray(0, this.#length));
    this.#values = larger;
  }
}
