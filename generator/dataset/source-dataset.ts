/** A dataset that another is made from: its rows as they stand, episode by episode. */
import { basename } from 'node:path';
import { InputError } from '../../sim/errors.ts';
import { episodeRow } from './episode-row.ts';
import type { EpisodeSource, SourceEpisode } from './episode-source.ts';
import type { Loss } from './losses.ts';
import type { DatasetWeight } from './metadata.ts';
import type { ParquetFile } from './parquet-file.ts';
import type { TableColumn } from './parquet-table.ts';
import type { DatasetReader } from './reader.ts';

/** Data types that can be written again. Pictures inside the rows cannot. */
const WRITABLE = ['float32', 'float64', 'bool', 'string'];
const isWritable = (dtype: string): boolean => WRITABLE.includes(dtype) || /^u?int(8|16|32|64)$/.test(dtype);

export class SourceDataset implements EpisodeSource {
  readonly reader: DatasetReader;
  readonly name: string;
  readonly episodes: readonly SourceEpisode[];
  readonly tasks: readonly string[];
  /** Columns of meta/episodes. */
  readonly episodeColumns: readonly TableColumn[];
  readonly extraColumns: readonly string[] = [];
  readonly losses: readonly Loss[] = [];
  readonly #files: readonly { path: string; firstRow: number; rows: number }[];
  #open: { path: string; table: ParquetFile } | null = null;

  private constructor(
    reader: DatasetReader,
    parts: {
      episodes: SourceEpisode[];
      tasks: string[];
      columns: TableColumn[];
      files: { path: string; firstRow: number; rows: number }[];
    },
  ) {
    this.reader = reader;
    this.name = basename(reader.root);
    this.episodes = parts.episodes;
    this.tasks = parts.tasks;
    this.episodeColumns = parts.columns;
    this.#files = parts.files;
  }

  /** Throws InputError where the dataset cannot be written again, an ordinary Error where it is broken. */
  static async open(reader: DatasetReader): Promise<SourceDataset> {
    assertWritable(reader);
    const columns = new Map<string, TableColumn>();
    const episodes: SourceEpisode[] = [];
    for (const path of await reader.episodeFiles()) {
      const table = await reader.table(path);
      for (const column of table.schema()) columns.set(column.name, column);
      for (const cells of await table.read())
        episodes.push({ cells, row: episodeRow(cells, reader.cameraKeys) });
    }
    const kept = episodes.slice(0, reader.info.total_episodes);
    if (kept.length === 0) throw new InputError(`${reader.root} has no episodes`);
    const files: { path: string; firstRow: number; rows: number }[] = [];
    let firstRow = 0;
    for (const path of await reader.dataFiles()) {
      const { rows } = await reader.table(path);
      files.push({ path, firstRow, rows });
      firstRow += rows;
    }
    const tasks = await reader.tasks();
    return new SourceDataset(reader, { episodes: kept, tasks, columns: [...columns.values()], files });
  }

  /** The rows of one episode, all columns. */
  async frames({ row }: SourceEpisode): Promise<Record<string, unknown>[]> {
    const file = this.#files.find(
      ({ firstRow, rows }) => row.fromIndex >= firstRow && row.fromIndex + row.length <= firstRow + rows,
    );
    if (!file) {
      throw new Error(`the rows of episode ${row.episodeIndex} of ${this.reader.root} are in no data file`);
    }
    if (this.#open?.path !== file.path) {
      this.#open = { path: file.path, table: await this.reader.table(file.path) };
    }
    const from = row.fromIndex - file.firstRow;
    return this.#open.table.read(undefined, { from, to: from + row.length });
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

function assertWritable({ root, info }: DatasetReader): void {
  for (const [name, { dtype }] of Object.entries(info.features)) {
    if (dtype === 'video' || isWritable(dtype)) continue;
    throw new InputError(
      `${root}: ${name} is of the type ${dtype}, which cannot be copied; store cameras as video (lerobot-edit-dataset --operation.type convert_image_to_video)`,
    );
  }
}
