/** A dataset that another is made from: its rows as they stand, episode by episode. */
import { basename } from 'node:path';
import { InputError, throwFaults } from '../sim/errors.ts';
import { ColumnTypes, isOwnColumn, OWN_COLUMNS } from './column-types.ts';
import type { EpisodeIndex } from './episode-index.ts';
import type { EpisodeRow } from './episode-row.ts';
import type { EpisodeSource, SourceEpisode } from './episode-source.ts';
import type { Loss } from './losses.ts';
import type { DatasetWeight } from './metadata.ts';
import type { ParquetFile } from './parquet-file.ts';
import type { TableColumn } from './parquet-table.ts';
import { picturesInRows } from './pictures-in-rows.ts';
import type { DatasetReader } from './reader.ts';

/** Data types that can be written again. Pictures inside the rows cannot. */
const WRITABLE = ['float16', 'float32', 'float64', 'bool', 'string'];
const isWritable = (dtype: string): boolean => WRITABLE.includes(dtype) || /^u?int(8|16|32|64)$/.test(dtype);

class IndexedEpisode implements SourceEpisode {
  readonly #index: EpisodeIndex;
  readonly position: number;

  constructor(index: EpisodeIndex, position: number) {
    this.#index = index;
    this.position = position;
  }

  get row(): EpisodeRow {
    return this.#index.row(this.position);
  }
}

interface TableFile {
  path: string;
  firstRow: number;
  rows: number;
}

interface SourceParts {
  episodes: SourceEpisode[];
  tasks: string[];
  episodeColumns: TableColumn[];
  dataColumns: ReadonlyMap<string, TableColumn>;
  losses: Loss[];
  files: Record<'episodes' | 'data', TableFile[]>;
}

export class SourceDataset implements EpisodeSource {
  readonly reader: DatasetReader;
  readonly name: string;
  readonly episodes: readonly SourceEpisode[];
  readonly tasks: readonly string[];
  /** Columns of meta/episodes. */
  readonly episodeColumns: readonly TableColumn[];
  /** Columns of the data files, by feature. */
  readonly dataColumns: ReadonlyMap<string, TableColumn>;
  /** Columns that cannot be written again, and those that nothing describes. */
  readonly losses: readonly Loss[];
  readonly #files: Record<'episodes' | 'data', readonly TableFile[]>;
  readonly #open = new Map<string, ParquetFile>();

  private constructor(reader: DatasetReader, parts: SourceParts) {
    this.reader = reader;
    this.name = basename(reader.root);
    this.episodes = parts.episodes;
    this.tasks = parts.tasks;
    this.episodeColumns = parts.episodeColumns;
    this.dataColumns = parts.dataColumns;
    this.losses = parts.losses;
    this.#files = parts.files;
  }

  /** Throws InputError where the dataset cannot be written again, an ordinary Error where it is broken. */
  static async open(reader: DatasetReader): Promise<SourceDataset> {
    assertWritable(reader);
    const faults: string[] = [];
    const [episodeTypes, dataTypes] = [new ColumnTypes(), new ColumnTypes()];
    const files: Record<'episodes' | 'data', TableFile[]> = { episodes: [], data: [] };
    let firstEpisode = 0;
    for (const path of await reader.episodeFiles()) {
      const table = await reader.table(path);
      episodeTypes.add(table, path, faults);
      files.episodes.push({ path, firstRow: firstEpisode, rows: table.rows });
      firstEpisode += table.rows;
    }
    if (Math.min(firstEpisode, reader.info.total_episodes) === 0)
      throw new InputError(`${reader.root} has no episodes`);
    let firstRow = 0;
    for (const path of await reader.dataFiles()) {
      const table = await reader.table(path);
      dataTypes.add(table, path, faults);
      files.data.push({ path, firstRow, rows: table.rows });
      firstRow += table.rows;
    }
    const { features } = reader.info;
    for (const [name, { dtype }] of Object.entries(features)) faults.push(...dataTypes.misfits(name, dtype));
    for (const name of OWN_COLUMNS) faults.push(...episodeTypes.misfits(name, 'plain'));
    throwFaults(reader.root, faults);
    const index = await reader.episodeIndex({ withProvenance: true });
    const count = Math.min(index.count, reader.info.total_episodes);
    const episodes = Array.from({ length: count }, (_, position) => new IndexedEpisode(index, position));
    const undescribed = dataTypes
      .names()
      .filter((name) => !features[name] || features[name].dtype === 'video');
    return new SourceDataset(reader, {
      ...{ episodes, tasks: await reader.tasks(), files },
      episodeColumns: episodeTypes.columns(),
      dataColumns: new Map(dataTypes.columns().map((column) => [column.name, column])),
      losses: [
        ...episodeTypes.unwritable().map(({ name, word }) => ({
          what: `the column ${name} of meta/episodes`,
          why: `left out: a ${word} cannot be copied`,
        })),
        ...undescribed.map((name) => ({
          what: `the column ${name} of the data files`,
          why: 'left out: info.json does not describe it',
        })),
      ],
    });
  }

