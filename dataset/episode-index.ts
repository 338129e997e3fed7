/** Where all episodes of a dataset are, in a hundred bytes each (three hundred with provenance): a million fit. */
import { BRIEF_COLUMNS, BriefProvenance } from './brief-provenance.ts';
import { type EpisodeRow, placeColumns, placesOf, tasksOf } from './episode-row.ts';
import { GrowingNumbers } from './number-columns.ts';
import type { ParquetFile } from './parquet-file.ts';

export class EpisodeIndex {
  readonly count: number;
  readonly #cameraKeys: readonly string[];
  readonly #numbers: ReadonlyMap<string, GrowingNumbers>;
  /** For each row a position in `#taskLists`. */
  readonly #tasks: GrowingNumbers;
  readonly #taskLists: readonly string[][];
  readonly #provenance: BriefProvenance | null;

  private constructor(
    count: number,
    cameraKeys: readonly string[],
    numbers: ReadonlyMap<string, GrowingNumbers>,
    tasks: { ids: GrowingNumbers; lists: readonly string[][] },
    provenance: BriefProvenance | null,
  ) {
    this.#provenance = provenance;
    this.count = count;
    this.#cameraKeys = cameraKeys;
    this.#numbers = numbers;
    this.#tasks = tasks.ids;
    this.#taskLists = tasks.lists;
  }

  static empty(): EpisodeIndex {
    return new EpisodeIndex(0, [], new Map(), { ids: new GrowingNumbers(), lists: [] }, null);
  }

  /** Reads the columns of places and tasks of all files, in their order. */
  static async of(
    tables: AsyncIterable<ParquetFile>,
    cameraKeys: readonly string[],
    { withProvenance = false } = {},
  ): Promise<EpisodeIndex> {
    const provenance = withProvenance ? new BriefProvenance() : null;
    const columns = placeColumns(cameraKeys);
    const numbers = new Map<string, GrowingNumbers>();
    const tasks = { ids: new GrowingNumbers(), lists: [] as string[][] };
    const known = new Map<string, number>();
    let count = 0;
    for await (const table of tables) {
      const has = new Set(table.columns);
      const wanted = columns.filter((name) => has.has(name));
      table.assertPlausible([...wanted, 'tasks', ...(provenance ? BRIEF_COLUMNS : [])]);
      for (const [group, { rows }] of table.groups.entries()) {
        for (const name of wanted) {
          const column = numbers.get(name) ?? new GrowingNumbers();
          numbers.set(name, column);
          column.padTo(count);
          column.push((await table.numbers(name, group)).values);
        }
        const cells = has.has('tasks') ? await table.column('tasks', group) : null;
        const ids = new Float64Array(rows);
        for (let row = 0; row < rows; row++) {
          const texts = tasksOf(cells?.[row]);
          const key = JSON.stringify(texts);
          let id = known.get(key);
          if (id === undefined) {
            id = tasks.lists.push(texts) - 1;
            known.set(key, id);
          }
          ids[row] = id;
        }
        tasks.ids.push(ids);
        await provenance?.add(table, group, rows);
        count += rows;
      }
    }
    return new EpisodeIndex(count, cameraKeys, numbers, tasks, provenance);
  }

  /** A number of one row, by the name of its column; NaN where it has none. */
  number(name: string, row: number): number {
    return this.#numbers.get(name)?.at(row) ?? Number.NaN;
  }

  /** Whether any file has the column. */
  has(name: string): boolean {
    return this.#numbers.has(name);
  }

  /** The distinct lists of tasks, and which of them a row has. */
  get taskLists(): readonly (readonly string[])[] {
    return this.#taskLists;
  }

  taskListOf(row: number): number {
    return this.#tasks.at(row);
  }

  /** Places and tasks, the brief provenance where it was read; no statistics. */
  row(row: number): EpisodeRow {
    return {
      ...placesOf((name) => this.number(name, row), this.#cameraKeys),
      tasks: [...this.#taskLists[this.taskListOf(row)]],
      statistics: {},
      provenance: this.#provenance?.row(row) ?? null,
    };
  }
}
