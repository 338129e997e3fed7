/** The brief provenance of many episodes, column by column: texts that repeat are kept once. */
import type { DecodedArray } from 'hyparquet';
import { type EpisodeProvenance, provenanceOf, tasksOf } from './episode-row.ts';
import { PROVENANCE_COLUMN_NAMES } from './episode-table.ts';
import { GrowingNumbers } from './number-columns.ts';
import type { ParquetFile } from './parquet-file.ts';

/** `start` is a thousand characters an episode. */
export const BRIEF_COLUMNS = PROVENANCE_COLUMN_NAMES.filter((name) => name !== 'start');
/** Different for each episode; all others are a few texts. */
const UNIQUE = new Set(['key', 'slot', 'final_state_hash', 'content_sha256']);

interface RepeatedTexts {
  /** For each row a position in `values`. */
  ids: GrowingNumbers;
  values: unknown[];
  known: Map<string, number>;
}

export class BriefProvenance {
  readonly #unique = new Map<string, unknown[]>();
  readonly #repeated = new Map<
    string,
    { ids: GrowingNumbers; values: unknown[]; known: Map<string, number> }
  >();

  /** The rows of one row group, all of them null where the file lacks a column. */
  async add(table: ParquetFile, group: number, rows: number): Promise<void> {
    const has = new Set(table.columns);
    for (const name of BRIEF_COLUMNS) {
      const cells: DecodedArray = has.has(name)
        ? await table.column(name, group)
        : new Array(rows).fill(null);
      if (UNIQUE.has(name)) this.#addUnique(name, cells);
      else this.#addRepeated(name, cells);
    }
  }

  row(row: number): EpisodeProvenance | null {
    const cells: Record<string, unknown> = {};
    for (const [name, values] of this.#unique) cells[name] = values[row];
    for (const [name, { ids, values }] of this.#repeated) cells[name] = values[ids.at(row)];
    return provenanceOf(cells, true);
  }

  #addUnique(name: string, cells: DecodedArray): void {
    const values = this.#unique.get(name) ?? [];
    this.#unique.set(name, values);
    for (const cell of cells) values.push(cell);
  }

  #addRepeated(name: string, cells: ArrayLike<unknown>): void {
    const column: RepeatedTexts = this.#repeated.get(name) ?? {
      ...{ ids: new GrowingNumbers(), values: [], known: new Map() },
    };
    this.#repeated.set(name, column);
    const ids = new Float64Array(cells.length);
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      const key = Array.isArray(cell) ? JSON.stringify(tasksOf(cell)) : String(cell);
      let id = column.known.get(key);
      if (id === undefined) {
        id = column.values.push(cell) - 1;
        column.known.set(key, id);
      }
      ids[i] = id;
    }
    column.ids.push(ids);
  }
}
