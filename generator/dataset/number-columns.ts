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
  readonly #isThere: Uint8Array;
  readonly #values: Float64Array;

  constructor(cells: ArrayLike<unknown>) {
    this.#ends = new Uint32Array(cells.length);
    this.#isThere = new Uint8Array(cells.length);
    let values = new Float64Array(cells.length);
    let end = 0;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      if (cell !== null && cell !== undefined) {
        this.#isThere[i] = 1;
        for (const number of numbersIn(cell)) {
          if (end === values.length) values = grown(values);
          values[end++] = number;
        }
      }
      this.#ends[i] = end;
    }
    this.#values = values;
  }

  /** Undefined where the row has none. */
  at(row: number): number[] | undefined {
    if (!this.#isThere[row]) return undefined;
    return Array.from(this.#values.subarray(row === 0 ? 0 : this.#ends[row - 1], this.#ends[row]));
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
