/** Rows of meta/episodes one after the other, with the columns that are asked for: a million do not fit into memory. */
import type { DecodedArray } from 'hyparquet';
import {
  type EpisodeRow,
  placeColumns,
  placesOf,
  provenanceOf,
  statisticOf,
  tasksOf,
} from './episode-row.ts';
import { PROVENANCE_COLUMN_NAMES } from './episode-table.ts';
import type { NumberLists } from './number-columns.ts';
import type { ParquetFile } from './parquet-file.ts';

/** What is read besides places, length and tasks. */
export interface RowParts {
  /** Ten lists of numbers for each feature: most of the bytes. */
  statistics?: boolean;
  /** `brief` leaves out `start`, which is a thousand characters an episode. */
  provenance?: 'brief' | 'full';
}

export const ALL_PARTS: RowParts = { statistics: true, provenance: 'full' };

/** Of a row group larger than this, so many rows are kept at a time. */
const MOST_ROWS = 100_000;

/** The rows of one file, from one row on. */
export async function* rowsOfFile(
  table: ParquetFile,
  cameraKeys: readonly string[],
  parts: RowParts,
  range: { from: number; to: number } = { from: 0, to: table.rows },
): AsyncGenerator<EpisodeRow> {
  for (const [group, { firstRow, rows }] of table.groups.entries()) {
    const end = Math.min(range.to - firstRow, rows);
    for (let from = Math.max(range.from - firstRow, 0); from < end; from += MOST_ROWS) {
      const slice = { from, to: Math.min(from + MOST_ROWS, end) };
      yield* rowsOfSlice(table, group, cameraKeys, parts, slice);
    }
  }
}

async function* rowsOfSlice(
  table: ParquetFile,
  group: number,
  cameraKeys: readonly string[],
  parts: RowParts,
  { from, to }: { from: number; to: number },
): AsyncGenerator<EpisodeRow> {
  const has = new Set(table.columns);
  const places = placeColumns(cameraKeys).filter((name) => has.has(name));
  const texts = ['tasks', ...provenanceColumns(parts)].filter((name) => has.has(name));
  const lists = parts.statistics ? table.columns.filter(statisticOf) : [];
  table.assertPlausible([...places, ...texts, ...lists]);
  const cells = async (name: string): Promise<DecodedArray> =>
    (await table.column(name, group)).slice(from, to);
  const numbers = new Map<string, Float64Array>();
  for (const name of places) {
    const { values } = await table.numbers(name, group);
    numbers.set(name, values.slice(from, to));
  }
  const statistics: { feature: string; statistic: string; lists: NumberLists }[] = [];
  for (const name of lists) statistics.push({ ...statisticOf(name)!, lists: await table.lists(name, group) });
  const others = new Map<string, DecodedArray>();
  for (const name of texts) others.set(name, await cells(name));
  for (let row = 0; row < to - from; row++) {
    const stored: EpisodeRow['statistics'] = {};
    for (const { feature, statistic, lists } of statistics) {
      const values = lists.at(from + row);
      if (!values) continue;
      stored[feature] ??= {};
      stored[feature][statistic] = values;
    }
    const texts = Object.fromEntries([...others].map(([name, column]) => [name, column[row]]));
    yield {
      ...placesOf((name) => numbers.get(name)?.[row] ?? Number.NaN, cameraKeys),
      tasks: tasksOf(texts.tasks),
      statistics: stored,
      provenance: parts.provenance ? provenanceOf(texts, parts.provenance === 'brief') : null,
    };
  }
}

function provenanceColumns({ provenance }: RowParts): readonly string[] {
  if (!provenance) return [];
  return PROVENANCE_COLUMN_NAMES.filter((name) => provenance === 'full' || name !== 'start');
}