  /** Columns of meta/episodes that are neither LeRobot's nor ours. */
  get extraColumns(): string[] {
    return this.episodeColumns.map(({ name }) => name).filter((name) => !isOwnColumn(name));
  }

  /** The rows of one episode, all columns that info.json describes. */
  async frames({ row }: SourceEpisode): Promise<Record<string, unknown>[]> {
    const { features } = this.reader.info;
    const names = [...this.dataColumns.keys()].filter(
      (name) => features[name] && features[name].dtype !== 'video',
    );
    return this.#rows('data', { from: row.fromIndex, length: row.length }, names);
  }

  async cells({ position }: SourceEpisode): Promise<Record<string, unknown>> {
    const names = this.episodeColumns.map(({ name }) => name);
    const [cells] = await this.#rows('episodes', { from: position, length: 1 }, names);
    return cells;
  }

  async #rows(
    kind: 'episodes' | 'data',
    { from, length }: { from: number; length: number },
    names: readonly string[],
  ): Promise<Record<string, unknown>[]> {
    const file = fileAt(this.#files[kind], from);
    if (!file || from + length > file.firstRow + file.rows) {
      throw new Error(`rows ${from} to ${from + length - 1} of ${this.reader.root} are in no ${kind} file`);
    }
    // One file of each kind is open: episodes are read in their order.
    const key = `${kind} ${file.path}`;
    let table = this.#open.get(key);
    if (!table) {
      for (const known of this.#open.keys()) if (known.startsWith(`${kind} `)) this.#open.delete(known);
      table = await this.reader.table(file.path);
      table.keepStored(names.filter((name) => this.#isStored(kind, name)));
      this.#open.set(key, table);
    }
    const has = new Set(table.columns);
    const range = { from: from - file.firstRow, to: from - file.firstRow + length };
    return table.read(
      names.filter((name) => has.has(name)),
      range,
    );
  }

  #isStored(kind: 'episodes' | 'data', name: string): boolean {
    const column =
      kind === 'data' ? this.dataColumns.get(name) : this.episodeColumns.find((known) => known.name === name);
    return column?.leaf === 'stored';
  }

  /** What metadata.json says of each episode's weight, 1 and this dataset's name where it says nothing. */
  async weights(): Promise<{ name: string; weight: number }[]> {
    const given = (await this.reader.anyMetadata())?.dataset_weights as DatasetWeight[] | undefined;
    return this.episodes.map((_, i) => {
      const entry = given?.find(({ episodes: [from, to] }) => i >= from && i < to);
      return entry ? { name: entry.name, weight: entry.weight } : { name: this.name, weight: 1 };
    });
  }
}

/** The last file that begins at or before a row. */
function fileAt(files: readonly TableFile[], row: number): TableFile | undefined {
  let low = 0;
  for (let high = files.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (files[middle].firstRow + files[middle].rows <= row) low = middle + 1;
    else high = middle;
  }
  return row >= 0 ? files[low] : undefined;
}

function assertWritable({ root, info }: DatasetReader): void {
  for (const [name, { dtype }] of Object.entries(info.features)) {
    if (dtype === 'image') throw new InputError(picturesInRows(root, name, 'copied'));
    if (dtype === 'video' || isWritable(dtype)) continue;
    throw new InputError(
      `${root}: ${name} is of the type ${dtype}, which cannot be copied; remove the feature (lerobot-edit-dataset --operation.type remove_feature)`,
    );
  }
}
